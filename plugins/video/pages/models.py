"""`/admin/video/models`: the cards of the models that the eyes have, as they told them."""

from typing import Any

from tortoise.functions import Count

from gpu.messages import ModelCard, Quality, Share
from liuhe import Viewer, demand_held, within
from liuhe.pages import Request, Response, Route, page, viewer
from plugins.video import actions
from plugins.video.models import Camera
from plugins.video.models.cameras import CAMERA_SCOPE
from plugins.video.pages.views import BASE
from plugins.video.permissions import MANAGE, SEE
from plugins.video.rules.labels import object_label

CAMERAS_READ = 500
CAMERAS_SHOWN = 12


async def index(request: Request) -> Response:
    who = demand_held(viewer(request), SEE)
    cards = await actions.told_cards()
    used = await _used(who)
    known = {card.name for card, _ in cards}
    context = {
        "page_title": "模型",
        "cards": [_view(card, speeds, used) for card, speeds in cards],
        "unknown": [name for name in used if name and name not in known],
        "may_manage": who.holds(MANAGE),
    }
    return await page(request, "video/models.html", context)


async def _used(who: Viewer) -> dict[str, dict[str, Any]]:
    """By the name of the model ("" is the bundled one): how many cameras, and some of them."""
    seen = Camera.filter(within(who, SEE, CAMERA_SCOPE))
    counts = await seen.annotate(n=Count("id")).group_by("model").values("model", "n")
    used = {each["model"]: {"count": each["n"], "cameras": []} for each in counts}
    for camera in await seen.order_by("name", "id").limit(CAMERAS_READ).only("id", "name", "model"):
        if len(used[camera.model]["cameras"]) < CAMERAS_SHOWN:
            href = f"{BASE}/{camera.id}"
            used[camera.model]["cameras"].append({"title": camera.name, "href": href})
    return used


def _view(
    card: ModelCard, speeds: dict[str, float], used: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    users = [used[name] for name in {card.name, "" if card.bundled else card.name} & set(used)]
    return {
        "card": card,
        "objects": "、".join(map(object_label, card.objects)),
        "speeds": "；".join(f"{name} {speed:g} 毫秒/张" for name, speed in speeds.items()),
        "quality": _quality(card.quality) if card.quality else [],
        "count": sum(each["count"] for each in users),
        "cameras": [camera for each in users for camera in each["cameras"]][:CAMERAS_SHOWN],
    }


def _quality(quality: Quality) -> list[dict[str, Any]]:
    shares = {"行人": quality.people, "车辆": quality.vehicles, "区域事件": quality.events}
    return [_share(name, share) for name, share in shares.items()]


def _share(name: str, share: Share) -> dict[str, Any]:
    """Percents only where there is something to take them of."""
    told, there = share.right + share.wrong, share.right + share.missed
    return {
        "name": name,
        "precision": f"{share.precision:.1%}" if told else "",
        "recall": f"{share.recall:.1%}" if there else "",
        "counts": f"{share.right} 对，{share.wrong} 错，{share.missed} 漏",
    }


ROUTES = [Route("/models", index)]
