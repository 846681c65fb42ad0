"""`/healthz` alive, `/readyz` able to serve, `/metrics` for Prometheus."""

import asyncio
import hmac
import ipaddress
from typing import Any

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from core.backup import last_backup
from core.condition import LOOK, Condition, look, queue
from core.database import connection
from core.errors import NotFound
from core.files import count_by_state
from core.house import house
from core.kernel import Kernel
from web.session import bearer

log = structlog.get_logger()

UP = Gauge("liuhe_database_up", "1 if the database answers")
JOBS = Gauge("liuhe_jobs", "Work by state; dead: given up", ["state"])
LAG = Gauge("liuhe_outbox_lag_seconds", "For how long what is due has waited")
FILES = Gauge("liuhe_files", "Files by state; waiting: for the blur", ["state"])
POOL = Gauge("liuhe_database_connections", "Of this server", ["state"])
BACKUP = Gauge("liuhe_last_backup_failed", "1 if the last nightly backup failed")
HEARD = Gauge("liuhe_live_listeners", "Open live pages and subscriptions of this server")


async def healthz(_: Request) -> Response:
    return PlainTextResponse("ok\n")


async def readyz(request: Request) -> Response:
    """503 if it cannot serve. What only lags behind is a warning: taking all servers out because
    the worker is away would make it worse; `?strict=1` answers 503 for a warning as well."""
    found = await _look(request.app.state)
    body = {"ready": not found.problems, "problems": found.problems, "warnings": found.warnings}
    strict = request.query_params.get("strict") == "1"
    bad = found.problems or (strict and found.warnings)
    return JSONResponse(body, 503 if bad else 200, {"retry-after": "10"} if bad else None)


async def _look(state: Any) -> Condition:
    """One look at a time, which all who ask meanwhile share: anybody may ask, as often as he likes,
    and each look costs several statements and a file."""
    kernel: Kernel = state.kernel
    looking: asyncio.Task[Condition] | None = getattr(state, "looking", None)
    if looking is None or looking.done():
        looking = state.looking = asyncio.create_task(look(kernel.tables))
    return await asyncio.shield(looking)


async def metrics(request: Request) -> Response:
    if not _may_measure(request):
        raise NotFound("没有这个页面，请检查地址。")
    await _measure(request.app)
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _may_measure(request: Request) -> bool:
    """With the token where one is set; else only from this machine."""
    wanted = house().settings.metrics_token
    if wanted:
        given = bearer(request.headers.get("authorization", ""))
        return hmac.compare_digest(given.encode(), wanted.encode())
    try:
        return ipaddress.ip_address(request.client.host if request.client else "").is_loopback
    except ValueError:
        return False


async def _measure(app: Any) -> None:
    """Counts only; what the database does not tell in time is left as it was."""
    HEARD.set(len(app.state.hub))
    pool = getattr(connection(), "_pool", None)
    if pool is not None:
        POOL.labels("open").set(pool.get_size())
        POOL.labels("idle").set(pool.get_idle_size())
    try:
        async with asyncio.timeout(LOOK):
            await _measure_work()
            await _measure_plugins(app.state.kernel)
        UP.set(1)
    except Exception as error:
        log.warning("metrics.incomplete", error=type(error).__name__)
        UP.set(0)


async def _measure_work() -> None:
    work = dict(await queue())
    LAG.set(work.pop("lag"))
    for state, number in work.items():
        JOBS.labels(state).set(number)
    files = await count_by_state()
    for state in ("waiting", "ready", "refused"):
        FILES.labels(state).set(files.get(state, 0))
    BACKUP.set("error" in (await last_backup() or {}))


_OF_PLUGINS: dict[str, Gauge] = {}


async def _measure_plugins(kernel: Kernel) -> None:
    for plugin in kernel.plugins.values():
        for one in plugin.gauges:
            name = f"liuhe_{one.name.replace('.', '_')}"
            gauge = _OF_PLUGINS.get(name) or Gauge(name, one.title, ["state"])
            _OF_PLUGINS[name] = gauge
            for state, number in (await one.read()).items():
                gauge.labels(state).set(number)


ROUTES = [
    Route("/healthz", healthz),
    Route("/readyz", readyz),
    Route("/metrics", metrics),
]
