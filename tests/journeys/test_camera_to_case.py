"""The main job: footage becomes a finding, a person confirms it, a unit handles and closes it."""

import asyncio
import io
import time
from typing import Any

import pytest
from gql import Client, gql
from gql.transport.websockets import WebsocketsTransport
from PIL import Image

from tests.journeys.client import Officer, photo, wait_for
from tests.journeys.conftest import Household
from tests.journeys.test_by_hand import WHOLE, unit_id

FINDINGS = """
query($f: FindingFilter) {
  findings(first: 20, filter: $f) {
    edges { node { id state score joined pictureUrl mayDecide scene { code } camera { name } } }
  }
}
"""


def findings(officer: Officer, **wanted: Any) -> list[dict[str, Any]]:
    edges = officer.ask(FINDINGS, f=wanted)["findings"]["edges"]
    return [edge["node"] for edge in edges]


@pytest.fixture(scope="module")
def finding(household: Household) -> dict[str, Any]:
    """The parked vehicle on the bundled clip, found with no click."""
    grid = Officer(household, "grid")
    return dict(wait_for(lambda: findings(grid, scene="0505"), 240)[0])


def test_the_parked_vehicle_is_found_with_no_click(finding: dict[str, Any]) -> None:
    assert finding["scene"]["code"] == "0505"
    assert finding["camera"]["name"] == "小河路桥头"
    assert finding["mayDecide"] is True


def test_the_picture_is_blurred_and_only_for_those_who_may_see_it(
    household: Household, finding: dict[str, Any]
) -> None:
    answer = Officer(household, "grid").get(finding["pictureUrl"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    picture = Image.open(io.BytesIO(answer.content)).convert("L")
    # Far from the zone every block of the mosaic is one tone.
    corner = picture.crop((4, picture.height - 12, 12, picture.height - 4))
    low, high = corner.getextrema()
    assert high - low < 40  # type: ignore[operator]
    for name in ("dispatcher2", "grid2", "handler2", "resident", "auditor"):
        assert Officer(household, name).get(finding["pictureUrl"]).status_code == 404, name


def test_other_streets_and_other_duties_see_no_finding(household: Household) -> None:
    for name in ("grid2", "dispatcher2"):
        assert findings(Officer(household, name)) == []


async def test_confirmed_it_becomes_one_case_that_goes_to_its_end(
    household: Household, finding: dict[str, Any]
) -> None:
    people = {name: Officer(household, name) for name in ("grid", "dispatcher", "handler")}
    listening = asyncio.create_task(listen(household, people["dispatcher"]))
    await asyncio.sleep(1)
    await asyncio.to_thread(go_to_the_end, people, finding)
    heard = await asyncio.wait_for(listening, 20)
    assert heard[-1] == "RATED"


def go_to_the_end(people: dict[str, Officer], finding: dict[str, Any]) -> None:
    grid, dispatcher, handler = people["grid"], people["dispatcher"], people["handler"]
    selection = "finding { state case { id stage source evidence { kind url state } } }"
    confirmed = grid.do("confirmFinding", selection, id=finding["id"], note="现场看到了")["finding"]
    case = confirmed["case"]
    assert (confirmed["state"], case["source"]) == ("CONFIRMED", "CAMERA")
    assert [one["state"] for one in case["evidence"]] == ["READY"]
    number = case["id"]
    dispatcher.do("acceptCase", WHOLE, caseId=number)
    dispatcher.do("dispatchCase", WHOLE, caseId=number, unitId=unit_id(dispatcher))
    assert handler.get(case["evidence"][0]["url"]).status_code == 200
    handler.do("signCase", WHOLE, caseId=number)
    after = handler.upload(photo("车已移走"))
    handler.do("submitHandling", WHOLE, caseId=number, note="车已移走", fileIds=[after])
    grid.do("verifyCase", WHOLE, caseId=number)
    dispatcher.do("closeCase", WHOLE, caseId=number, note="办结")
    assert grid.do("rateCase", WHOLE, caseId=number, rating=4)["case"]["stage"] == "RATED"


async def listen(household: Household, officer: Officer) -> list[str]:
    """The stages that the dispatcher's subscription tells, up to the last."""
    heard: list[str] = []
    transport = WebsocketsTransport(
        url=household.url.replace("http", "ws") + "/graphql",
        init_payload={"authorization": f"Bearer {officer.token}"},
        subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
    )
    async with Client(transport=transport) as session:
        async for answer in session.subscribe(gql("subscription { caseChanged { id stage } }")):
            heard.append(answer["caseChanged"]["stage"])
            if heard[-1] == "RATED":
                break
    return heard


@pytest.mark.slow
def test_the_clips_looping_raises_no_second_finding(
    household: Household, finding: dict[str, Any]
) -> None:
    grid = Officer(household, "grid")
    while household.seconds_since_ready() < 190:  # the clip is 80 seconds long
        assert [one["id"] for one in findings(grid, scene="0505")] == [finding["id"]]
        time.sleep(2)
