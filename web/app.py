"""The server: one Starlette application put together from the kernel's plugins."""

from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.areas import Area
from core.contributions import Menu, Slot
from core.errors import LiuheError, NotSignedIn
from core.kernel import Kernel
from web import (
    admin,
    assessments,
    audit,
    backups,
    certificates,
    entrance,
    exports,
    health,
    holds,
    imports,
    live,
    me,
    oidc,
    people,
    register,
    units,
    uploads,
)
from web.assets import Assets
from web.failures import HANDLERS, answer, on_defect
from web.graphql.endpoint import GraphQLEndpoint
from web.hub import Hub
from web.keeping import keeping
from web.middleware import BodyLimit, CrossOrigin, Envelope, demand_same_origin
from web.rates import AddressRate, CallerRate, Rates
from web.session import SessionMiddleware
from web.templating import STATIC, environment

OWN_MENU = (
    Menu(
        title="导入导出",
        href="/admin/exports",
        icon="file-up",
        permission="exports.make",
        order=70,
    ),
    Menu(
        title="审计",
        href="/admin/audit",
        icon="eye",
        permission="audit.see",
        order=80,
        everywhere=True,
    ),
    Menu(
        title="处理活动登记",
        href="/admin/register",
        icon="shield",
        permission="register.see",
        order=82,
    ),
    Menu(title="账号", href="/admin/people", icon="users", permission="people.manage", order=85),
    Menu(title="单位", href="/admin/units", icon="building-2", permission="units.manage", order=86),
    Menu(
        title="暂停的登录",
        href="/admin/people/paused",
        icon="lock",
        permission="people.manage",
        order=87,
    ),
    Menu(
        title="插件",
        href="/admin/plugins",
        icon="puzzle",
        permission="plugins.manage",
        order=90,
        everywhere=True,
    ),
    Menu(
        title="备份",
        href="/admin/backups",
        icon="archive",
        permission="backups.manage",
        order=92,
        everywhere=True,
    ),
    Menu(
        title="后台任务",
        href="/admin/jobs",
        icon="activity",
        permission="jobs.see",
        order=95,
        everywhere=True,
    ),
)


def build_app(kernel: Kernel, schema: Any, *, generation: int = 0) -> Starlette:
    """The whole server. The database must be open and the house entered when it runs."""
    rates = Rates()
    app = Starlette(
        routes=_routes(kernel, schema),
        exception_handlers=HANDLERS,
        middleware=[
            Middleware(Envelope),
            Middleware(Answering),
            Middleware(AddressRate, rates=rates, settings=kernel.settings),
            Middleware(CrossOrigin, origins=kernel.settings.allowed_origins),
            Middleware(BodyLimit),
            Middleware(SessionMiddleware),
            Middleware(CallerRate, rates=rates, settings=kernel.settings),
        ],
        lifespan=_lifespan,
    )
    state = app.state
    state.kernel, state.generation = kernel, generation
    state.hub = Hub()
    state.district = kernel.settings.district
    state.templates = environment(
        [one.folder / "templates" for one in kernel.plugins.values() if one.folder],
        kernel.settings.timezone,
    )
    entries = [entry for one in kernel.plugins.values() for entry in one.menu]
    state.menu = sorted((*OWN_MENU, *entries), key=lambda entry: (entry.order, entry.title))
    looks = [look for one in kernel.plugins.values() for look in one.waiting]
    ordered = [look.look for look in sorted(looks, key=lambda look: look.order)]
    state.waiting = [*ordered, *keeping(kernel)]
    state.slots = _slots(kernel)
    return app


def _slots(kernel: Kernel) -> dict[str, list[Slot]]:
    slots: dict[str, list[Slot]] = defaultdict(list)
    for slot in (slot for one in kernel.plugins.values() for slot in one.slots):
        slots[slot.place].append(slot)
    for place in slots.values():
        place.sort(key=lambda slot: slot.order)
    return dict(slots)


def _routes(kernel: Kernel, schema: Any) -> list[BaseRoute]:
    graphql = GraphQLEndpoint(schema, kernel)
    registers = (register, certificates, holds, assessments)
    own = (admin, audit, backups, exports, imports, me, people, *registers, units, live)
    staff: list[BaseRoute] = [route for part in own for route in part.ROUTES]
    devices: list[BaseRoute] = []
    for one in kernel.plugins.values():
        inside = [page.route for page in one.pages if not page.public]
        outside = [page.route for page in one.pages if page.public]
        if inside:
            staff.append(Mount(f"/{one.name}", routes=inside))
        if outside:
            devices.append(Mount(f"/{one.name}", routes=outside))
    return [
        Route("/graphql", graphql),  # first: what is asked most, and quickest to answer
        *entrance.ROUTES,
        *oidc.ROUTES,
        *health.ROUTES,
        *uploads.ROUTES,
        *imports.OPEN_ROUTES,
        *exports.OPEN_ROUTES,
        Mount("/static", Assets(directory=STATIC)),
        WebSocketRoute("/graphql", graphql),
        Mount("/admin", routes=staff, middleware=[Middleware(StaffOnly)]),
        *devices,
        Route("/", to_admin),
    ]


async def to_admin(_: Request) -> Response:
    return RedirectResponse("/admin/", status_code=302)


async def _district() -> str:
    """The name of the district that this installation serves, for the head of the pages."""
    top = await Area.filter(level="district", valid_to=None).order_by("id").first()
    return top.name if top else ""


class StaffOnly:
    """No page under `/admin` is reached without signing in, nor written to from another site."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            if scope["state"].get("viewer") is None:
                raise NotSignedIn()
            demand_same_origin(scope)
        await self.app(scope, receive, send)


class Answering:
    """Turns failures of all below it into answers; inside the envelope, so that these have its
    headers as well (Starlette's own handler of defects is outside of everything)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:
            if scope["type"] != "http" or begun:
                raise
            response = await _answered(Request(scope, receive), error)
            await response(scope, receive, send)


async def _answered(request: Request, error: Exception) -> Response:
    if isinstance(error, LiuheError):
        return await answer(request, error)
    return await on_defect(request, error)


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    app.state.district = app.state.district or await _district()
    yield
    await app.state.hub.close()
