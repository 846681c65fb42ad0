"""地点 places: divisions with their history, compounds, points, and where a point lies."""
