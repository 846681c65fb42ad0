"""Random courses of real moves: nothing is overwritten, no clock is set back, nobody is stuck."""

import random
from datetime import datetime, timedelta
from typing import Any

import pytest

from liuhe import LiuheError, Unit, Viewer
from plugins.cases import actions
from plugins.cases.actions.moving import move
from plugins.cases.actions.timing import pause, resume
from plugins.cases.models import Case, Clock, Step, flow_of
from plugins.cases.permissions import may_make
from plugins.cases.rules import Calendar, Limit, LimitUnit, Move, Need, due_after, text_of
from tests.factories import only
from tests.plugins.cases.conftest import District, blurred
from tests.plugins.cases.test_calendar import CHINA, EDGES, MINUTE, counts

#: What may end a handling clock, and what may give a running one another due time.
ENDS_HANDLING = {"finish_phase", "submit_handling", "transfer", "withdraw"}
MOVES_DUE = {"decide_extension", "resume"}
#: Merging takes a second case; a case that ends at once tells little.
SELDOM = {"merge", "reject", "withdraw"}
START = datetime(2026, 12, 28, 9, 7, tzinfo=CHINA)


async def ways(place: District, case: Case) -> list[tuple[Move, Viewer]]:
    """All that somebody of the district may do now."""
    found = []
    for way in flow_of(case).ways_on(case.stage):
        if not way.alone or not way.fits(case.marks):
            continue
        did = set(await Step.filter(case_id=case.id, action__in=way.apart).values_list("person_id"))
        free = [one for one in place.viewers.values() if (one.person_id,) not in did]
        found += [(way, one) for one in free if may_make(one, case, way)][:1]
    return found


async def given(way: Move, case: Case, dice: random.Random, due: datetime) -> actions.Given:
    others = Unit.exclude(id=case.unit_id) if case.unit_id else Unit.all()
    unit = await others.order_by("id").first()
    assert unit
    return actions.Given(
        note="因为",
        unit_id=unit.id if Need.UNIT in way.needs else None,
        evidence=[await blurred()] if Need.AFTER_PICTURE in way.needs else (),
        rating=4 if Need.RATING in way.needs else None,
        until=due + timedelta(hours=dice.randint(1, 90)) if Need.UNTIL in way.needs else None,
        granted=dice.random() < 0.6 if Need.GRANTED in way.needs else None,
    )


async def written(case: Case) -> list[dict[str, Any]]:
    return list(await Step.filter(case_id=case.id).order_by("seq").values())


async def handling(case: Case) -> list[dict[str, Any]]:
    return list(await Clock.filter(case_id=case.id, kind="handle").order_by("id").values())


@only("sqlite")
@pytest.mark.parametrize(("seed", "code"), [(1, "0102"), (2, "0102"), (3, "0110")])
async def test_no_walk_overwrites_a_step_sets_a_clock_back_or_gets_stuck(
    place: District, seed: int, code: str
) -> None:
    dice, at = random.Random(seed), START
    done: list[str] = []
    with actions.pretend(at):
        case = await place.open(type_code=code)
    for _ in range(45):
        at += timedelta(minutes=dice.randint(1, 500))
        open_ways = await ways(place, case)
        if not open_ways:
            assert flow_of(case).is_terminal(case.stage), f"{case.stage} {case.marks} is a dead end"
            break
        usual = [one for one in open_ways if one[0].action not in SELDOM]
        way, who = dice.choice(usual or open_ways)
        steps, clocks = await written(case), await handling(case)
        due = max([clock["due_at"] for clock in clocks], default=at)
        with actions.pretend(at):
            try:
                case = await move(who, case.id, way.action, await given(way, case, dice, due))
            except LiuheError:
                assert way.action == "request_extension", "it is late: nothing can be asked for"
                assert await written(case) == steps
                continue
        done.append(way.action)
        assert (await written(case))[:-1] == steps, "what was written stays as it was"
        check_clocks(way.action, clocks, await handling(case))
    assert {"return", "dispatch", "resume"} <= set(done), "else the walk tells nothing"


def check_clocks(action: str, before: list[dict[str, Any]], after: list[dict[str, Any]]) -> None:
    """A clock that has stopped stays as it was; one that runs is touched by declared moves only."""
    assert [one["id"] for one in after][: len(before)] == [one["id"] for one in before]
    for old, new in zip(before, after, strict=False):
        if old["stopped_at"] is not None:
            assert new == old
            continue
        assert new["started_at"] == old["started_at"]
        assert new["stopped_at"] is None or action in ENDS_HANDLING, action
        assert new["due_at"] == old["due_at"] or action in MOVES_DUE, action
        assert new["due_at"] >= old["due_at"], "nobody is due earlier than was said"


def counted(limit: Limit, start: datetime, pauses: list[tuple[datetime, datetime]]) -> datetime:
    """The slow, obvious way: each minute by itself; those of a pause do not count."""
    left, at, calendar = limit.length // MINUTE, start, Calendar()
    ends = dict(pauses)
    while True:
        if at in ends:
            at = ends[at]
            continue
        if left == 0:
            return at
        left -= counts(limit.unit, at, calendar)
        at += MINUTE


@only("sqlite")
@pytest.mark.parametrize("unit", list(LimitUnit))
async def test_any_pauses_put_off_what_is_due_by_the_time_that_was_paused(
    place: District, unit: LimitUnit
) -> None:
    """Real clocks, around the ends of years, holidays and make-up days; what is late stays late."""
    case, dice = await place.open(), random.Random(unit.value)
    for _ in range(12):
        limit = Limit(amount=dice.randint(1, 5), unit=unit)
        start = dice.choice(EDGES) + dice.randint(0, 2 * 1440) * MINUTE
        due = due_after(limit, start, Calendar())
        clock = await Clock.create(
            case_id=case.id,
            kind="handle",
            started_at=start,
            due_at=due,
            warn_at=start,
            rule="",
            unit=unit,
            hours=text_of(Calendar().hours),
        )
        now, pauses = start, list[tuple[datetime, datetime]]()
        for _ in range(dice.randint(1, 5)):
            begin = now + dice.randint(0, 700) * MINUTE
            now = begin + dice.randint(1, 4000) * MINUTE
            pauses.append((begin, now))
            await pause(clock, begin)
            await resume(clock, now)
        assert clock.due_at == counted(limit, start, pauses), (limit, start, pauses)
        kept = await Clock.get(id=clock.id)
        assert (kept.due_at, kept.paused_at, kept.left_seconds) == (clock.due_at, None, None)
