"""Places in GraphQL. Neighbours may hang fields on `Place` and `Compound`, and give them back."""

from plugins.places.schema.editing import PlaceMutations
from plugins.places.schema.queries import PlaceQueries
from plugins.places.schema.types import Compound, Place, PlaceLevel

__all__ = ["Compound", "Place", "PlaceLevel", "PlaceMutations", "PlaceQueries"]
