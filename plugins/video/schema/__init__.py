"""Video in GraphQL. Neighbours may hang fields on `Camera` and `Observation`."""

from liuhe import Extension
from plugins.video.schema.national import NationalQueries
from plugins.video.schema.queries import VideoQueries
from plugins.video.schema.types import Camera, CameraZone, Observation, ZoneWatch

EXTENSIONS = (Extension("Query", VideoQueries), Extension("Query", NationalQueries))

__all__ = ["EXTENSIONS", "Camera", "CameraZone", "Observation", "ZoneWatch"]
