"""What the plugin adds to others' pages: the order a case came of, and orders nobody could map."""

from typing import Any

from tortoise.queryset import QuerySet

from liuhe import Viewer, WaitingItem, WaitingList, within
from liuhe.pages import Request, ago, render_fragment, viewer
from plugins.hotline.models import WorkOrder
from plugins.hotline.pages.lists import HERE, TONES, news_of
from plugins.hotline.permissions import IMPORT, SCOPE, TOLD_ANEW, visible
from plugins.hotline.rules import NEWS, STATE_LABELS, State

SHOWN = 5


async def show_on_case(request: Request, case: Any) -> str:
    """The work order that the case came of, for whoever may see it."""
    orders = await WorkOrder.filter(visible(viewer(request)), case_id=case.id).order_by("id")
    if not orders:
        return ""
    told = [(one, STATE_LABELS[one.state], TONES[one.state], news_of(one)) for one in orders]
    return render_fragment(request, "hotline/_on_case.html", {"orders": told})


def _unmapped(who: Viewer) -> QuerySet[WorkOrder]:
    return WorkOrder.filter(visible(who), within(who, IMPORT, SCOPE), state=State.UNMAPPED)


async def count_unmapped(who: Viewer) -> int | None:
    """For the menu."""
    return (await _unmapped(who).count() or None) if who.holds(IMPORT) else None


async def waiting(who: Viewer) -> WaitingList | None:
    """Orders whose type has no counterpart here: nobody handles them until somebody says."""
    count = await count_unmapped(who)
    if not count:
        return None
    return WaitingList(
        title="热线工单待对应类型",
        hint="选一种案件类型就转成案件；不归我们管的写明依据退回。",
        href=f"{HERE}?state={State.UNMAPPED}",
        count=count,
        items=[_item(one) for one in await _unmapped(who).order_by("told_at").limit(SHOWN)],
    )


async def told_anew(who: Viewer) -> WaitingList | None:
    """Orders that are over there and not here, or here and not there."""
    found = WorkOrder.filter(visible(who), within(who, IMPORT, SCOPE), TOLD_ANEW)
    if not (count := await found.count()):
        return None
    return WaitingList(
        title="热线平台有变化的工单",
        hint="平台已经办结、这里还在办的，或者这里退回、办结以后平台又发来的。",
        href=f"{HERE}?state={NEWS}",
        count=count,
        items=[_item(one) for one in await found.order_by("told_at").limit(SHOWN)],
    )


def _item(order: WorkOrder) -> WaitingItem:
    kinds = " / ".join(filter(None, order.triple))
    return WaitingItem(
        title=order.event_desc[:60] or kinds,
        meta=f"{order.task_num} · {kinds} · {ago(order.told_at)}受理",
        href=f"{HERE}{order.id}",
    )
