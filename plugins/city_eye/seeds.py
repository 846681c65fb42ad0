"""For a first look: two scenes are official already."""

from liuhe import atomic
from plugins.city_eye.actions import ensure_scenes
from plugins.city_eye.models import Scene
from plugins.city_eye.rules import Mode

OFFICIAL = ("0505", "crowd")


@atomic
async def make() -> None:
    await ensure_scenes()
    await Scene.filter(code__in=OFFICIAL).update(mode=Mode.OFFICIAL)
