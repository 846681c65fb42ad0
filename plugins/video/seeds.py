"""An invented camera over the bundled clip."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from liuhe import Area, Person, Viewer, atomic, file_assessment, house, store_blurred
from plugins.video.actions.configuration import touch
from plugins.video.models import Camera, CameraState, Watch, Zone
from plugins.video.permissions import SIGNAGE

#: Zones and rules belong to the clip and lie beside it; without it the demo has no camera.
CLIP = Path(__file__).parents[2] / "gpu" / "clips" / "campus.json"
SIGN = CLIP.with_suffix(".sign.png")  # a drawing: nobody is in it
#: What a rule of the clip means to city eye.
SCENES = {"dwell": "0505", "crowd": "crowd"}

RULE = ("kind", "objects", "seconds", "count", "grace")


async def make() -> None:
    if not CLIP.exists() or await Camera.exists(masked_source="clip:campus"):
        return
    if camera := await _write(json.loads(CLIP.read_text("utf-8"))):
        known = {"keeper": SIGNAGE, "subject": str(camera.id)}
        camera.signage_picture = await store_blurred(SIGN.read_bytes(), **known)
        await camera.save(update_fields=["signage_picture_id"])


@atomic
async def _write(clip: dict[str, Any]) -> Camera | None:
    area = await _area()
    if area is None:
        return None
    camera = Camera(
        name="小河路桥头",
        code="33010500001310000001",
        loop=True,
        detect_every=clip.get("detect_every", 5),
        area=area,
        address="小河路 18 号桥头（演示）",
        filing_number="演示-备案-0001",
        signage=True,
        signage_note="桥头灯杆，高 2 米（演示）",
        active=True,
    )
    await camera.save()
    camera.seal_source(clip["source"])
    await camera.save(update_fields=["sealed_source", "masked_source"])
    await CameraState.create(camera=camera)
    for zone in clip["zones"]:
        await _zone(camera, zone)
    await touch()
    await _assess()
    return camera


async def _assess() -> None:
    """The assessment that pictures of public places need, filed by the demo's security."""
    security = await Person.get_or_none(username="security")
    if security is None:
        return
    who = Viewer(
        person_id=security.id,
        username=security.username,
        name=security.name,
        grants=(house().roster.grant("security", "", None),),
    )
    today = datetime.now(UTC).date()
    await file_assessment(
        who,
        plugin="video",
        title="公共场所视频发现问题的影响评估（演示）",
        conclusion="只看占道、垃圾等事情，不识别人；图片在离开摄像机前打码，三十天后删除。"
        "影响轻微，措施与风险相称，可以使用。",
        document="演示-评估-0001",
        made_on=today,
        valid_until=today + timedelta(days=365),
    )


async def _area() -> Area | None:
    """The first grid of 小河街道, which the demo's grid member looks after."""
    street = await Area.get_or_none(name="小河街道", level="street", valid_to=None)
    if street is None:
        return None
    inside = Area.filter(path__startswith=street.path, level="grid", valid_to=None)
    return await inside.order_by("code").first() or street


async def _zone(camera: Camera, drawn: dict[str, Any]) -> None:
    zone = await Zone.create(camera=camera, name=drawn["name"], polygon=drawn["polygon"])
    for watch in drawn["watches"]:
        known = {name: watch[name] for name in RULE if name in watch}
        await Watch.create(zone=zone, scene=SCENES.get(watch["kind"], ""), **known)
