"""What each indicator counts: duties of units that fell due, and cases that should be closed."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

from tortoise.expressions import Q

from liuhe import Counted, Span
from plugins.cases.indicators.courses import Course, courses
from plugins.cases.models import Case, Clock, Step, flow_named, flows
from plugins.cases.rules import (
    LONGEST_CLOSING,
    ClockKind,
    Duty,
    Kind,
    Stage,
    closing_due,
    duties,
    terms_of,
)

Count = Callable[[Span], Awaitable[Sequence[Counted]]]
#: Nobody closes these any more.
_ENDED_EARLY = (Stage.REJECTED, Stage.WITHDRAWN, Stage.MERGED)
_CLOSED = (Stage.CLOSED, Stage.RATED)
_TO_THE_END = (ClockKind.HANDLE, ClockKind.VERIFY, ClockKind.CLOSE)


def of_duties(kind: ClockKind, met: Callable[[Duty], bool]) -> Count:
    """Duties of this kind that fell due in the span; what was given back in time is nobody's."""

    async def count(span: Span) -> Sequence[Counted]:
        return [
            _counted_duty(course, duty, met(duty))
            async for course, duty in _owed(span, kind)
            if span.start <= duty.due_at < span.end and duty.counts(span.until)
        ]

    return count


async def _owed(span: Span, kind: ClockKind) -> AsyncIterator[tuple[Course, Duty]]:
    terms = terms_of(flows())
    ids = await _cases_of(Q(kind=kind, due_at__gte=span.start, due_at__lt=span.end), span.end)
    async for course in courses(ids, span.until):
        for duty in duties(course.told, course.clocks, terms):
            if duty.kind == kind:
                yield course, duty


async def _cases_of(clocks: Q, end: datetime) -> list[int]:
    """Cases with such clocks, and those given more time since: until then they were due before."""
    found = await Clock.filter(clocks).values_list("case_id", flat=True)
    decided = Step.filter(action="decide_extension", at__gte=end)
    prolonged = await decided.values_list("case_id", flat=True)
    return [int(str(id)) for id in (*found, *prolonged)]


def _counted_duty(course: Course, duty: Duty, met: bool) -> Counted:
    return Counted(
        thing_id=course.case_id,
        part=duty.seq,
        area_id=course.area_id,
        unit_id=duty.unit_id,
        type_code=course.type_code,
        numerator=met,
        due_at=duty.due_at,
        done_at=duty.done_at,
    )


def of_closing(met: Callable[[Course], bool]) -> Count:
    """Cases that should be closed in the span; what has ended otherwise, or rests, is none."""

    async def count(span: Span) -> Sequence[Counted]:
        since = span.start - LONGEST_CLOSING
        due = Q(kind__in=_TO_THE_END, due_at__gte=since, due_at__lt=span.end)
        ids = await _cases_of(due, span.end)
        found = [
            _counted_case(course, span, met(course)) async for course in courses(ids, span.until)
        ]
        return [one for one in found if one is not None]

    return count


def _counted_case(course: Course, span: Span, met: bool) -> Counted | None:
    due = closing_due(course.clocks, flow_named(course.flow))
    if due is None or not span.start <= due < span.end or course.stage in _ENDED_EARLY:
        return None
    closed_at = next((s.at for s in reversed(course.told) if s.stage == Stage.CLOSED), None)
    if not is_closed(course) and due >= span.until:
        return None  # there is time
    return Counted(
        thing_id=course.case_id,
        area_id=course.area_id,
        unit_id=_sent_to(course),
        type_code=course.type_code,
        numerator=met,
        due_at=due,
        done_at=closed_at if is_closed(course) else None,
    )


def _sent_to(course: Course) -> int | None:
    """The unit that had it last."""
    sends = terms_of(flows()).sends
    units = [step.unit_id for step in course.told if step.action in sends]
    return units[-1] if units else None


def is_closed(course: Course) -> bool:
    return course.stage in _CLOSED


def was_reworked(course: Course) -> bool:
    return any(step.action == "rework" for step in course.told)


async def of_registered(span: Span) -> Sequence[Counted]:
    """Cases that were reported in the span; whether place and matter were written down."""
    columns = ("id", "area_id", "type__kind", "type__code", "opened_at")
    texts = ("address", "longitude", "description")
    opened = Case.filter(opened_at__gte=span.start, opened_at__lt=min(span.end, span.until))
    rows = await opened.values_list(*columns, *texts)
    units = {
        course.case_id: _sent_to(course)
        async for course in courses([row[0] for row in rows], span.until)
    }
    return [_registered(row, units.get(row[0])) for row in rows]


def _registered(row: tuple[Any, ...], unit_id: int | None) -> Counted:
    id, area, kind, code, opened_at, address, longitude, description = row
    return Counted(
        thing_id=id,
        area_id=area,
        unit_id=unit_id,
        type_code=f"{Kind(kind).value}:{code}",
        numerator=bool((address or longitude is not None) and description.strip()),
        done_at=opened_at,
    )
