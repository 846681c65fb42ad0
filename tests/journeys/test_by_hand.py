"""One matter from first report to last word, through the API of a running household."""

import pytest
from gql.transport.exceptions import TransportQueryError

from tests.journeys.client import Officer, photo, wait_for
from tests.journeys.conftest import Household

WHOLE = """
  case {
    id number stage stageLabel version dueAt overdue rating
    unit { id name }
    nextActions { name label }
    steps { action actor fromStage toStage note }
    evidence { kind state url }
  }
"""


@pytest.fixture(scope="module")
def people(household: Household) -> dict[str, Officer]:
    names = ("grid", "dispatcher", "handler", "handler2", "dispatcher2", "resident")
    return {name: Officer(household, name) for name in names}


def unit_id(officer: Officer, name: str = "小河街道综合行政执法队") -> str:
    answer = officer.ask(
        "query($s: String) { units(search: $s) { edges { node { id name } } } }", s=name
    )
    return str(answer["units"]["edges"][0]["node"]["id"])


def area_id(officer: Officer, name: str = "长征桥社区") -> str:
    text = "query($f: PlaceFilter) { places(filter: $f) { edges { node { id } } } }"
    answer = officer.ask(text, f={"search": name, "level": "COMMUNITY"})
    return str(answer["places"]["edges"][0]["node"]["id"])


def open_case(grid: Officer, **more: object) -> dict[str, object]:
    given = {"title": "路灯不亮", "typeCode": "0499", "areaId": area_id(grid), "address": "桥头"}
    return dict(grid.do("openCase", WHOLE, **{**given, **more})["case"])


def test_a_case_goes_from_report_to_rating_with_evidence(people: dict[str, Officer]) -> None:
    grid, dispatcher, handler = people["grid"], people["dispatcher"], people["handler"]
    case = open_case(grid, fileIds=[grid.upload(photo("before"))], idempotencyKey="journey-1")
    number = case["id"]
    assert case["stage"] == "REPORTED"

    dispatcher.do("acceptCase", WHOLE, caseId=number)
    case = dispatcher.do("dispatchCase", WHOLE, caseId=number, unitId=unit_id(dispatcher))["case"]
    assert (case["stage"], case["stageLabel"]) == ("DISPATCHED", "派遣")
    assert case["dueAt"] is not None

    handler.do("signCase", WHOLE, caseId=number)
    after = handler.upload(photo("after"))
    handler.do("submitHandling", WHOLE, caseId=number, note="已更换灯泡", fileIds=[after])
    grid.do("verifyCase", WHOLE, caseId=number, note="已复看")
    dispatcher.do("closeCase", WHOLE, caseId=number, note="办结")
    case = grid.do("rateCase", WHOLE, caseId=number, rating=5)["case"]

    assert case["stage"] == "RATED"
    assert case["rating"] == 5
    assert [step["action"] for step in case["steps"]] == [
        "open", "accept", "dispatch", "sign", "submit_handling", "verify", "close", "rate",
    ]  # fmt: skip
    assert [step["toStage"] for step in case["steps"]][-1] == "RATED"
    assert [step["actor"] for step in case["steps"]].count("") == 0


def test_uploaded_pictures_are_seen_only_after_the_eyes_have_blurred_them(
    people: dict[str, Officer],
) -> None:
    grid = people["grid"]
    case = open_case(grid, fileIds=[grid.upload(photo("withheld"))])

    def evidence() -> dict[str, str]:
        text = "query($id: ID!) { case(id: $id) { evidence { state url } } }"
        return dict(grid.ask(text, id=case["id"])["case"]["evidence"][0])

    ready = wait_for(lambda: evidence() if evidence()["state"] == "READY" else None, 60)
    answer = grid.get(ready["url"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert people["handler2"].get(ready["url"]).status_code == 404


def test_the_same_key_opens_one_case_and_other_input_is_a_conflict(
    people: dict[str, Officer],
) -> None:
    grid = people["grid"]
    first = open_case(grid, idempotencyKey="journey-same")
    again = open_case(grid, idempotencyKey="journey-same")
    assert again["id"] == first["id"]
    with pytest.raises(TransportQueryError, match="idempotencyKey") as failure:
        open_case(grid, title="另一件事", idempotencyKey="journey-same")
    assert failure.value.errors[0]["extensions"]["code"] == "CONFLICT"


def test_another_streets_officers_do_not_see_that_the_case_exists(
    people: dict[str, Officer],
) -> None:
    case = open_case(people["grid"])
    text = "query($id: ID!) { case(id: $id) { title } }"
    for name in ("dispatcher2", "handler2", "handler", "resident"):
        assert people[name].ask(text, id=case["id"])["case"] is None, name


def test_a_second_click_is_told_what_happened_meanwhile(people: dict[str, Officer]) -> None:
    case = open_case(people["grid"])
    people["dispatcher"].do("acceptCase", WHOLE, caseId=case["id"])
    with pytest.raises(TransportQueryError) as failure:
        people["dispatcher"].do("acceptCase", WHOLE, caseId=case["id"])
    error = failure.value.errors[0]
    assert error["extensions"]["code"] == "CONFLICT"
    assert "受理" in error["message"]
