"""按时签收率、处置率、反馈率 of units over a period.

口径: of the cases that were sent to a unit in the period (派遣 or 转派), those that it signed,
handled and reported back by the due second, over those that were due. A case that is not due yet,
or that was handed back, taken away, withdrawn or merged in time, is in neither number.
"""

from collections import defaultdict
from datetime import UTC, datetime

from tortoise.expressions import Q, Subquery

from plugins.cases.models import Case, Clock, Step, flows
from plugins.cases.rules import Duty, Rates, Timed, Told, duties, rates, terms_of

#: While a clock is paused before it was late, nothing is due.
_NEVER = datetime.max.replace(tzinfo=UTC)


async def unit_rates(
    start: datetime, end: datetime, until: datetime, cases: Q | None = None
) -> Rates:
    """By unit, for what was sent from `start` to before `end`, as it stood at `until`.

    `cases`: which of them, as a condition on `Case` (what a viewer may see, say); all by default.
    """
    owed = await _duties(start, end, cases or Q())
    return rates((duty for duty in owed if start <= duty.sent_at < end), until)


async def _duties(start: datetime, end: datetime, cases: Q) -> list[Duty]:
    terms = terms_of(flows())
    sent = Q(action__in=terms.sends, at__gte=start, at__lt=end)
    ids = Subquery(
        Step.filter(sent, case_id__in=Subquery(Case.filter(cases).values("id"))).values("case_id")
    )
    steps, clocks = defaultdict(list), defaultdict(list)
    for step in await Step.filter(case_id__in=ids).order_by("case_id", "seq"):
        steps[step.case_id].append(Told(action=step.action, at=step.at, unit_id=step.unit_id))
    for clock in await Clock.filter(case_id__in=ids).order_by("case_id", "id"):
        clocks[clock.case_id].append(
            Timed(
                kind=clock.kind,
                started_at=clock.started_at,
                due_at=_NEVER if clock.left_seconds is not None else clock.due_at,
                stopped_at=clock.stopped_at,
            )
        )
    return [duty for id, told in steps.items() for duty in duties(told, clocks[id], terms)]
