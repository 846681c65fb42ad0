"""Figures as an outside program sees them; what is hidden is not in any answer."""

import json
from typing import Any

import pytest

from liuhe.graphql import global_id
from plugins.figures.actions import keep_up
from plugins.figures.models import Objection
from tests.factories import only
from tests.plugins.cases.test_graphql import Asking
from tests.plugins.figures.conftest import DAY, DECEMBER, HOUR, NOVEMBER, Books

pytestmark = only("sqlite")

INDICATORS = """{ indicators { code title formula unit numerator numeratorHow denominator
  denominatorHow by version refreshSeconds floor plugin target better beside } }"""
FIGURES = """query ($month: String!, $by: FigureBy! = ALL, $view: FigureView) {
  figures(code: "cases.signed", month: $month, by: $by, view: $view) {
    indicator { formula }
    month version view until closedAt digest values { kind percent }
    total { label numerator denominator percent colour }
    figures { key label hidden numerator denominator percent percentText colour rank
      completeness registered errata { was right reason madeBy } } } }"""
ROWS = """query ($key: String! = "", $by: FigureBy! = ALL) {
  figureRows(code: "cases.signed", month: "2026-11", by: $by, key: $key) {
    totalCount edges { node { counts dueAt doneAt thing { id ... on Case { title } } } } } }"""
WHY = """query ($key: String!) {
  whyThis(code: "cases.signed", month: "2026-11", by: UNIT, key: $key) {
  rule ruleVersion sentences asOf inputs { name value } } }"""
FILE = """mutation ($input: FileFigureObjectionInput!) { fileFigureObjection(input: $input) {
  objection { id text month key by upheld indicator { title } } errors { field message } } }"""
ANSWER = """mutation ($input: AnswerFigureObjectionInput!) { answerFigureObjection(input: $input) {
  objection { upheld answer } errors { field code } } }"""
CLOSE = """mutation ($input: CloseFigureMonthInput!) { closeFigureMonth(input: $input) {
  month errors { field message } } }"""
ERRATUM = """mutation ($input: PublishFigureErratumInput!) { publishFigureErratum(input: $input) {
  table { total { errata { was right } } } errors { field code } } }"""
OBJECTIONS = "{ figureObjections { totalCount edges { node { id text } } } }"


@pytest.fixture
def asking(books: Books) -> Asking:
    return Asking(books.place.kernel)


async def test_what_is_counted_is_told_in_words(books: Books, asking: Asking) -> None:
    found = (await asking.ask(books.place.admin, INDICATORS))["indicators"]
    titles = [one["title"] for one in found]
    rates = ["签收率", "处置率", "按期处置率", "反馈率", "返工率", "延期率", "结案率"]
    rates += ["协办报到率", "协办反馈率"]
    assert titles == [*rates, "登记完整率"]
    signed = found[0]
    assert (signed["plugin"], signed["target"], signed["beside"]) == (
        "cases",
        100,
        "cases.registered",
    )
    assert signed["by"] == ["UNIT", "STREET", "COMMUNITY", "TYPE"]
    assert (await asking.ask(books.place.resident, INDICATORS))["indicators"] == []


async def test_figures_their_rows_and_reasons_are_answered(books: Books, asking: Asking) -> None:
    place = books.place
    for hours in range(4):
        await books.case(NOVEMBER + hours * HOUR, description="两袋垃圾")
    late = await books.case(NOVEMBER, signs=DAY + HOUR)
    other = (place.other_unit, place.other_handler)
    await books.case(NOVEMBER, who=other)
    await keep_up(NOVEMBER + 3 * DAY)
    found = (await asking.ask(place.admin, FIGURES, month="2026-11", by="UNIT"))["figures"]
    assert (found["view"], found["closedAt"], found["digest"]) == ("WHOLE", None, None)
    assert found["total"]["numerator"], found["total"]["denominator"] == (5, 6)
    assert found["indicator"]["formula"] == "按时签收数 ÷ 应签收数"
    kinds = {one["kind"]: one["percent"] for one in found["values"]}
    assert kinds == {"ACHIEVED": 83.3, "TARGET": 100.0}
    mine = next(one for one in found["figures"] if one["key"] == str(place.unit.id))
    assert (mine["percentText"], mine["colour"], mine["rank"]) == ("80.0%", "黄", 1)
    assert (mine["completeness"], mine["registered"]) == (80.0, 5)
    street = (await asking.ask(place.admin, FIGURES, month="2026-11", by="STREET"))["figures"]
    assert [(one["completeness"], one["registered"]) for one in street["figures"]] == [(66.7, 6)]
    rows = (await asking.ask(place.handler, ROWS))["figureRows"]
    assert rows["totalCount"] == 5
    missed = [e["node"] for e in rows["edges"] if not e["node"]["counts"]]
    assert [one["thing"]["id"] for one in missed] == [global_id("Case", late.id)]
    why = (await asking.ask(place.admin, WHY, key=str(place.unit.id)))["whyThis"]
    assert why["ruleVersion"] == 1
    inputs = {one["name"]: one["value"] for one in why["inputs"]}
    assert (inputs["名次"], inputs["参加排名的"]) == ("第 1 名", "1 个单位")
    assert why["sentences"][0] == "按时签收 4 件 ÷ 应签收 5 件 = 80.0%。"
    part = (await asking.ask(place.handler, FIGURES, month="2026-11", by="UNIT"))["figures"]
    assert [(one["numerator"], one["rank"]) for one in part["figures"]] == [(4, None)]


async def test_a_hidden_figure_is_in_no_answer(books: Books, asking: Asking) -> None:
    place = books.place
    for number, count in enumerate((2, 3, 6, 7)):
        who = await books.unit(number)
        for minutes in range(count):
            await books.case(NOVEMBER + minutes * HOUR, who=who)
    await keep_up(NOVEMBER + 3 * DAY)
    assert (await asking.ask(place.auditor, FIGURES, month="2026-11"))["figures"] is None
    await keep_up(DECEMBER + 3 * DAY)
    found = (await asking.ask(place.auditor, FIGURES, month="2026-11", by="UNIT"))["figures"]
    assert found["total"]["denominator"] == 18
    empty = {"numerator": None, "denominator": None, "percent": None, "colour": None, "rank": None}
    assert [one["hidden"] for one in found["figures"]] == [True] * 4
    assert all(empty.items() <= one.items() for one in found["figures"])
    for one in found["figures"]:
        rows = (await asking.ask(place.auditor, ROWS, by="UNIT", key=one["key"]))["figureRows"]
        assert rows == {"totalCount": 0, "edges": []}
        why = await asking.ask(place.auditor, WHY, key=one["key"])
        told = json.dumps(why, ensure_ascii=False)
        assert "少于 5 件的数不公布" in told
        assert "应签收" not in told


async def test_objections_errata_and_closing_over_graphql(
    books: Books, asking: Asking, clock: Any
) -> None:
    place = books.place
    await books.case(NOVEMBER, signs=DAY + HOUR)
    clock(DECEMBER + DAY)
    await keep_up(DECEMBER + DAY)
    early = await asking.ask(place.supervisor, CLOSE, input={"month": "2026-12"})
    assert early["closeFigureMonth"]["errors"][0]["field"] == "month"
    done = await asking.ask(place.supervisor, CLOSE, input={"month": "2026-11"})
    assert done["closeFigureMonth"] == {"month": "2026-11", "errors": []}
    figure = {"code": "cases.signed", "month": "2026-11", "by": "UNIT", "key": str(place.unit.id)}
    filed = await asking.ask(place.handler, FILE, input={"figure": figure, "text": "不对"})
    objection = filed["fileFigureObjection"]["objection"]
    assert (objection["indicator"]["title"], objection["upheld"]) == ("签收率", None)
    seen = [
        (await asking.ask(who, OBJECTIONS))["figureObjections"]["totalCount"]
        for who in (place.handler, place.supervisor, place.dispatcher, place.other_handler)
    ]
    assert seen == [1, 1, 0, 0]
    answer = {"id": objection["id"], "upheld": True, "answer": "是系统的错"}
    refused = await asking.ask(place.supervisor, ANSWER, input=answer)
    assert refused["answerFigureObjection"]["errors"] == [
        {"field": "numerator", "code": "required"}
    ]
    right = {"numerator": 1, "denominator": 1}
    await asking.ask(place.supervisor, ANSWER, input={**answer, "corrected": right})
    assert (await Objection.get()).outcome == "upheld"
    whole = {"code": "cases.signed", "month": "2026-11"}
    published = await asking.ask(
        place.supervisor,
        ERRATUM,
        input={"figure": whole, "corrected": right, "reason": "同上", "idempotencyKey": "e"},
    )
    errata = published["publishFigureErratum"]["table"]["total"]["errata"]
    assert errata == [{"was": "0/1", "right": "1/1"}]
