"""`/video/registry` and `/video/presences`: the eyes as registrar of the national standard."""

from starlette.responses import JSONResponse

from gpu.national import messages
from liuhe.pages import Request, Response, Route
from plugins.video import actions
from plugins.video.models import Worker
from plugins.video.pages.device import for_eyes, patiently, read_body, wait_of
from plugins.video.pages.intake import read_message

MOST = 16_000_000  # bytes; catalogues of large platforms


async def registry(request: Request, worker: Worker) -> Response:
    """200 with where to listen and for whom, or 304 where nothing changed within `wait`."""
    known = request.headers.get("if-none-match", "").strip().removeprefix("W/").strip('"')
    wait = wait_of(request, 0.0)

    async def look() -> str | None:
        mark = await actions.revision()
        return mark if mark != known else None

    if known and await patiently(request, look, wait) is None:
        return Response(status_code=304, headers={"etag": f'"{known}"'})
    told = await actions.registry(worker)
    return JSONResponse(told.to_json(), headers={"etag": f'"{told.version}"'})


async def presences(request: Request, worker: Worker) -> Response:
    told = read_message(messages.Presences.from_json, await read_body(request, MOST))
    await actions.take_presences(worker, told)
    return Response(status_code=204)


ROUTES = [
    Route("/registry", for_eyes(registry), methods=["GET"]),
    Route("/presences", for_eyes(presences), methods=["POST"]),
]
