"""Which scenes there are, and whether they are on trial."""

from typing import Any

from liuhe import demand_held, rows
from liuhe.pages import Request, Response, Route, form, page, see_other, viewer
from plugins.city_eye import actions
from plugins.city_eye.models import Scene
from plugins.city_eye.pages.views import BASE
from plugins.city_eye.permissions import MANAGE, SEE
from plugins.city_eye.rules import MODE_LABELS, Mode, Reason, State

NONE = {"found": 0, "confirmed": 0, "wrong": 0}


async def scenes(request: Request) -> Response:
    """Each scene with what the officers have made of its findings."""
    who = demand_held(viewer(request), SEE)
    counts = await _counts()
    context = {
        "page_title": "场景",
        "scenes": [
            _view(scene, counts.get(scene.id, NONE)) for scene in await Scene.all().order_by("code")
        ],
        "modes": list(MODE_LABELS.items()),
        "may_manage": who.holds(MANAGE),
        "base": BASE,
    }
    return await page(request, "city_eye/scenes.html", context)


async def _counts() -> dict[int, dict[str, int]]:
    """For each scene: all findings, the confirmed ones, the false alarms."""
    found = await rows(
        "SELECT scene_id, COUNT(*) AS found, "
        "SUM(CASE WHEN state = $1 THEN 1 ELSE 0 END) AS confirmed, "
        "SUM(CASE WHEN reason = $2 THEN 1 ELSE 0 END) AS wrong "
        "FROM city_eye_finding GROUP BY scene_id",
        State.CONFIRMED.value,
        Reason.FALSE_ALARM.value,
    )
    return {row["scene_id"]: {name: int(row[name]) for name in NONE} for row in found}


def _view(scene: Scene, counts: dict[str, int]) -> dict[str, Any]:
    return {
        "code": scene.code,
        "title": scene.title,
        "type_code": scene.type_code,
        "mode": scene.mode,
        "mode_label": MODE_LABELS[Mode(scene.mode)],
        "active": scene.active,
        **counts,
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
