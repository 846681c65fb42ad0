"""Whoever holds a tracking code, and no account, is told of that one matter and of nobody else."""

import pytest

from core.database import atomic
from plugins.cases.models import Case
from plugins.residents.actions.account import ensure_account
from tests.doors.conftest import District
from tests.doors.planting import Street
from tests.doors.rules import TOLD
from tests.doors.sending import about, all_rows, changed
from tests.doors.test_pages import columns, walked
from tests.doors.visitors import Visitor, arrive
from tests.factories import only

pytestmark = [only("sqlite"), pytest.mark.slow]

ORDINARY = {"rating": "1", "words": "还没好"}
WAYS = ("answer", "rate", "reopen", "withdraw", "forget-contact")


@atomic
async def told_without_account(*streets: Street) -> None:
    """Both matters stand in the name of the house's account, as all that come by the open page."""
    account = await ensure_account()
    for street in streets:
        await Case.filter(id=street.number).update(reporter_id=account.id)


async def holder_of(district: District, street: Street) -> Visitor:
    await told_without_account(district.near, district.far)
    holder = arrive(district.shell, "holder of a code")
    answer = await holder.post("/residents/track", code=street.code)
    assert (answer.status_code, answer.headers["location"]) == (303, "/residents/mine")
    return holder


async def test_a_code_opens_its_own_matter_and_no_word_of_officers_or_of_others(
    district: District,
) -> None:
    holder = await holder_of(district, district.near)
    mine = await holder.get("/residents/mine")
    assert mine.status_code == 200
    assert district.near.seen_in(mine.text) >= TOLD - {"cases.Case.title"}
    picture = await holder.get(f"/residents/pictures/{district.near.files['cases']}")
    assert district.near.seen_in(picture.text) == {"core.File/cases"}
    own = columns(await walked(holder, district, district.near))
    assert own <= TOLD | {"core.File/cases"}
    assert await walked(holder, district, district.far) == {}
    await holder.client.aclose()


async def test_a_code_changes_nothing_of_another_matter(district: District) -> None:
    kernel, far, near = district.shell.kernel, district.far, district.near
    holder = await holder_of(district, near)
    before = await all_rows(kernel)
    for street in (far, near):  # what is named in the form does not count but for one's own
        for way in WAYS:
            named = {"question": str(street.number), "case": str(far.number), **ORDINARY}
            answer = await holder.post(f"/residents/mine/{way}", **named)
            assert answer.status_code < 500, way
            assert far.seen_in(answer.text) == set()
    after = await all_rows(kernel)
    assert changed(about(far, before), about(far, after)) == {}
    assert "cases.Case" in changed(about(near, before), about(near, after))
    await holder.client.aclose()
