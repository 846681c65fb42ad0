"""`/admin/video/workers`: the programs that see, and a token for one more."""

from typing import Any

from liuhe import demand_everywhere
from liuhe.pages import Request, Response, Route, form, page, viewer
from plugins.video import actions
from plugins.video.models import Worker
from plugins.video.permissions import MANAGE


async def workers(request: Request) -> Response:
    demand_everywhere(viewer(request), MANAGE)
    return await _show(request)


async def issue(request: Request) -> Response:
    """The new token is shown on this answer and never again."""
    given = await form(request)
    name = given.need("name", "名称", most=60)
    token = await actions.issue_worker_token(viewer(request), name)
    return await _show(request, name, token)


async def _show(request: Request, name: str = "", token: str = "") -> Response:
    rows = await Worker.all().order_by("name")
    context = {
        "page_title": "视频处理程序",
        "workers": [_view(row) for row in rows],
        "name": name,
        "token": token,
    }
    return await page(request, "video/workers.html", context)


def _view(worker: Worker) -> dict[str, Any]:
    spool = (worker.health or {}).get("spool", {})
    return {
        "name": worker.name,
        "seen_at": worker.last_seen_at,
        "waiting": spool.get("waiting", 0),
        "dropped": spool.get("dropped", 0),
        "rejected": spool.get("rejected", 0),
    }


ROUTES = [
    Route("/workers", workers, methods=["GET"]),
    Route("/workers", issue, methods=["POST"]),
]
