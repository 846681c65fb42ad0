"""接下来: what waits for this viewer among the figures."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from tortoise.queryset import QuerySet

from liuhe import Viewer, WaitingItem, WaitingList, settings_of
from plugins.figures import actions
from plugins.figures.models import Objection
from plugins.figures.pages.asked import HERE
from plugins.figures.permissions import CLOSE, answers
from plugins.figures.rules import bounds, closes_at, month_words
from plugins.figures.settings import FiguresSettings

MOST = 3


@dataclass(frozen=True)
class Next:
    text: str
    href: str


async def nexts(who: Viewer) -> list[Next]:
    found = []
    if answers(who) and (count := await open_objections().count()):
        found.append(Next(f"答复 {count} 条异议", f"{HERE}objections"))
    if who.holds_everywhere(CLOSE):
        found += [Next(text, f"{HERE}months") for text in await to_close()]
    return found


async def to_close() -> list[str]:
    """The months that are over and still open."""
    at, zone = actions.now(), actions.zone()
    grace = settings_of(FiguresSettings).grace_days
    return [
        f"{month_words(month)}将在 {_when(closes_at(month, zone, grace), zone)} 封账"
        for month in await actions.open_months(at)
        if bounds(month, zone)[1] <= at
    ]


def _when(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%m-%d %H:%M}"


def open_objections() -> QuerySet[Objection]:
    return Objection.filter(answered_at__isnull=True)


async def count_open(who: Viewer) -> int | None:
    """For the menu."""
    return (await open_objections().count() or None) if answers(who) else None


async def waiting(who: Viewer) -> WaitingList | None:
    """For the home page: objections to be answered, the first due first."""
    if not answers(who) or not (count := await open_objections().count()):
        return None
    first = await open_objections().order_by("due_at", "id").limit(MOST).select_related("sheet")
    at = actions.now()
    return WaitingList(
        title="指标的异议",
        hint="答复要写理由；支持的，在封了账的数旁边写勘误。",
        href=f"{HERE}objections",
        count=count,
        items=[
            WaitingItem(
                title=one.text[:40],
                meta=f"{one.sheet.card['title']} · {month_words(one.sheet.month)}",
                href=f"{HERE}objections/{one.id}",
                badge="超期" if one.overdue(at) else "",
                tone="bad" if one.overdue(at) else "",
            )
            for one in first
        ],
    )
