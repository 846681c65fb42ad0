"""What can be done with findings and scenes; the only writers of city eye's tables."""

from plugins.city_eye.actions.deciding import confirm_finding, discard_finding
from plugins.city_eye.actions.lasting import expire_findings, free_place
from plugins.city_eye.actions.raising import take_sighting
from plugins.city_eye.actions.scenes import ensure_scenes, set_scene

__all__ = [
    "confirm_finding",
    "discard_finding",
    "ensure_scenes",
    "expire_findings",
    "free_place",
    "set_scene",
    "take_sighting",
]
