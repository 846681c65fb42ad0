"""封账: a month is counted for the last time and then stands, byte for byte."""

from datetime import date, datetime

from liuhe import (
    BadInput,
    Conflict,
    Span,
    Viewer,
    atomic,
    demand_everywhere,
    indicators,
    record,
    settings_of,
)
from plugins.figures.actions.counting import digest, drawn, keep, lock, now, refresh_month, zone
from plugins.figures.models import Month, Row, Sheet
from plugins.figures.permissions import CLOSE, CLOSED
from plugins.figures.rules import bounds, closes_at, later, month_of, month_text, month_words
from plugins.figures.settings import FiguresSettings

#: So many past months are counted where nobody has counted yet.
LOOK_BACK = 2


async def keep_up(at: datetime | None = None) -> None:
    """What the clock does: count the open months, close those whose days of grace are over."""
    at = at or now()
    for month in await open_months(at):
        if at >= closes_at(month, zone(), settings_of(FiguresSettings).grace_days):
            await _close(None, month, at)
        else:
            await refresh_month(month, at)


async def open_months(at: datetime) -> list[date]:
    """The running month and those before it that are not closed, without a gap."""
    current = month_of(at, zone())
    known = {one.month: one.closed_at for one in await Month.all()}
    month = min([*known, later(current, -LOOK_BACK)])
    found = []
    while month <= current:
        if known.get(month) is None:
            found.append(month)
        month = later(month)
    return found


async def close_month(viewer: Viewer | None, month: date) -> None:
    """By a person, once the month is over, without waiting for the days of grace."""
    who, at = demand_everywhere(viewer, CLOSE), now()
    if at < bounds(month, zone())[1]:
        raise BadInput("这个月还没有过完，不能封账。", field="month", reason="too_early")
    if await Month.filter(month=month, closed_at__isnull=False).exists():
        raise Conflict(f"{month_words(month)}已经封账。")
    if month not in await open_months(at):
        raise BadInput("这个月没有指标可以封账。", field="month", reason="unknown")
    await _close(who, month, at)


async def _close(viewer: Viewer | None, month: date, at: datetime) -> None:
    """What was done after the last second of the month is left out, so counting is no hurry."""
    start, end = bounds(month, zone())
    span = Span(start=start, end=end, until=end)
    sheets = [await drawn(month, one, span, at) for one in indicators().values()]

    @atomic
    async def freeze() -> None:
        if (await lock(month)).closed_at is not None:
            return
        for sheet in sheets:
            await keep(month, sheet)
        by = viewer.person_id if viewer else None
        await Sheet.filter(month=month).update(closed_at=at)
        await Month.filter(month=month).update(closed_at=at, closed_by_id=by)
        about = ("figures.Month", month_text(month))
        await record(viewer, CLOSED, about, details={"sheets": len(sheets)})

    await freeze()


async def check_sheet(sheet: Sheet) -> bool:
    """Whether a sheet and its rows are still what was closed."""
    return digest(sheet, await Row.filter(sheet_id=sheet.id)) == sheet.digest
