"""`/video/registry` and `/video/presences`: the eyes as registrar of the national standard."""

from gpu.national import messages
from liuhe.pages import Request, Response, Route
from plugins.video import actions
from plugins.video.models import Worker
from plugins.video.pages.doors import for_eyes, once_changed, read_body
from plugins.video.pages.intake import read_message

MOST = 16_000_000  # bytes; catalogues of large platforms


async def registry(request: Request, worker: Worker) -> Response:
    """Where to listen and for whom."""
    return await once_changed(request, lambda: actions.registry(worker))


async def presences(request: Request, worker: Worker) -> Response:
    told = read_message(messages.Presences.from_json, await read_body(request, MOST))
    await actions.take_presences(worker, told)
    return Response(status_code=204)


ROUTES = [
    Route("/registry", for_eyes(registry), methods=["GET"]),
    Route("/presences", for_eyes(presences), methods=["POST"]),
]
