"""`/admin/video/workers`: the programs that see, and a token for one more."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tortoise.functions import Count

from liuhe import BadInput, demand_everywhere, settings_of
from liuhe.pages import Request, Response, Route, form, page, viewer
from plugins.video import actions
from plugins.video.models import Camera, Worker
from plugins.video.permissions import MANAGE
from plugins.video.rules.health import is_here
from plugins.video.settings import VideoSettings


async def workers(request: Request) -> Response:
    demand_everywhere(viewer(request), MANAGE)
    return await _show(request)


async def issue(request: Request) -> Response:
    """The new token is shown on this answer and never again."""
    demand_everywhere(viewer(request), MANAGE)
    given = await form(request)
    try:
        name = given.need("name", "名称", most=60)
        token = await actions.issue_worker_token(viewer(request), name)
    except BadInput as error:
        return await _show(request, given.values().get("name", ""), error=error)
    return await _show(request, name, token)


async def _show(
    request: Request, name: str = "", token: str = "", error: BadInput | None = None
) -> Response:
    rows, counts = await Worker.all().order_by("name"), await _counts()
    default = settings_of(VideoSettings).default_worker
    context = {
        "page_title": "视频处理程序",
        "workers": [_view(row, counts, default) for row in rows],
        "default": default,
        "unknown": default not in {row.name for row in rows},
        "silent": any(row.name == default and _is_silent(row) for row in rows),
        "left": counts.get(None, 0),
        "name": name,
        "token": token,
        "problem": error.message if error else "",
    }
    return await page(request, "video/workers.html", context, status=error.status if error else 200)


def _is_silent(worker: Worker) -> bool:
    """Whether it was heard of, and is no more; until it is, whoever asks watches for it."""
    seen = worker.last_seen_at
    return bool(seen) and not is_here(seen, datetime.now(UTC), settings_of(VideoSettings).silence)


async def _counts() -> dict[int | None, int]:
    """How many cameras each is to watch; under None, those for which nobody was chosen."""
    active = Camera.filter(active=True).annotate(n=Count("id")).group_by("worker_id")
    return {row["worker_id"]: row["n"] for row in await active.values("worker_id", "n")}


def _view(worker: Worker, counts: Mapping[int | None, int], default: str) -> dict[str, Any]:
    spool = (worker.health or {}).get("spool", {})
    return {
        "name": worker.name,
        "cameras": counts.get(worker.id, 0)
        + (counts.get(None, 0) if worker.name == default else 0),
        "seen_at": worker.last_seen_at,
        "waiting": spool.get("waiting", 0),
        "dropped": spool.get("dropped", 0),
        "rejected": spool.get("rejected", 0),
    }


ROUTES = [
    Route("/workers", workers, methods=["GET"]),
    Route("/workers", issue, methods=["POST"]),
]
