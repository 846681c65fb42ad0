"""Who may do what: every role × every action, in the area and out of it."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.permissions import READ_ONLY, narrow
from liuhe import Conflict, Forbidden, LiuheError, NotFound, Viewer
from plugins.cases import actions
from plugins.cases.models import Case
from plugins.cases.permissions import PERMISSIONS, may_see, visible, waits_for
from plugins.cases.rules import STANDARD
from tests.factories import only
from tests.plugins.cases.conftest import District

Do = Callable[[District, Viewer, int], Awaitable[Case]]
#: The stage in which an action is tried, and the action.
TRIED: dict[str, tuple[str, Do]] = {
    "accept": ("reported", lambda d, v, c: actions.accept_case(v, c)),
    "reject": ("reported", lambda d, v, c: actions.reject_case(v, c, reason="不归我们")),
    "dispatch": ("accepted", lambda d, v, c: actions.dispatch_case(v, c, unit_id=d.unit.id)),
    "sign": ("dispatched", lambda d, v, c: actions.sign_case(v, c)),
    "return": ("dispatched", lambda d, v, c: actions.return_case(v, c, reason="不归我们")),
    "submit_handling": ("signed", lambda d, v, c: submit(d, v, c)),
    "finish_phase": ("phased", lambda d, v, c: finish_phase(d, v, c)),
    "verify": ("fed_back", lambda d, v, c: actions.verify_case(v, c)),
    "rework": ("fed_back", lambda d, v, c: actions.rework_case(v, c, reason="没干净")),
    "close": ("verified", lambda d, v, c: actions.close_case(v, c, note="办结")),
    "rate": ("closed", lambda d, v, c: actions.rate_case(v, c, rating=5)),
    "request_extension": ("signed", lambda d, v, c: actions.request_extension(v, c, **LATER)),
    "decide_extension": ("asked", lambda d, v, c: actions.decide_extension(v, c, granted=True)),
    "transfer": ("signed", lambda d, v, c: transfer(d, v, c)),
    "suspend": ("signed", lambda d, v, c: actions.suspend_case(v, c, reason="等天晴")),
    "resume": ("suspended", lambda d, v, c: actions.resume_case(v, c)),
    "withdraw": ("dispatched", lambda d, v, c: actions.withdraw_case(v, c, reason="报错了")),
    "merge": ("signed", lambda d, v, c: merge(d, v, c)),
    "supervise": ("signed", lambda d, v, c: actions.supervise_case(v, c, note="请抓紧")),
    "reopen": ("closed", lambda d, v, c: actions.reopen_case(v, c, reason="又来了")),
}
LATER: dict[str, Any] = {"until": datetime.now(UTC) + timedelta(days=60), "reason": "缺料"}
WHO = {
    "accept": {"dispatcher"},
    "reject": {"dispatcher"},
    "dispatch": {"dispatcher"},
    "sign": {"handler", "handler2"},
    "return": {"handler", "handler2"},
    "submit_handling": {"handler", "handler2"},
    "finish_phase": {"handler", "handler2"},
    "verify": {"grid"},
    "rework": {"grid"},
    "close": {"dispatcher"},
    "rate": {"grid", "resident"},
    "request_extension": {"handler", "handler2"},
    "decide_extension": {"dispatcher"},
    "transfer": {"dispatcher"},
    "suspend": {"dispatcher"},
    "resume": {"dispatcher"},
    "withdraw": {"dispatcher", "resident"},  # who reported it
    "merge": {"dispatcher"},
    "supervise": {"supervisor"},
    "reopen": {"supervisor", "dispatcher", "grid", "resident"},
}
SEES = {"admin", "supervisor", "dispatcher", "grid", "handler", "handler2", "resident"}


async def submit(place: District, viewer: Viewer, case: int) -> Case:
    files = [await place.upload(viewer)]
    return await actions.submit_handling(viewer, case, note="好了", file_ids=files)


async def finish_phase(place: District, viewer: Viewer, case: int) -> Case:
    files = [await place.upload(viewer)]
    return await actions.finish_phase(viewer, case, note="围好了", file_ids=files)


async def transfer(place: District, viewer: Viewer, case: int) -> Case:
    to = place.other_unit.id
    return await actions.transfer_case(viewer, case, unit_id=to, reason="归执法")


async def merge(place: District, viewer: Viewer, case: int) -> Case:
    main = await place.open()
    return await actions.merge_case(viewer, case, main_case_id=main.id, reason="同一件事")


def test_every_action_is_tried() -> None:
    assert set(TRIED) == set(WHO) == {move.action for move in STANDARD.moves if move.alone}


@only("sqlite")
@pytest.mark.parametrize("action", TRIED)
async def test_each_action_is_for_its_roles_in_their_area_only(
    place: District, action: str
) -> None:
    stage, do = TRIED[action]
    for name, viewer in place.viewers.items():
        case = await at(place, stage)
        outcome = await tried(do, place, viewer, case.id)
        if name in WHO[action]:
            assert outcome is None, f"{name} may {action}"
        else:
            seen = name in SEES and (case.unit_id or not name.startswith("handler"))
            assert type(outcome) is (Forbidden if seen else NotFound), f"{name} may not {action}"


async def at(place: District, stage: str) -> Case:
    """A case that the resident has reported."""
    kind = "0402" if stage == "phased" else "0102"
    case = await place.open(viewer=place.resident, type_code=kind)
    for name in ("accepted", "dispatched", "signed", "fed_back", "verified", "closed"):
        if case.stage == stage:
            break
        case = await place.go(case, name)
        if (stage, name) == ("phased", "signed"):
            return case
        if (stage, name) == ("asked", "signed"):
            return await actions.request_extension(place.handler, case.id, **LATER)
        if (stage, name) == ("suspended", "signed"):
            return await actions.suspend_case(place.dispatcher, case.id, reason="等天晴")
    return case


async def tried(do: Do, place: District, viewer: Viewer, case: int) -> LiuheError | None:
    try:
        await do(place, viewer, case)
    except Conflict:
        raise
    except LiuheError as error:
        return error
    return None


@only("sqlite")
async def test_a_token_that_only_reads_does_not_take_back_what_its_owner_reported(
    place: District,
) -> None:
    case = await place.open(viewer=place.resident)
    whole = place.resident
    reader = replace(whole, grants=narrow(whole.grants, [READ_ONLY]))
    assert await may_see(reader, await Case.get(id=case.id).select_related("area"))
    with pytest.raises(Forbidden):
        await actions.withdraw_case(reader, case.id, reason="报错了")
    await actions.withdraw_case(whole, case.id, reason="报错了")


@only("sqlite")
async def test_a_list_shows_just_what_one_may_see(place: District) -> None:
    mine = await at(place, "signed")
    other = await place.open(viewer=place.far_grid, area_id=place.elsewhere.id)
    for name, viewer in place.viewers.items():
        found = {case.id for case in await Case.filter(visible(viewer))}
        expected = {mine.id} if name in SEES else set()
        if name in ("admin", "supervisor", "far_grid", "far_dispatcher"):
            expected.add(other.id)
        assert found == expected, name
        for id in (mine.id, other.id):
            case = await Case.get(id=id).select_related("area")
            assert await may_see(viewer, case) == (id in expected), name


@only("sqlite")
async def test_what_nobody_rated_for_three_months_is_asked_for_no_more_but_may_be_rated(
    place: District,
) -> None:
    case = await place.at("closed")
    waiting = Case.filter(waits_for(place.grid), id=case.id)
    await Case.filter(id=case.id).update(closed_at=datetime.now(UTC) - timedelta(days=89))
    assert await waiting.exists()
    await Case.filter(id=case.id).update(closed_at=datetime.now(UTC) - timedelta(days=91))
    assert not await waiting.exists()
    assert (await actions.rate_case(place.grid, case.id, rating=4)).stage == "rated"


async def test_what_waits_for_me_is_what_my_usual_next_move_is(place: District) -> None:
    for stage, names in {
        "reported": {"dispatcher"},
        "accepted": {"dispatcher"},
        "dispatched": {"handler", "handler2"},
        "signed": {"handler", "handler2"},
        "fed_back": {"grid"},
        "verified": {"dispatcher"},
        "closed": {"grid", "resident"},
    }.items():
        case = await at(place, stage)
        waiting = {
            name
            for name, viewer in place.viewers.items()
            if await Case.filter(waits_for(viewer), id=case.id).exists()
        }
        assert waiting == names, stage


def test_each_permission_belongs_to_somebody_and_none_to_security_or_audit() -> None:
    assert all(permission.roles for permission in PERMISSIONS)
    assert not {"security", "auditor"} & {r for p in PERMISSIONS for r in p.roles}
