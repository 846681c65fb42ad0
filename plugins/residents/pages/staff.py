"""代录 and 代办: what a clerk does for somebody at the counter or on the telephone."""

import time
from typing import Any

from liuhe import BadInput, Conflict, LiuheError, RateLimited, demand_held, seal
from liuhe.pages import Form, Request, Response, form, page, see_other, viewer
from plugins.residents import actions
from plugins.residents.models import Report
from plugins.residents.pages import door, printing, views
from plugins.residents.pages.telling import (
    ask_again_for_pictures,
    code_context,
    pictures_in,
    problems,
)
from plugins.residents.pages.tracking import DONE, do
from plugins.residents.permissions import ENTER
from plugins.residents.rules import CHANNEL_LABELS, Channel

BASE = "/admin/residents"
CHANNELS = [(one.value, CHANNEL_LABELS[one]) for one in (Channel.COUNTER, Channel.PHONE)]
TICKET_LASTS = 1_800
STALE = "查询码要再填一次：这一页打开太久了。"


async def index(request: Request) -> Response:
    demand_held(viewer(request), ENTER)
    return await page(request, "residents/desk.html", {"page_title": "居民上报"})


async def new_page(request: Request) -> Response:
    return await page(request, "residents/new.html", await _new_context(request, {}, None))


async def enter(request: Request) -> Response:
    """Take a report for somebody. The code is shown once, to be handed over or read out; sending
    the same form again shows the same one."""
    clerk = demand_held(viewer(request), ENTER)
    given = await form(request)
    try:
        channel = _channel(given)
        phone = given.text("phone", most=40)
        if phone and not given.checked("consent"):
            raise BadInput("请先征得本人同意，再打勾。", field="consent", reason="required")
        sent = await actions.report_matter(
            door.told_in(given),
            actions.Hand(side=f"clerk.{clerk.person_id}", channel=channel, clerk=clerk),
            key=door.read_key(given.raw("key")),
            pictures=await pictures_in(request),
            phone=phone,
        )
    except (BadInput, RateLimited) as error:
        context = await _new_context(request, given.values(), error)
        await ask_again_for_pictures(request, context)
        return await page(request, "residents/new.html", context, status=error.status)
    context = {
        "page_title": "查询码",
        "again": sent.again,
        "case_id": sent.report.case_id,
        "channel": channel.value,
        "hotline": actions.settings().hotline,
        "address": printing.home_address(request),
        **code_context(request, sent.code),
    }
    return await page(request, "residents/slip.html", context)


def _channel(given: Form) -> Channel:
    known = {value: Channel(value) for value, _ in CHANNELS}
    if (chosen := known.get(given.text("channel", most=10))) is None:
        raise BadInput("请选是窗口还是电话。", field="channel", reason="required")
    return chosen


async def _new_context(
    request: Request, values: dict[str, Any], error: LiuheError | None
) -> dict[str, Any]:
    clerk = demand_held(viewer(request), ENTER)
    return {
        "page_title": "代居民上报",
        "channels": CHANNELS,
        "matters": await actions.offered_matters(),
        "areas": await actions.offered_areas(clerk),
        "values": values,
        "key": door.new_key(),
        "most_pictures": actions.settings().most_pictures,
        "contact_days": actions.settings().contact_days,
        **problems(error),
    }


async def code_page(request: Request) -> Response:
    demand_held(viewer(request), ENTER)
    return await _ask_code(request, {})


async def _ask_code(request: Request, context: dict[str, Any], status: int = 200) -> Response:
    known = {
        "page_title": "凭查询码代办",
        "typed": "",
        "problem": "",
        "channel": "phone",
        "channels": CHANNELS,
        **context,
    }
    return await page(request, "residents/by_code.html", known, status=status)


async def by_code(request: Request) -> Response:
    """Somebody reads out the code: the clerk sees what they would see, and writes for them."""
    clerk = demand_held(viewer(request), ENTER)
    given = await form(request)
    typed = given.raw("code")[:60]
    try:
        channel = _channel(given)
        report = await actions.find_report(typed, f"clerk.{clerk.person_id}")
    except (BadInput, RateLimited) as error:
        context = {"typed": typed, "problem": error.message, "channel": given.raw("channel")[:10]}
        return await _ask_code(request, context, error.status)
    return await _for_them(request, actions.read_code(typed), report, channel)


async def for_them(request: Request) -> Response:
    """One of the forms below the code."""
    clerk = demand_held(viewer(request), ENTER)
    given = await form(request)
    code = door.opened("residents.ticket", given.raw("ticket"), str(clerk.person_id))
    report = await actions.known_report(code) if code else None
    if report is None:
        return see_other(request, f"{BASE}/code", STALE, kind="warn")
    way, channel = request.path_params["way"], _channel(given)
    try:
        await do(report, way, given, actions.By(channel=channel, clerk=clerk))
    except (BadInput, Conflict) as error:
        said = ("bad", error.message)
        return await _for_them(
            request, code, report, channel, said=said, given=given, status=error.status
        )
    return await _for_them(request, code, report, channel, said=("ok", DONE[way]))


async def _for_them(
    request: Request,
    code: str,
    report: Report,
    channel: Channel,
    *,
    said: tuple[str, str] | None = None,
    given: Form | None = None,
    status: int = 200,
) -> Response:
    clerk = viewer(request)
    until = int(time.time()) + TICKET_LASTS
    context = {
        "page_title": "代办",
        **views.context_of(await actions.follow(report), pictures_at=""),
        "said": said,
        "at": "",
        "problem": "",
        "values": given.values() if given else {},
        "post_to": f"{BASE}/code",
        "ticket": seal("residents.ticket", f"{code}.{until}", str(clerk.person_id)),
        "proxy_channel": channel.value,
        "proxy_label": CHANNEL_LABELS[channel],
    }
    return await page(request, "residents/for_them.html", context, status=status)


async def poster(request: Request) -> Response:
    """To be printed and put up."""
    demand_held(viewer(request), ENTER)
    link = f"{printing.home_address(request)}{door.PATH}/"
    context = {
        "page_title": "海报",
        "link": link,
        "picture": printing.qr_code(link),
        "hotline": actions.settings().hotline,
    }
    return await page(request, "residents/poster.html", context)
