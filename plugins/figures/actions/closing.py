"""封账: a month is counted for the last time and then stands, byte for byte."""

from collections.abc import Sequence
from datetime import date, datetime

from tortoise.expressions import Subquery

from liuhe import (
    BadInput,
    Conflict,
    Indicator,
    Span,
    Viewer,
    atomic,
    demand_everywhere,
    indicators,
    record,
    settings_of,
)
from plugins.figures.actions.counting import Drawn, drawn, keep, lock, now, refresh_month, zone
from plugins.figures.models import Month, Sheet
from plugins.figures.permissions import CLOSE, CLOSED
from plugins.figures.rules import bounds, closes_at, later, month_of, month_text, month_words
from plugins.figures.settings import FiguresSettings

#: So many past months are counted where nobody has counted yet.
LOOK_BACK = 2


async def keep_up(at: datetime | None = None) -> None:
    """What the clock does: count the open months, close those whose days of grace are over."""
    at = at or now()
    failed: list[Indicator] = []
    for month in [*await open_months(at), *await _left_behind()]:
        if at >= closes_at(month, zone(), settings_of(FiguresSettings).grace_days):
            failed += await _close(None, month, at)
        else:
            failed += await refresh_month(month, at)
    if failed:  # all else is done; the work in the background shows it
        raise RuntimeError("、".join(sorted({one.title for one in failed})) + "没有数出来，见日志")


async def _left_behind() -> list[date]:
    """Closed months with sheets half counted: those of a plugin that was switched off meanwhile."""
    half = Sheet.filter(closed_at__isnull=True, code__in=list(indicators()))
    closed = Month.filter(closed_at__isnull=False, month__in=Subquery(half.values("month")))
    return [one.month for one in await closed.order_by("month")]


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
    if failed := await _close(who, month, at):
        names = "、".join(one.title for one in failed)
        raise Conflict(f"{names}没有数出来，其余的已经封账；后台会再数，数出来就封账。")


async def _close(viewer: Viewer | None, month: date, at: datetime) -> list[Indicator]:
    """Sheet by sheet; the month when all are. What could not be counted is told, and stays open.

    What was done after the last second of the month is left out, so counting is no hurry.
    """
    start, end = bounds(month, zone())
    wanted = await _to_close(month)
    span = Span(start=start, end=end, until=end)
    found = [(one, await drawn(month, one, span, at)) for one in wanted]
    failed = [one for one, sheet in found if sheet is None]
    await _freeze(viewer, month, at, [sheet for _, sheet in found if sheet], over=not failed)
    return failed


async def _to_close(month: date) -> list[Indicator]:
    """Those not closed yet. A closed month gets no sheets that it did not have."""
    over = await Month.exists(month=month, closed_at__isnull=False)
    known = {one.code: one.closed_at for one in await Sheet.filter(month=month)}
    every = indicators().values()
    return [
        one for one in every if known.get(one.code) is None and not (over and one.code not in known)
    ]


@atomic
async def _freeze(
    viewer: Viewer | None, month: date, at: datetime, sheets: Sequence[Drawn], *, over: bool
) -> None:
    over = over and (await lock(month)).closed_at is None
    for sheet in sheets:
        await keep(month, sheet)
    codes = [sheet.code for sheet, _ in sheets]
    still_open = Sheet.filter(month=month, code__in=codes, closed_at__isnull=True)
    digests = dict(await still_open.values_list("code", "digest"))
    await still_open.update(closed_at=at)
    if over:
        by = viewer.person_id if viewer else None
        await Month.filter(month=month).update(closed_at=at, closed_by_id=by)
    if digests or over:
        about = ("figures.Month", month_text(month))
        await record(viewer, CLOSED, about, details={"sheets": len(digests), "digests": digests})
