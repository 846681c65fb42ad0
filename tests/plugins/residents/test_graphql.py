"""The same door for front ends of their own: as narrow as the pages."""

from typing import Any

import pytest

from liuhe.graphql import global_id
from plugins.cases.models import Case
from plugins.residents.actions import read_contacts
from plugins.residents.models import Report
from tests.factories import only
from tests.plugins.residents.conftest import ALL, TEXT, Door, Visitor

pytestmark = only("sqlite")
REPORT = """mutation ($input: ReportMatterInput!) {
  reportMatter(input: $input) { code errors { field code message } } }"""
TRACK = """query ($code: String!) { trackedMatter(code: $code) {
  number title place state next steps { what at note } questions { text answer }
  readings { office reason } } }"""
KEY = "a-random-key-of-a-front-end"


async def ask(visitor: Visitor, text: str, **variables: Any) -> Any:
    answer = await visitor.client.post("/graphql", json={"query": text, "variables": variables})
    return answer.json()


def given(door: Door, **more: Any) -> dict[str, Any]:
    area = global_id("Place", door.place.community.id)
    return {"matter": "rubbish", "text": TEXT, "areaId": area, **more}


async def test_a_front_end_reports_and_follows_without_signing_in(door: Door) -> None:
    async with door.visitor() as program:
        choices = await ask(
            program, "{ reportChoices { matters { key } areas { id name street } } }"
        )
        offered = choices["data"]["reportChoices"]
        assert {"key": "rubbish"} in offered["matters"]
        area = global_id("Place", door.place.community.id)
        assert {"id": area, "name": "仓基社区", "street": "湖墅街道"} in offered["areas"]
        sent = await ask(program, REPORT, input=given(door))
        assert sent["data"]["reportMatter"]["errors"] == []
        await door.forward(await Report.get(), *ALL)
        code = sent["data"]["reportMatter"]["code"]
        seen = (await ask(program, TRACK, code=code))["data"]["trackedMatter"]
    assert (seen["state"], seen["place"]) == ("办结了", "仓基社区")
    assert [step["what"] for step in seen["steps"]] == [
        "收到您的上报",
        "街道已经受理",
        "已交给湖墅环卫所",
        "湖墅环卫所已接手",
        "湖墅环卫所说已经处理",
        "网格员到现场看过，确认解决了",
        "办结了",
    ]
    named = [name for name in ("dispatcher", "handler", "grid") if name in str(seen)]
    assert named == []


async def test_e_15_a_front_end_lists_who_looked_at_the_number(door: Door) -> None:
    sent = await door.sent(phone="138 0013 8000")
    async with door.visitor() as program:
        asked = {"code": sent.code}
        assert (await ask(program, TRACK, **asked))["data"]["trackedMatter"]["readings"] == []
        await read_contacts(door.place.dispatcher, sent.report.case_id)
        seen = (await ask(program, TRACK, **asked))["data"]["trackedMatter"]["readings"]
    assert seen == [{"office": "湖墅街道", "reason": "联系上报居民"}]


async def test_what_can_be_mended_is_told(door: Door) -> None:
    wrong = ({"matter": "x"}, {"text": " "}, {"areaId": None}, {"idempotencyKey": "short"})
    fields = []
    async with door.visitor() as program:
        for one in wrong:
            answer = await ask(program, REPORT, input=given(door, **one))
            fields += [error["field"] for error in answer["data"]["reportMatter"]["errors"]]
    assert fields == ["matter", "text", "areaId", "idempotencyKey"]
    assert await Case.all().count() == 0


async def test_a_key_is_used_for_one_content_and_by_one_side(door: Door) -> None:
    async with door.visitor() as program, door.visitor("10.8.8.8") as other:
        known = given(door, idempotencyKey=KEY)
        first = await ask(program, REPORT, input=known)
        assert await ask(program, REPORT, input=known) == first
        conflict = await ask(program, REPORT, input={**known, "text": "别的事"})
        assert conflict["errors"][0]["extensions"]["code"] == "CONFLICT"
        foreign = await ask(other, REPORT, input=known)
        assert foreign["data"]["reportMatter"]["code"] != first["data"]["reportMatter"]["code"]
    assert await Case.all().count() == 2


async def test_a_code_is_not_taken_from_an_address(door: Door) -> None:
    sent = await door.sent()
    async with door.visitor() as program:
        text = f'{{ trackedMatter(code: "{sent.code}") {{ title }} }}'
        answer = await program.get("/graphql", params={"query": text})
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert TEXT not in answer.text


@pytest.mark.parametrize("sections", [{"residents": {"wrong_codes": 3}}])
async def test_guesses_in_one_request_are_counted_one_by_one(door: Door) -> None:
    sent = await door.sent()
    guess = 'trackedMatter(code: "0000-0000-0000") { title }'
    guesses = " ".join(f"a{number}: {guess}" for number in range(3))
    async with door.visitor() as program:
        told = []
        while "RATE_LIMITED" not in told and len(told) < 9:
            # The first wrong one ends a request: what is not told then need not be counted.
            answer = await ask(program, f"{{ {guesses} }}")
            assert answer["data"] is None
            told += [error["extensions"]["code"] for error in answer["errors"]]
        assert 1 <= told.count("BAD_USER_INPUT") <= 3
        refused = await ask(program, TRACK, code=sent.code)
    assert refused["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
    assert TEXT not in str(refused)


async def test_reports_are_bounded_here_as_well(door: Door) -> None:
    codes = []
    async with door.visitor() as program:
        for number in range(6):
            answer = await ask(program, REPORT, input=given(door, text=f"第 {number} 件"))
            errors = answer.get("errors") or [{"extensions": {"code": "fine"}}]
            codes.append(errors[0]["extensions"]["code"])
    assert codes == ["fine"] * 5 + ["RATE_LIMITED"]
