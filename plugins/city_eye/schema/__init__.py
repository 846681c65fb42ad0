"""City eye in GraphQL."""

from liuhe import Extension
from plugins.city_eye.schema.mutations import CityEyeMutations
from plugins.city_eye.schema.queries import CameraFindings, CaseFinding, CityEyeQueries
from plugins.city_eye.schema.types import Finding, Scene

EXTENSIONS = (
    Extension("Query", CityEyeQueries),
    Extension("Mutation", CityEyeMutations),
    Extension("Case", CaseFinding),
    Extension("Camera", CameraFindings),
)

__all__ = ["EXTENSIONS", "Finding", "Scene"]
