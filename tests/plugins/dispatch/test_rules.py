"""Which rule a case falls under: by a table, and against a slow and obvious reference."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.cases.rules import Calendar
from plugins.dispatch.rules import (
    Book,
    Days,
    Matter,
    Mode,
    Moment,
    Rule,
    Stretch,
    covers,
    days_without,
    minutes_of,
    moment_of,
    narrowness,
    precedence,
    sentence,
    stretch_of,
    time_words,
)

CHINA = ZoneInfo("Asia/Shanghai")
NOON = Moment(minute=12 * 60, works=True, worked=True)
CAR = Matter(kind="event", class_code="05", type_code="0505", area_path="1.4.17.", at=NOON)


def rule(id: int, **asked: object) -> Rule:
    return Rule(id=id, unit_id=id, **asked)  # type: ignore[arg-type]


BIG = {"kind": "event", "class_code": "05"}
SMALL = {**BIG, "type_code": "0505"}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (SMALL, {**BIG, "area_path": "1.4.17."}),
        (BIG, {"area_path": "1.4.17."}),
        ({**SMALL, "area_path": "1.4.17."}, {**SMALL, "area_path": "1.4."}),
        ({"area_path": "1."}, {"hours": (0, 1380)}),
        ({"hours": (0, 1380)}, {}),
        ({"days": Days.WORK}, {"rank": 1}),
        ({"rank": 1}, {"rank": 2}),
        ({}, {}),
    ],
)
def test_the_narrower_type_comes_first_then_area_then_time_then_rank_then_age(
    first: dict[str, object], second: dict[str, object]
) -> None:
    """The winner has the larger id, except where nothing but age is left to decide."""
    ids = (2, 1) if first != second else (1, 2)
    winner, other = rule(ids[0], **first), rule(ids[1], **second)
    assert Book.of([other, winner]).match(CAR) == winner
    assert Book.of([winner, other]).match(CAR) == winner


@pytest.mark.parametrize(
    ("asked", "fits"),
    [
        ({}, True),
        (BIG, True),
        (SMALL, True),
        ({**BIG, "kind": "part"}, False),
        ({**BIG, "class_code": "01"}, False),
        ({**SMALL, "type_code": "0506"}, False),
        ({"area_path": "1."}, True),
        ({"area_path": "1.4.17."}, True),
        ({"area_path": "1.4.1."}, False),
        ({"area_path": "1.4.17.3."}, False),
        ({"days": Days.WORK}, True),
        ({"days": Days.REST}, False),
        ({"hours": (12 * 60, 13 * 60)}, True),
        ({"hours": (11 * 60, 12 * 60)}, False),
    ],
)
def test_a_rule_fits_what_it_asks(asked: dict[str, object], fits: bool) -> None:
    assert (Book.of([rule(1, **asked)]).match(CAR) is not None) == fits


NIGHT = (20 * 60, 8 * 60)


@pytest.mark.parametrize(
    ("days", "minute", "works", "worked", "inside"),
    [
        (Days.ANY, 20 * 60, True, True, True),
        (Days.ANY, 20 * 60 - 1, True, True, False),
        (Days.ANY, 0, True, True, True),
        (Days.ANY, 8 * 60 - 1, True, True, True),
        (Days.ANY, 8 * 60, True, True, False),
        # Saturday at two belongs to Friday's night, Monday at two to Sunday's.
        (Days.WORK, 120, False, True, True),
        (Days.WORK, 120, True, False, False),
        (Days.REST, 120, True, False, True),
        (Days.WORK, 21 * 60, False, True, False),
        (Days.REST, 21 * 60, False, True, True),
    ],
)
def test_a_night_belongs_to_the_day_on_which_it_began(
    days: Days, minute: int, works: bool, worked: bool, inside: bool
) -> None:
    assert covers(days, NIGHT, Moment(minute=minute, works=works, worked=worked)) == inside


def test_make_up_days_are_working_days_and_holidays_are_none() -> None:
    calendar = Calendar()
    make_up = moment_of(datetime(2026, 10, 10, 9, tzinfo=CHINA), calendar.works)  # a Saturday
    holiday = moment_of(datetime(2026, 10, 1, 9, tzinfo=CHINA), calendar.works)  # a Thursday
    assert (make_up.works, covers(Days.WORK, None, make_up)) == (True, True)
    assert (holiday.works, covers(Days.REST, None, holiday)) == (False, True)
    corrected = Calendar(corrections={date(2026, 11, 18): False})
    typhoon = moment_of(datetime(2026, 11, 18, 9, tzinfo=CHINA), corrected.works)
    assert covers(Days.WORK, None, typhoon) is False


hours = st.one_of(
    st.none(),
    st.tuples(st.integers(0, 1439), st.integers(0, 1439)).filter(lambda pair: pair[0] != pair[1]),
)
paths = st.sampled_from(["", "1.", "1.4.", "1.4.17.", "1.4.1.", "1.5."])
asked = st.sampled_from(
    [("", "", ""), ("event", "05", ""), ("event", "05", "0505"), ("part", "05", "")]
)


@st.composite
def some_rules(draw: st.DrawFn) -> list[Rule]:
    found = []
    for id in range(draw(st.integers(0, 8))):
        kind, class_code, type_code = draw(asked)
        found.append(
            rule(
                id,
                kind=kind,
                class_code=class_code,
                type_code=type_code,
                area_path=draw(paths),
                days=draw(st.sampled_from(Days)),
                hours=draw(hours),
                rank=draw(st.integers(1, 2)),
                idle=draw(st.booleans()),
            )
        )
    return draw(st.permutations(found))


@st.composite
def matters(draw: st.DrawFn) -> Matter:
    return Matter(
        kind=draw(st.sampled_from(["event", "part"])),
        class_code="05",
        type_code=draw(st.sampled_from(["0505", "0506"])),
        area_path=draw(paths.filter(bool)),
        at=Moment(
            minute=draw(st.integers(0, 1439)), works=draw(st.booleans()), worked=draw(st.booleans())
        ),
    )


def minutes_open(rule: Rule) -> set[tuple[int, int]]:
    """Every minute that a rule holds, as (days after its day, minute): minute by minute."""
    if rule.hours is None:
        return {(0, minute) for minute in range(1440)}
    begins, ends = rule.hours
    found, day, minute = set(), 0, begins
    while (day, minute) != ((0 if begins < ends else 1), ends):
        found.add((day, minute))
        day, minute = (day, minute + 1) if minute < 1439 else (day + 1, 0)
    return found


def obviously_fits(rule: Rule, matter: Matter) -> bool:
    if rule.class_code and (rule.kind, rule.class_code) != (matter.kind, matter.class_code):
        return False
    if rule.type_code and rule.type_code != matter.type_code:
        return False
    areas, chain = rule.area_path.split(".")[:-1], matter.area_path.split(".")[:-1]
    if chain[: len(areas)] != areas:
        return False
    works = {0: matter.at.works, 1: matter.at.worked}
    days = {Days.ANY: (True, False), Days.WORK: (True,), Days.REST: (False,)}[rule.days]
    return any(
        (over, matter.at.minute) in minutes_open(rule) and works[over] in days for over in (0, 1)
    )


def obviously_first(rules: list[Rule]) -> Rule | None:
    """Sieve by one question after the other."""
    questions = (
        lambda one: -(bool(one.type_code) + bool(one.class_code)),
        lambda one: -len(one.area_path.split(".")),
        lambda one: one.days == Days.ANY and one.hours is None,
        lambda one: one.rank,
        lambda one: one.id,
    )
    for question in questions:
        if rules:
            best = min(question(one) for one in rules)
            rules = [one for one in rules if question(one) == best]
    return rules[0] if rules else None


@given(some_rules(), matters())
def test_exactly_the_rule_of_the_obvious_reference_or_none(
    rules: list[Rule], matter: Matter
) -> None:
    expected = obviously_first([one for one in rules if obviously_fits(one, matter)])
    if expected is not None and expected.idle:
        expected = None  # its unit is gone: for people, not for the next rule
    assert Book.of(rules).match(matter) == expected


@given(some_rules())
def test_the_column_that_orders_lists_orders_as_the_rules_do(rules: list[Rule]) -> None:
    by_columns = sorted(rules, key=lambda one: (-narrowness(one), one.rank, one.id))
    assert by_columns == sorted(rules, key=precedence)


@pytest.mark.parametrize(
    ("days", "span", "words"),
    [
        (Days.ANY, None, "不限时间"),
        (Days.WORK, None, "工作日"),
        (Days.WORK, (480, 1200), "工作日 08:00–20:00"),
        (Days.ANY, (1200, 480), "每天 20:00–次日 08:00"),
    ],
)
def test_a_rule_reads_as_a_sentence(days: Days, span: tuple[int, int] | None, words: str) -> None:
    text = sentence(
        matter="0505 机动车乱停放", area="祥符街道", time=time_words(days, span), unit="交警中队",
        mode=Mode.AUTO,
    )  # fmt: skip
    assert text == f"0505 机动车乱停放 · 祥符街道 · {words} → 交警中队（自动）"


@pytest.mark.parametrize("text", ["24:00", "8", "aa:bb", "", "-1:00"])
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"time data|unconverted"):
        minutes_of(text)


def test_shifts_that_touch_do_not_meet_and_days_without_are_told() -> None:
    night = stretch_of(date(2026, 11, 18), 20 * 60, 8 * 60, CHINA)
    assert night.ends - night.begins == timedelta(hours=12)
    morning = stretch_of(date(2026, 11, 19), 8 * 60, 9 * 60, CHINA)
    late = Stretch(begins=morning.begins - timedelta(minutes=1), ends=morning.ends)
    assert (night.meets(morning), night.meets(late), late.meets(night)) == (False, True, True)
    first = date(2026, 11, 18)
    assert days_without([first], first, 3) == [date(2026, 11, 19), date(2026, 11, 20)]
