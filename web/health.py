"""`/healthz` alive, `/readyz` able to serve, `/metrics` for Prometheus."""

import asyncio

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from core.database import rows
from core.migrate import pending

CHECK_SECONDS = 3.0


async def healthz(_: Request) -> Response:
    return PlainTextResponse("ok\n")


async def readyz(request: Request) -> Response:
    """200 only if the database answers and has every migration."""
    problems: dict[str, str] = {}
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            await rows("SELECT 1 AS one")
            kernel = request.app.state.kernel
            if waiting := await pending(kernel.settings.database, kernel.tables):
                problems["migrations"] = f"还有 {len(waiting)} 个没有执行，请运行 liuhe migrate。"
    except Exception as error:
        problems["database"] = f"没有应答：{type(error).__name__}"
    body = {"ready": not problems, "problems": problems}
    return JSONResponse(body, 503 if problems else 200)


async def metrics(_: Request) -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


ROUTES = [
    Route("/healthz", healthz),
    Route("/readyz", readyz),
    Route("/metrics", metrics),
]
