"""`/admin/register/assessments`: 个人信息保护影响评估, on file for each plugin."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core import assessments
from core.assessments import Assessment, assessed
from core.errors import BadInput
from core.kernel import Kernel
from core.people import today
from core.permissions import demand_held
from web.holds import day
from web.keyset import Window, slice_of
from web.pages import Form, form, page, see_other, viewer
from web.register import SEE, tabs

HERE = "/admin/register/assessments"


async def listed(request: Request) -> Response:
    return await _listed(request)


async def _listed(
    request: Request, given: Form | None = None, problem: BadInput | None = None
) -> Response:
    who = demand_held(viewer(request), SEE)
    kernel: Kernel = request.app.state.kernel
    params = request.query_params
    after, before = params.get("after") or None, params.get("before") or None
    found = Assessment.all().select_related("filed_by")
    part = await slice_of(found, ["-id"], Window(after=after, before=before, backward=bool(before)))
    titles = {name: one.manifest.title for name, one in kernel.plugins.items()}
    context: dict[str, Any] = {
        "page_title": "影响评估",
        "tabs": tabs(who, "/assessments"),
        "rows": part.rows,
        "titles": titles,
        "missing": [titles[name] for name in await lacking(kernel)],
        "plugins": list(titles.items()),
        "today": today().isoformat(),
        "may": who.holds_everywhere(assessments.FILE),
        "values": given.values() if given else {},
        "problem": {problem.field: problem.message} if problem else {},
        "prev": f"{HERE}?before={part.start_cursor}" if part.has_previous else "",
        "next": f"{HERE}?after={part.end_cursor}" if part.has_next else "",
    }
    status = 422 if problem else 200
    return await page(request, "register/assessments.html", context, status=status)


async def lacking(kernel: Kernel) -> list[str]:
    """Plugins that are to be assessed and are not."""
    wanted = [name for name, one in kernel.plugins.items() if one.manifest.needs_pia]
    done = await assessed(wanted) if wanted else set()
    return [name for name in wanted if name not in done]


async def put(request: Request) -> Response:
    given = await form(request)
    kernel: Kernel = request.app.state.kernel
    try:
        name = given.text("plugin")
        if name and name not in kernel.plugins:
            raise BadInput("请选择评估的是哪个插件。", field="plugin", reason="unknown")
        await assessments.file_assessment(
            viewer(request),
            plugin=name,
            title=given.text("title"),
            conclusion=given.text("conclusion", most=5_000),
            document=given.text("document"),
            made_on=day(given, "made_on"),
            valid_until=day(given, "valid_until"),
        )
    except BadInput as error:
        return await _listed(request, given, error)
    return see_other(request, HERE, "已备案。")


ROUTES = [
    Route("/register/assessments", listed, methods=["GET"]),
    Route("/register/assessments", put, methods=["POST"]),
]
