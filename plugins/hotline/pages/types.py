"""类型对应: what kinds of matters have come, and what case each comes to."""

from typing import Any

from liuhe import BadInput, Viewer, demand_everywhere
from liuhe.pages import Form, Request, Response, form, page, see_other, viewer
from plugins.cases.actions import type_options
from plugins.hotline import actions
from plugins.hotline.models import TypeRule
from plugins.hotline.permissions import MAP

HERE = "/admin/hotline/types"
MOST = 300


async def types_page(request: Request) -> Response:
    return await _page(request)


async def _page(
    request: Request, given: Form | None = None, error: BadInput | None = None
) -> Response:
    who = demand_everywhere(viewer(request), MAP)
    types = await type_options()
    names = dict(types)
    rules = await TypeRule.all().order_by("main_type", "sub_type", "third_type").limit(MOST)
    context = {
        "page_title": "工单类型对应",
        "types": types,
        "rules": [
            {"title": _words(one.main_type, one.sub_type, one.third_type),
             "type": names.get(one.type_code, one.type_code)}
            for one in rules
        ],
        "waiting": await _waiting(who),
        "values": given.values() if given else dict(request.query_params),
        "problem": {error.field: error.message} if error else {},
    }  # fmt: skip
    return await page(request, "hotline/types.html", context, status=422 if error else 200)


async def _waiting(who: Viewer) -> list[dict[str, Any]]:
    names = ("main_type", "sub_type", "third_type")
    return [
        {"title": _words(*triple), **dict(zip(names, triple, strict=True)), "many": many}
        for triple, many in await actions.waiting_kinds(who)
    ]


def _words(*parts: str) -> str:
    return " / ".join(filter(None, parts))


async def save_type(request: Request) -> Response:
    who, given = viewer(request), await form(request)
    triple = (
        given.text("main", most=40),
        given.text("sub", most=40),
        given.text("third", most=40),
    )
    try:
        await actions.map_type(who, triple, given.text("type", most=8))
    except BadInput as error:
        return await _page(request, given, error)
    return see_other(request, HERE, "已保存。等着的同类工单，可以现在转成案件。")


async def open_waiting(request: Request) -> Response:
    await form(request)
    went = await actions.open_mapped(viewer(request))
    rest = f"还有 {went.left} 件，请再点一次。" if went.left else "对应得上的都试过了。"
    stuck = f"有 {went.stuck} 件转不成，工单上写着原因，请逐件办理。" if went.stuck else ""
    return see_other(request, HERE, f"转了 {went.done} 件。{rest}{stuck}")
