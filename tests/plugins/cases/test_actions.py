"""The verbs, on both engines."""

from plugins.cases.models import Case, Clock, Step
from plugins.cases.rules import STANDARD
from tests.plugins.cases.conftest import District


async def test_the_whole_way_leaves_a_timeline_that_replays(place: District) -> None:
    case = await place.at("rated")
    steps = await Step.filter(case_id=case.id).order_by("seq")
    assert [step.action for step in steps] == [
        "open",
        "accept",
        "dispatch",
        "sign",
        "submit_handling",
        "verify",
        "close",
        "rate",
    ]
    assert [step.seq for step in steps] == list(range(1, 9))
    stored = await Case.get(id=case.id)
    assert STANDARD.replay(step.action for step in steps) == stored.stage == "rated"
    assert stored.version == 8
    assert (stored.rating, stored.due_at, stored.closed_at is not None) == (5, None, True)
    assert await Clock.filter(case_id=case.id, stopped_at=None).count() == 0
