"""The district's calendar: what it is at a moment, and how it is corrected."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from liuhe import BadInput, Viewer, atomic, demand_everywhere, house, settings_of
from plugins.cases.actions.moment import now
from plugins.cases.models import CalendarDay, days_as_of
from plugins.cases.rules import Calendar, spans_of
from plugins.cases.settings import CasesSettings

MOST_NOTE = 100
FARTHEST = timedelta(days=3 * 366)


async def calendar_as_of(at: datetime, hours: str = "") -> Calendar:
    """The calendar as it stood at `at`; `hours`: the office hours of then, if they are known."""
    known = await days_as_of(at)
    return Calendar(
        hours=spans_of(hours) if hours else settings_of(CasesSettings).hours,
        corrections={day: row.works for day, row in known.items() if row.works is not None},
        zone=ZoneInfo(house().settings.timezone),
    )


@atomic
async def correct_day(
    viewer: Viewer | None, *, day: date | None, works: bool | None, note: str
) -> CalendarDay:
    """Say how a day counts for clocks that start from now on; those that run keep their due time.

    `works`: None takes an earlier correction back.
    """
    viewer = demand_everywhere(viewer, "cases.calendar")
    return await CalendarDay.create(
        day=_day(day),
        works=works,
        note=_note(note),
        entered_at=now(),
        person_id=viewer.person_id,
        actor=viewer.name,
    )


def _day(day: date | None) -> date:
    today = now().astimezone(ZoneInfo(house().settings.timezone)).date()
    if day is None:
        raise BadInput("请选择日期。", field="day", reason="required")
    if day < today:
        raise BadInput("这一天已经过去，改了也不影响任何时限。", field="day", reason="past")
    if day > today + FARTHEST:
        raise BadInput("最多提前三年。", field="day", reason="too_far")
    return day


def _note(note: str) -> str:
    note = note.strip()
    if not note:
        raise BadInput("请填写依据。", field="note", reason="required")
    if len(note) > MOST_NOTE:
        raise BadInput(f"最多 {MOST_NOTE} 个字。", field="note", reason="too_long")
    return note
