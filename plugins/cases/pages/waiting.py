"""What waits for a person: sections of the home page and the number at the menu."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from tortoise.expressions import Q, Subquery

from liuhe import Viewer, Waiting, WaitingItem, WaitingList, within
from liuhe.pages import ago
from plugins.cases.models import Case, by_due, late, soon_due, state_of_case, unfinished
from plugins.cases.pages.task_waiting import count_tasks
from plugins.cases.permissions import SCOPE, unattended, waited_for, waits_for
from plugins.cases.rules import ON_THE_SPOT, STANDARD, Flow, Move

#: Title and hint of each section, in the order of the work.
SECTIONS: dict[str, tuple[str, str]] = {
    "accept": ("待受理", "新上报的案件，请尽快受理。"),
    "dispatch": ("待派遣", "已经受理，请派给责任单位。"),
    "sign": ("待签收", "派给本单位的案件。"),
    "submit_handling": ("待处置", "本单位已签收，处置完请反馈。"),
    "finish_phase": ("分段处置中", "一段做完就反馈一段，到最后一段再反馈处置结果。"),
    "verify": ("待核查", "单位已反馈，请到现场看一看。"),
    "close": ("待结案", "核查已经通过，请写结论。"),
    "rate": ("待评价", "已经结案，请评价处理结果。"),
    "decide_extension": ("待答复延期", "单位申请延期，答复之前时限照走。"),
    "supervise": ("待督办", "退回超过两次，请提出意见，派单员再派遣。"),
}
SPOT_SECTIONS = {
    "handle_on_spot": ("待现场处置", "说好现场即办的，处置完请反馈。"),
    "close": ("待核查结案", "现场即办的案件，对照处置前后的照片，办好了就结案。"),
}
#: Who is shown what is late or soon will be.
HURRIES = ("cases.supervise", "cases.dispatch", "cases.handle")
#: Sections that are only shown when there is something in them.
IF_ANY = ("finish_phase", "rate", "decide_extension", "supervise")
SHOWN = 5


async def count_mine(viewer: Viewer) -> int | None:
    """The number at the menu; None where there is nothing."""
    cases = await Case.filter(waits_for(viewer)).count()
    return cases + await count_tasks(viewer) or None


def _look(flow: Flow, move: Move) -> Callable[[Viewer], Awaitable[WaitingList | None]]:
    own = SPOT_SECTIONS if flow is ON_THE_SPOT else SECTIONS
    title, hint = own[move.action]
    stage = f"&stage={move.sources[0].value}" if len(move.sources) == 1 else ""

    async def look(viewer: Viewer) -> WaitingList | None:
        if not viewer.holds(move.permission):
            return None
        quiet = flow is ON_THE_SPOT or move.action in IF_ANY
        return await _section(title, hint, stage, waits_for(viewer, (flow, move)), quiet)

    return look


async def _further(viewer: Viewer) -> WaitingList | None:
    """What waits in the flows of other plugins."""
    ways = [way for way in waited_for() if way[0] not in (STANDARD, ON_THE_SPOT)]
    if not ways:
        return None
    return await _section(
        "其他待办", "别的办理流程里等您办的。", "", waits_for(viewer, *ways), True
    )


async def _section(
    title: str, hint: str, stage: str, condition: Q, quiet: bool
) -> WaitingList | None:
    """`quiet`: nothing is said where there is nothing."""
    mine = Case.filter(condition)
    count = await mine.count()
    if not count and quiet:
        return None
    first = await by_due(mine).limit(SHOWN).select_related("area")
    return WaitingList(
        title=title,
        hint=hint,
        href=f"/admin/cases/?tab=mine{stage}",
        count=count,
        items=[_item(case) for case in first],
    )


def _watch(
    title: str, hint: str, tab: str, condition: Callable[[datetime], Q]
) -> Callable[[Viewer], Awaitable[WaitingList | None]]:
    """What presses and is others' to do, for those who can hurry it; what is one's own to do
    stands in its own section, and is counted once."""

    async def look(viewer: Viewer) -> WaitingList | None:
        if not any(viewer.holds(name) for name in HURRIES):
            return None
        mine = Case.filter(waits_for(viewer)).values("id")
        # Not those to which one's unit was merely called: they are not its to hurry.
        others = within(viewer, "cases.see", SCOPE) & Q(id__not_in=Subquery(mine))
        found = Case.filter(others & unfinished() & condition(datetime.now(UTC)))
        count = await found.count()
        if not count:
            return None
        first = await by_due(found).limit(SHOWN).select_related("area")
        href = f"/admin/cases/?tab={tab}"
        items = [_item(case) for case in first]
        return WaitingList(title=title, hint=hint, href=href, count=count, items=items, yours=False)

    return look


async def _nobody_there(viewer: Viewer) -> WaitingList | None:
    """Cases of a unit that nobody works in any more, for whoever can transfer them."""
    if not viewer.holds("cases.dispatch"):
        return None
    found = Case.filter(unattended(viewer))
    count = await found.count()
    if not count:
        return None
    first = await by_due(found).limit(SHOWN).select_related("area")
    return WaitingList(
        title="单位没有经办人",
        hint="这些案件派给的单位现在没有人在岗。请转派，或请安全管理员安排人。",
        href="/admin/cases/?tab=all",
        count=count,
        items=[_item(case) for case in first],
    )


def _item(case: Case) -> WaitingItem:
    """A line: what and where, and how much time is left."""
    where = " · ".join(part for part in (case.area.name, case.address) if part)
    due = ago(case.due_at)
    late = due.endswith("前") or due == "刚刚"
    soon = case.soon_at is not None and case.soon_at <= datetime.now(UTC)
    return WaitingItem(
        title=case.title,
        meta=where,
        href=f"/admin/cases/{case.id}",
        badge=(f"已超 {due.removesuffix('前')}" if late else f"还剩 {due.removesuffix('后')}")
        if due
        else state_of_case(case),
        tone="bad" if late else "warn" if soon else "",
    )


CASES_WAITING = (
    *(
        Waiting(look=_look(flow, move), order=10 + index)
        for flow in (STANDARD, ON_THE_SPOT)
        for index, move in enumerate(flow.moves)
        if (move.main or move.answers) and (flow is STANDARD or move.main)
    ),
    Waiting(look=_nobody_there, order=49),
    Waiting(look=_further, order=45),
    Waiting(look=_watch("超期", "过了时限，别人还没办的。", "overdue", late), order=50),
    Waiting(look=_watch("即将到期", "时限只剩四分之一，等别人办的。", "soon", soon_due), order=51),
)
