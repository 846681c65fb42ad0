"""Scenes: which there are, and whether they are on trial."""

from liuhe import BadInput, NotFound, Viewer, atomic, demand_everywhere, record
from plugins.city_eye.models import Scene
from plugins.city_eye.permissions import MANAGE, SCENE_SET
from plugins.city_eye.rules import MODE_LABELS, STARTERS


@atomic
async def ensure_scenes() -> None:
    """The scenes that come with the plugin, on trial; what the district has changed stays."""
    known = {scene.code for scene in await Scene.all()}
    await Scene.bulk_create(
        [
            Scene(
                code=one.code,
                title=one.title,
                type_code=one.type_code,
                kind=one.kind,
                objects=list(one.objects),
                handle_hours=one.handle_hours,
            )
            for one in STARTERS
            if one.code not in known
        ],
        ignore_conflicts=True,
    )


@atomic
async def set_scene(viewer: Viewer | None, code: str, *, mode: str, active: bool) -> Scene:
    """On trial or official, on or off; findings that are there already stay what they are."""
    who = demand_everywhere(viewer, MANAGE)
    if mode not in MODE_LABELS:
        raise BadInput("场景只能是正式或试用。", field="mode", reason="unknown")
    scene = await Scene.get_or_none(code=code)
    if scene is None:
        raise NotFound("没有这个场景。")
    changes = {"mode": [scene.mode, mode], "active": [scene.active, active]}
    scene.mode, scene.active = mode, active
    await scene.save(update_fields=["mode", "active"])
    await record(who, SCENE_SET, scene, details=changes)
    return scene
