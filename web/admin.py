"""The shell's own pages: home, plugins, and work that has failed."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.contributions import WaitingList
from core.errors import BadInput, Conflict, NotFound
from core.jobs import JobRow, try_again
from core.kernel import Kernel
from core.manifest import Manifest
from core.permissions import Viewer, demand_everywhere
from core.state import GENERATION, PLUGIN_CHOICE, choose_plugins, recall
from web.assessments import lacking
from web.pages import form, fragment, menu, page, see_other, viewer

DEAD_SHOWN = 100


async def home(request: Request) -> Response:
    """What waits for me, section by section."""
    person = viewer(request)
    sections = [found for look in request.app.state.waiting if (found := await _look(look, person))]
    return await page(
        request, "home.html", {"page_title": "首页", "active_page": "home", "sections": sections}
    )


async def menus(request: Request) -> Response:
    """Both menus again, with new numbers, for the page at the path `at`."""
    here = request.query_params.get("at", "")[:200]
    active = "home" if here == "/admin/" else ""
    entries = await menu(request, viewer(request), here)
    return fragment(request, "menus.html", {"menu": entries, "active_page": active})


async def _look(look: Any, person: Viewer) -> WaitingList | None:
    found: WaitingList | None = await look(person)
    return found


async def plugins(request: Request) -> Response:
    demand_everywhere(viewer(request), "plugins.manage")
    kernel: Kernel = request.app.state.kernel
    context = {
        "page_title": "插件",
        "plugins": cards(kernel),
        "unassessed": await lacking(kernel),
        "fixed": kernel.settings.plugins is not None,
        "may_change": kernel.settings.plugins is None,
        "restarting": request.query_params.get("restarting") == "1",
        "generation": request.app.state.generation,
    }
    return await page(request, "plugins.html", context)


def cards(kernel: Kernel) -> list[dict[str, Any]]:
    """Every plugin found here: on, off, or failed with its reason."""
    on = [
        _card(one.manifest, "on", needed_by=_needed_by(kernel, one.name))
        for one in kernel.plugins.values()
    ]
    off = [_card(manifest, "off") for manifest in kernel.off.values()]
    failed = [
        _card(Manifest(name=name, title=name, version=""), "failed", reason=reason)
        for name, reason in kernel.failed.items()
    ]
    return on + off + failed


def _card(
    manifest: Manifest, state: str, *, reason: str = "", needed_by: Sequence[str] = ()
) -> dict[str, Any]:
    return {
        "name": manifest.name,
        "title": manifest.title,
        "summary": manifest.summary,
        "version": manifest.version,
        "requires": list(manifest.requires),
        "state": state,
        "reason": reason,
        "needed_by": list(needed_by),
    }


def _needed_by(kernel: Kernel, name: str) -> list[str]:
    """Titles of the enabled plugins that go off together with this one."""
    needs = {other: set(one.manifest.requires) for other, one in kernel.plugins.items()}
    going = {name}
    while more := {other for other, need in needs.items() if need & going} - going:
        going |= more
    return sorted(kernel.plugins[other].manifest.title for other in going - {name})


async def switch(request: Request) -> Response:
    """Enable or disable one plugin: store the choice and let every process start anew."""
    person = demand_everywhere(viewer(request), "plugins.manage")
    given = await form(request)
    kernel: Kernel = request.app.state.kernel
    name, state = given.need("name", "插件名"), given.need("state", "状态")
    if kernel.settings.plugins is not None:
        raise Conflict("启用哪些插件由设置 LIUHE_PLUGINS 决定，请改那里。")
    if name not in kernel.plugins and name not in kernel.off:
        raise NotFound("没有这个插件，或者它没能装载。")
    disabled = set(await recall(PLUGIN_CHOICE, []))
    await choose_plugins(changed(kernel, disabled, name, state), person)
    return see_other(request, "/admin/plugins?restarting=1", "已保存，正在重新启动，几秒钟就好。")


def changed(kernel: Kernel, disabled: set[str], name: str, state: str) -> set[str]:
    """The new set of disabled plugins; enabling brings along what is required."""
    if state == "off":
        return disabled | {name}
    if state != "on":
        raise BadInput("状态只能是 on 或 off。", field="state")
    todo, wanted = [name], set[str]()
    while todo:
        one = todo.pop()
        wanted.add(one)
        card = kernel.off.get(one)
        todo.extend(card.requires if card else ())
    return disabled - wanted


async def generation(request: Request) -> Response:
    """Which start this process belongs to; the plugins page waits for it to change."""
    now = await recall(GENERATION, 0)
    mine = request.app.state.generation
    return Response(status_code=204 if mine == now else 202, headers={"x-generation": str(mine)})


async def jobs(request: Request) -> Response:
    """Work that was given up after its tries, to be looked at and tried again."""
    demand_everywhere(viewer(request), "jobs.see")
    dead = await JobRow.filter(state="dead").order_by("-id").limit(DEAD_SHOWN)
    waiting = await JobRow.filter(state__in=["waiting", "running"]).count()
    known = request.app.state.kernel.jobs
    items = [
        {
            "id": row.id,
            "title": (known[row.name].title if row.name in known else "") or row.name,
            "name": row.name,
            "attempts": row.attempts,
            "error": row.error,
            "at": datetime.fromtimestamp(row.run_at, UTC),
        }
        for row in dead
    ]
    context = {"page_title": "后台任务", "dead": items, "waiting": waiting}
    return await page(request, "jobs.html", context)


async def retry(request: Request) -> Response:
    demand_everywhere(viewer(request), "jobs.see")
    given = await form(request)
    number = given.whole("id")
    if number is None:
        raise BadInput("请选择要重试的任务。", field="id", reason="required")
    await try_again(number)
    return see_other(request, "/admin/jobs", "已安排重试。")


ROUTES = [
    Route("/", home),
    Route("/menu", menus),
    Route("/plugins", plugins),
    Route("/plugins/switch", switch, methods=["POST"]),
    Route("/generation", generation),
    Route("/jobs", jobs),
    Route("/jobs/retry", retry, methods=["POST"]),
]
