"""Lists straight from SQL answer exactly as the stock executor does, key by key, in order."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tortoise.expressions import Q, RawSQL, Subquery

from core.kernel import Kernel
from core.sqlite import as_stored
from liuhe import Viewer, rows
from liuhe.graphql import global_id
from plugins.cases.models import Case
from plugins.cases.permissions import visible
from plugins.cases.rules import Stage
from tests.plugins.cases.conftest import District, make_district
from tests.web.stock import Stock, in_order
from web.graphql.building import build_schema
from web.graphql.context import Caller, Context
from web.graphql.fast import plans
from web.graphql.fast.shapes import _written as _written_moments
from web.graphql.fast.statements import _written, statement
from web.graphql.requests import dumps
from web.hub import Hub
from web.keyset import Keyset, Window, part_of

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Both:
    """Asks twice: the usual executor, and the stock one."""

    def __init__(self, kernel: Kernel, place: District) -> None:
        self.kernel, self.place = kernel, place
        self.schema, self.stock = build_schema(kernel), build_schema(kernel)
        self.stock.execution_context_class = Stock
        self.cursors: list[str] = []

    async def one(self, schema: Any, viewer: Viewer | None, text: str, variables: Any) -> Any:
        context = Context(
            kernel=self.kernel, hub=Hub(), caller=Caller(viewer), request_id="r", now=NOW
        )
        noted: list[Any] = []

        async def note() -> None:
            noted.extend(sorted((name, sorted(of)) for name, of in context.readings.items()))

        context.write_readings = note  # type: ignore[method-assign]
        name = (variables or {}).pop("operationName", None) if variables else None
        result = await schema.execute(text, variables, context, operation_name=name)
        errors = [error.formatted for error in result.errors or ()]
        return dumps(result.data), in_order(result.data), errors, noted

    async def same(
        self, text: str, viewer: Viewer | None = None, variables: dict[str, Any] | None = None
    ) -> Any:
        who = viewer or self.place.dispatcher
        fast = await self.one(self.schema, who, text, dict(variables or {}))
        slow = await self.one(self.stock, who, text, dict(variables or {}))
        assert fast == slow, text
        return fast


@pytest.fixture
async def both(kernel_on: Any) -> AsyncIterator[Both]:
    async with kernel_on(["city_eye"]) as kernel:
        place = await make_district(kernel)
        await fill(place)
        yield Both(kernel, place)


async def fill(place: District) -> None:
    """Cases in many states: closed, with and without unit and due time, odd texts."""
    await place.at("rated")
    await place.at("dispatched")
    for title in ('引号 " 和 \\ 与 emoji 🌊', "<b>&\u2028", "%_*'"):
        await place.open(title=title, description="说明", longitude=120.15, latitude=30.32)
    await place.open(viewer=place.resident)
    await place.open(viewer=place.far_grid, area_id=place.elsewhere.id)
    await Case.filter(title="%_*'").update(due_at=None, opened_at=NOW.replace(microsecond=0))
    await Case.filter(title="<b>&\u2028").update(
        due_at=NOW - timedelta(hours=1), suspended_at=NOW, stage=Stage.FED_BACK
    )


#: What is answered without an object a row.
PLANNED = [
    "{ cases(first: 50) { edges { node { id number title stage openedAt dueAt area { id code name }"
    " unit { id name } } } } }",
    "{ cases { __typename totalCount pageInfo { __typename hasNextPage hasPreviousPage startCursor"
    " endCursor } edges { __typename cursor node { __typename id stageLabel sourceLabel overdue"
    " description longitude latitude version closedAt rating } } } }",
    "{ cases(first: 2) { edges { node { a: title b: title unit { n: name name __typename }"
    " type { code limitText name } area { level levelLabel parent { name parent { name"
    " parent { name } } } } } } pageInfo { hasNextPage endCursor } } }",
    "{ x: cases(first: 1) { edges { node { id } } } y: cases(last: 2) { edges { cursor } } }",
    "{ cases(first: 0) { edges { node { id } } pageInfo { startCursor endCursor hasNextPage } } }",
    "{ cases { totalCount } }",
    "{ cases { __typename } }",
    # fragments: named, inline, on interfaces, and fields that come twice
    "fragment A on Case { id area { name } ...B } fragment B on Case { title area { code } }"
    " { cases { edges { node { ...A ...B ... on Case { stage } ... on Node { id __typename }"
    " ... { number } } } } }",
    "{ cases { edges { node { id } } edges { node { title } cursor } edges { node { id } } } }",
    "{ cases { edges { node { unit { id } unit { name } unit { id name } } } } }",
    # directives
    "query ($yes: Boolean = true, $no: Boolean!) { cases { edges { node { id @skip(if: $yes)"
    " title @include(if: $no) number @include(if: $yes) ... on Case @skip(if: $no) { stage }"
    " ...F @include(if: $no) } } totalCount @include(if: $no) } } fragment F on Case { rating }",
    "{ cases { edges @skip(if: true) { cursor } edges { node { id @include(if: false) title } }"
    " } }",
    # order and filters
    "{ cases(orderBy: [{field: DUE_AT}, {field: OPENED_AT, direction: DESC}]) { edges { cursor node"
    " { dueAt } } } }",
    "{ cases(orderBy: [{field: NUMBER, direction: DESC}], last: 3) { edges { cursor node { number }"
    " } pageInfo { hasPreviousPage startCursor } } }",
    "{ cases(filter: {stage: [REPORTED, DISPATCHED], overdue: false}) { totalCount edges { node {"
    " title overdue } } } }",
    '{ cases(filter: {search: "%_"}) { edges { node { title } } } }',
    "{ cases(filter: {waitingForMe: true}) { edges { node { number } } } }",
    "{ cases { edges { node { stateLabel suspendedAt supervisedAt } } } }",
    "{ units { totalCount edges { node { id code name } } } }",
    "{ findings { totalCount edges { node { id state stateLabel seenAt area { name } } } } }",
    "{ places { edges { node { id name level parent { name } validFrom validTo } } } }",
]
#: What only resolvers know, what is refused, and what fails.
OTHERS = [
    "{ cases { edges { node { id reporterName } } } }",
    "{ cases { edges { node { id areaNames steps { actor note unit { name } } nextActions { name }"
    " evidence { url } mergedInto { id } clocks { kind late } findings { id } } } } }",
    "{ cases { edges { node { nothing } } } }",
    "{ cases(first: -1) { edges { node { id } } } }",
    "{ cases(first: 1, last: 1) { edges { node { id } } } }",
    '{ cases(after: "nonsense") { edges { node { id } } } viewer { name } }',
    '{ cases(filter: {areaId: "x"}) { totalCount } }',
    "{ cases(first: 500) { edges { node { id } } } }",
    "{ cases(first: 100) { edges { node { area { children(first: 100) { edges { node { children"
    "(first: 100) { totalCount } } } } } } } } }",
    "query A { cases { totalCount } } query B { viewer { name } }",
    "query ($n: Int!) { cases(first: $n) { totalCount } }",
    "{ cases { edges { node { area { children { edges { node { name } } } } } } } }",
    "subscription { caseOpened { id } }",
    "{ __schema { queryType { name } } cases(first: 1) { edges { node { title } } } }",
]


async def test_a_planned_answer_is_the_stock_one(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered: list[Any] = []
    answer = plans.Plan.answer

    async def counted(*given: Any) -> Any:
        answered.append(given)
        return await answer(*given)

    monkeypatch.setattr(plans.Plan, "answer", counted)
    for text in PLANNED:
        answered.clear()
        variables = {"no": False} if "$no" in text else None
        for who in (both.place.dispatcher, both.place.handler, both.place.admin):
            await both.same(text, who, variables)
        assert len(answered) >= 3, f"went the usual way: {text}"


async def test_whatever_else_is_asked_is_answered_as_before(both: Both) -> None:
    for text in OTHERS:
        for who in (both.place.dispatcher, both.place.handler, both.place.resident):
            await both.same(text, who)


async def test_readings_are_noted_and_a_list_is_one_statement(
    both: Both, count_queries: Callable[[], Any]
) -> None:
    *_, noted = await both.same("{ cases { edges { node { id reporterName } } } }")
    assert noted[0][0] == "cases.reporter"
    with count_queries() as queries:
        await both.one(both.schema, both.place.dispatcher, PLANNED[0], None)
    assert len(queries) == 1, queries
    # Whoever is not signed in gets nothing.
    for schema in (both.schema, both.stock):
        _, data, errors, _ = await both.one(schema, None, PLANNED[0], None)
        assert (data, errors[0]["extensions"]["code"]) == (None, "UNAUTHENTICATED")


async def test_pages_names_and_ids_work_alike(both: Both) -> None:
    text = """query ($first: Int, $after: String, $last: Int, $before: String) {
        cases(first: $first, after: $after, last: $last, before: $before,
              orderBy: [{field: DUE_AT}]) {
          edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage } } }"""
    whole, *_ = await both.same(text, variables={"first": 50})
    cursors = [edge["cursor"] for edge in orjson.loads(whole)["cases"]["edges"]]
    for cursor in cursors:
        await both.same(text, variables={"first": 2, "after": cursor})
        await both.same(text, variables={"last": 2, "before": cursor})
        await both.same(text, variables={"first": 2, "after": cursors[0], "before": cursor})

    # names of operations, and global ids
    text = "query A { cases(first: 1) { edges { node { id } } } } query B { viewer { name } }"
    await both.same(text, variables={"operationName": "A"})
    await both.same(text, variables={"operationName": "C"})
    unit = global_id("Unit", both.place.unit.id)
    filtered = "query ($id: ID) { cases(filter: {unitId: $id}) { edges { node { unit { id } } } } }"
    await both.same(filtered, variables={"id": unit})
    node = "query ($id: ID!) { node(id: $id) { ... on Case { title area { name } } } }"
    await both.same(node, variables={"id": global_id("Case", 1)})


async def test_a_value_that_only_an_error_answers_fails_as_before(both: Both) -> None:
    """A stage that nobody knows, as an old version or a hand in the database may leave it."""
    await rows("UPDATE cases_case SET stage = 'lost' WHERE id = 1")
    *_, errors, _ = await both.same("{ cases { edges { node { id stage } } } viewer { name } }")
    assert errors


LEAVES = ["id", "number", "title", "stage", "stageLabel", "openedAt", "dueAt", "overdue", "version"]
SLOW = ["areaNames", "reporterName", "evidence { id }", "nextActions { name }"]
JOINED = {
    "area": ["id", "code", "name", "level", "levelLabel", "validFrom", "parent { name id }"],
    "unit": ["id", "code", "name", "__typename"],
    "type": ["code", "name", "className", "limitText"],
}
MARKS = ["", "", "", " @include(if: $yes)", " @skip(if: $yes)", " @skip(if: $no)"]


@st.composite
def selections(draw: st.DrawFn) -> str:
    """The fields of a case: plain, joined, now and then one that a resolver must answer."""
    parts: list[str] = []
    for _ in range(draw(st.integers(1, 7))):
        kind = draw(st.sampled_from(["leaf"] * 5 + ["joined"] * 3 + ["inline", "slow"]))
        alias = draw(st.sampled_from(["", "", "", "a", "b"]))
        mark = draw(st.sampled_from(MARKS))
        if kind == "leaf":
            parts.append(
                (f"{alias}{len(parts)}: " if alias else "") + draw(st.sampled_from(LEAVES)) + mark
            )
        elif kind == "joined":
            name = draw(st.sampled_from(sorted(JOINED)))
            inside = draw(st.lists(st.sampled_from(JOINED[name]), min_size=1, max_size=4))
            parts.append(f"{name}{mark} {{ {' '.join(inside)} }}")
        elif kind == "inline":
            on = draw(st.sampled_from(["... on Case", "... on Node", "..."]))
            parts.append(f"{on}{mark} {{ id }}" if on != "..." else f"...{mark} {{ title }}")
        else:
            parts.append(draw(st.sampled_from(SLOW)))
    return " ".join(parts)


@st.composite
def queries(draw: st.DrawFn) -> str:
    window = draw(st.sampled_from(["", "(first: 3)", "(last: 2)", "(orderBy: [{field: DUE_AT}])"]))
    info = draw(st.sampled_from(["", "totalCount", "pageInfo { endCursor hasNextPage }"]))
    return (
        "query ($yes: Boolean = true, $no: Boolean = false) { yes: viewer { name @include(if: $yes)"
        f" @skip(if: $no) }} cases{window} {{ {info} edges {{ cursor node {{ {draw(selections())}"
        " } } } }"
    )


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=queries())
async def test_whatever_is_selected_the_answers_are_the_same(both: Both, text: str) -> None:
    await both.same(text)
    await both.same(text, both.place.handler)


async def test_a_statement_that_was_kept_is_the_one_that_would_be_written_anew(
    place: District,
) -> None:
    case = await place.at("dispatched")
    alike = [
        *(Q(stage="closed"), Q(stage="rated"), ~Q(stage="closed"), Q(returns=1), Q(returns=2)),
        *(Q(id__in=[1, 2]), Q(id__in=[1, 2, 3]), Q(unit_id=1, stage="closed")),
        Q(Q(unit_id=1), Q(stage="closed"), join_type="OR"),
        *(visible(place.dispatcher), visible(place.handler), visible(place.grid), visible(None)),
        Q(id__in=Subquery(Case.filter(stage="closed").values("id"))),
        Q(id__in=Subquery(Case.filter(stage="rated").values("id"))),
        Q(id__in=RawSQL(f"({case.id})")),
    ]
    for whole in (Case.filter(condition) for condition in alike):
        for order in (["id"], ["-opened_at"], ["due_at"]):
            keyset = Keyset(Case, order)
            cursor = keyset.encode(case)
            for part in (Window(size=3), Window(size=4), Window(size=3, after=cursor)):
                anew = part_of(whole, keyset, part)
                flags = [column.flag for column in keyset.columns if column.nullable]
                for columns in (("id", "number"), ("id", "unit__name")):
                    written = _written(anew, (*columns, *flags))
                    assert statement(whole, keyset, part, columns) == written
                    assert statement(whole, keyset, part, columns) == written


@given(moments=st.lists(st.datetimes(timezones=st.just(UTC)) | st.none()), whole=st.booleans())
def test_moments_are_written_as_graphql_writes_them(
    moments: list[datetime | None], whole: bool
) -> None:
    moments = [one.replace(microsecond=0) if one and whole else one for one in moments]
    usual = [one.isoformat() if one else None for one in moments]
    write = _written_moments(lambda raw: pytest.fail(f"went one by one: {raw}"), False)
    assert write(moments) == write([one and as_stored(one) for one in moments]) == usual


def test_moments_that_are_not_in_utc_or_missing_are_written_one_by_one() -> None:
    write = _written_moments(str, True)
    elsewhere = NOW.astimezone(timezone(timedelta(hours=8)))
    for column in ([NOW, None], [NOW, elsewhere], [NOW, NOW.replace(tzinfo=None)]):
        assert write(column) == [str(one) for one in column]
