"""Which scenes there are, and whether they are on trial."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tortoise.expressions import Q
from tortoise.functions import Count

from liuhe import Viewer, demand_held, within
from liuhe.pages import Request, Response, Route, form, page, see_other, viewer
from plugins.city_eye import actions
from plugins.city_eye.models import SCOPE, Finding, Scene
from plugins.city_eye.pages.views import BASE
from plugins.city_eye.permissions import MANAGE, SEE
from plugins.city_eye.rules import MODE_LABELS, Mode, Reason, State

#: What the figures beside a scene are about: what it finds nowadays.
LATELY = timedelta(days=30)
NONE = {"found": 0, "confirmed": 0, "wrong": 0}


async def scenes(request: Request) -> Response:
    """Each scene with what the officers have made of its latest findings."""
    who = demand_held(viewer(request), SEE)
    known = await Scene.all().order_by("code")
    counts = await _counts(who, known)
    context = {
        "page_title": "场景",
        "scenes": [_view(scene, counts.get(scene.id, NONE)) for scene in known],
        "modes": list(MODE_LABELS.items()),
        "may_manage": who.holds_everywhere(MANAGE),
        "days": LATELY.days,
        "base": BASE,
    }
    return await page(request, "city_eye/scenes.html", context)


async def _counts(who: Viewer, scenes: Sequence[Scene]) -> dict[int, dict[str, int]]:
    """For each scene, of what the viewer may see and was found lately: how many, how many of them
    confirmed, how many false alarms. (The scenes are named, so that an index gives each one's.)"""
    lately = Q(scene_id__in=[one.id for one in scenes], at__gte=datetime.now(UTC) - LATELY)
    seen = Finding.filter(within(who, SEE, SCOPE), lately)
    wanted = {
        "found": seen,
        "confirmed": seen.filter(state=State.CONFIRMED),
        "wrong": seen.filter(reason=Reason.FALSE_ALARM),
    }
    counts: dict[int, dict[str, int]] = defaultdict(lambda: dict(NONE))
    for name, found in wanted.items():
        for row in await found.annotate(n=Count("id")).group_by("scene_id").values("scene_id", "n"):
            counts[row["scene_id"]][name] = row["n"]
    return counts


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
