"""Which scenes there are, and whether they are on trial."""

from typing import Any

from liuhe import demand_held
from liuhe.pages import Request, Response, Route, form, page, see_other, viewer
from plugins.city_eye import actions
from plugins.city_eye.models import Finding, Scene
from plugins.city_eye.pages.views import BASE
from plugins.city_eye.permissions import MANAGE, SEE
from plugins.city_eye.rules import MODE_LABELS, Mode, Reason, State


async def scenes(request: Request) -> Response:
    """Each scene with what the officers have made of its findings."""
    who = demand_held(viewer(request), SEE)
    rows = await Scene.all().order_by("code")
    context = {
        "page_title": "场景",
        "scenes": [await _view(scene) for scene in rows],
        "modes": list(MODE_LABELS.items()),
        "may_manage": who.holds(MANAGE),
        "base": BASE,
    }
    return await page(request, "city_eye/scenes.html", context)


async def _view(scene: Scene) -> dict[str, Any]:
    of_scene = Finding.filter(scene_id=scene.id)
    wrong = of_scene.filter(state=State.DISCARDED, reason=Reason.FALSE_ALARM)
    return {
        "code": scene.code,
        "title": scene.title,
        "type_code": scene.type_code,
        "mode": scene.mode,
        "mode_label": MODE_LABELS[Mode(scene.mode)],
        "active": scene.active,
        "found": await of_scene.count(),
        "confirmed": await of_scene.filter(state=State.CONFIRMED).count(),
        "wrong": await wrong.count(),
    }


async def save(request: Request) -> Response:
    given = await form(request)
    scene = await actions.set_scene(
        viewer(request),
        given.need("code", "场景", most=20),
        mode=given.text("mode", most=10),
        active=given.checked("active"),
    )
    return see_other(request, f"{BASE}/scenes", f"已保存“{scene.title}”。")


ROUTES = [
    Route("/scenes", scenes, methods=["GET"]),
    Route("/scenes", save, methods=["POST"]),
]
