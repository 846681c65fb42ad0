"""Open311 GeoReport v2: other programs report matters and see how they stand."""
