"""A person decides, once; strangers see nothing; what is on trial stays a count."""

import asyncio
from dataclasses import replace

import pytest

from core.errors import LiuheError
from core.files import File, content_of, readable
from liuhe import BadInput, Conflict, Forbidden, NotFound, NotSignedIn
from plugins.cases.actions import accept_case, dispatch_case
from plugins.cases.models import Case, Evidence
from plugins.city_eye import actions
from plugins.city_eye.models import Finding
from plugins.video.models import Camera
from tests.factories import only
from tests.plugins.city_eye.conftest import Street, jpeg, raised, see


async def test_confirming_opens_a_case_with_its_own_picture(street: Street) -> None:
    finding = await raised(street)
    done = await actions.confirm_finding(street.grid, finding.id, "堵住了消防通道")
    case = await Case.get().select_related("type")
    assert (done.state, done.case_id, done.decided_by_id) == (
        "confirmed",
        case.id,
        street.grid.person_id,
    )
    assert (case.type.code, case.source, case.source_ref) == (
        "0505",
        "camera",
        f"city_eye:{finding.id}",
    )
    assert case.area_id == street.area.id
    assert case.description.endswith("堵住了消防通道")
    evidence = await Evidence.get(case_id=case.id)
    assert evidence.file_id == done.handed_id != finding.picture_id
    assert await content_of(await File.get(id=evidence.file_id)) == jpeg()


@only("sqlite")
async def test_a_finding_of_a_camera_with_half_a_position_becomes_a_case(street: Street) -> None:
    finding = await raised(street)
    await Camera.filter(id=street.camera.id).update(longitude=120.1)
    done = await actions.confirm_finding(street.grid, finding.id)
    assert (await Case.get(id=done.case_id)).longitude is None


async def test_the_unit_sees_the_picture_of_its_case_and_not_the_finding(street: Street) -> None:
    finding = await raised(street)
    done = await actions.confirm_finding(street.grid, finding.id)
    handler = street.handler
    await accept_case(street.dispatcher, done.case_id)
    unit_id = handler.grants[0].unit_id
    assert unit_id is not None
    await dispatch_case(street.dispatcher, done.case_id, unit_id=unit_id)
    assert (await readable(str(done.handed_id), handler)).id == done.handed_id
    with pytest.raises(NotFound):
        await readable(str(done.picture_id), handler)
    with pytest.raises(Forbidden):
        await actions.confirm_finding(handler, finding.id)


async def test_two_officers_at_once_make_one_case(street: Street) -> None:
    finding = await raised(street)
    tries = [
        actions.confirm_finding(street.grid, finding.id),
        actions.confirm_finding(street.dispatcher, finding.id),
        actions.discard_finding(street.grid, finding.id, "handled"),
    ]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    lost = [answer for answer in answers if isinstance(answer, Conflict)]
    assert len(lost) == 2, answers
    decided = await Finding.get(id=finding.id)
    assert await Case.all().count() == (1 if decided.state == "confirmed" else 0)
    with pytest.raises(Conflict, match="不用再办"):
        await actions.confirm_finding(street.grid, finding.id)


async def test_the_same_key_confirms_once_and_gives_the_same_back(street: Street) -> None:
    finding = await raised(street)
    for _ in range(2):
        done = await actions.confirm_finding(street.grid, finding.id, idempotency_key="k")
        assert done.case_id is not None
    with pytest.raises(Conflict):
        await actions.confirm_finding(street.grid, finding.id, "别的", idempotency_key="k")
    assert await Case.all().count() == 1


async def test_a_scene_on_trial_is_counted_and_never_becomes_a_case(street: Street) -> None:
    await actions.set_scene(street.admin, "0505", mode="trial", active=True)
    finding = await raised(street)
    assert finding.on_trial
    with pytest.raises(Conflict, match="试用"):
        await actions.confirm_finding(street.grid, finding.id)
    await actions.set_scene(street.admin, "0505", mode="official", active=True)
    with pytest.raises(Conflict, match="试用"):  # it stays what it was found as
        await actions.confirm_finding(street.grid, finding.id)
    assert await Case.all().count() == 0


@pytest.mark.parametrize(
    ("who", "error"),
    [
        ("stranger", NotFound),
        ("supervisor", Forbidden),
        ("admin", Forbidden),
        ("auditor", Forbidden),
        ("handler", Forbidden),
    ],
)
async def test_only_the_officers_of_the_place_decide(
    street: Street, who: str, error: type[LiuheError]
) -> None:
    finding = await raised(street)
    for decide in (
        actions.confirm_finding(street.viewers[who], finding.id),
        actions.discard_finding(street.viewers[who], finding.id, "handled"),
    ):
        with pytest.raises(error):
            await decide
    assert (await Finding.get(id=finding.id)).state == "pending"
    with pytest.raises(NotSignedIn):
        await actions.confirm_finding(None, finding.id)


async def test_whoever_decides_elsewhere_and_only_sees_here_does_not_decide_here(
    street: Street,
) -> None:
    finding = await raised(street)
    here, there = street.viewers["supervisor"], street.viewers["stranger"]
    both = replace(here, grants=(*here.grants, *there.grants))
    for decide in (
        actions.confirm_finding(both, finding.id),
        actions.discard_finding(both, finding.id, "handled"),
    ):
        with pytest.raises(Forbidden):
            await decide
    assert (await Finding.get(id=finding.id)).state == "pending"


async def test_a_stranger_gets_no_picture(street: Street) -> None:
    finding = await raised(street)
    for name, status in (("grid", 200), ("stranger", 404), ("auditor", 404), ("handler", 404)):
        async with await street.browser(name) as browser:
            answer = await browser.get(f"/files/{finding.picture_id}")
            assert answer.status_code == status, name


@pytest.mark.parametrize(
    ("reason", "note"), [("", ""), ("nonsense", ""), ("other", " "), ("handled", "长" * 501)]
)
async def test_discarding_needs_a_reason(street: Street, reason: str, note: str) -> None:
    finding = await raised(street)
    with pytest.raises(BadInput):
        await actions.discard_finding(street.grid, finding.id, reason, note)


async def test_a_finding_without_a_picture_can_be_confirmed(street: Street) -> None:
    await see(street, picture=False)
    finding = await Finding.get()
    done = await actions.confirm_finding(street.grid, finding.id)
    assert done.handed_id is None
    assert await Evidence.all().count() == 0


async def test_only_administrators_change_scenes(street: Street) -> None:
    with pytest.raises(Forbidden):
        await actions.set_scene(street.dispatcher, "0505", mode="trial", active=True)
    with pytest.raises(BadInput):
        await actions.set_scene(street.admin, "0505", mode="half", active=True)
    with pytest.raises(NotFound):
        await actions.set_scene(street.admin, "none", mode="trial", active=True)
