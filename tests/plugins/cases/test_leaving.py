"""Whoever leaves hands over: the unit keeps the cases, and a unit without anybody is seen."""

from datetime import timedelta

import pytest
from tortoise.expressions import Q

from core import departures, staff
from core.duty import companions
from core.people import Person, Post, open_session, today
from core.staff import Wanted
from core.worker import Worker
from liuhe import Viewer
from plugins.cases import actions
from plugins.cases.models import Case
from plugins.cases.pages.waiting import _nobody_there
from tests.plugins.cases.conftest import District
from tests.web.conftest import opened_shell
from web.session import COOKIE

DAY = timedelta(days=1)


async def deliver(place: District) -> None:
    heard = {name: job for name, job in place.kernel.jobs.items() if name.startswith("fact:")}
    worker = Worker(heard)
    while await worker.once():
        pass


async def post_of(viewer: Viewer) -> Post:
    return await Post.get(person_id=viewer.person_id).select_related("area")


async def handler_of(case: Case) -> int | None:
    return (await Case.get(id=case.id)).handler_id


async def seen_as_unattended(viewer: Viewer) -> int:
    found = await _nobody_there(viewer)
    return found.count if found else 0


@pytest.mark.parametrize("way", ["post ended", "account closed", "last day past"])
async def test_what_a_handler_had_in_hand_is_the_units_again(place: District, way: str) -> None:
    mine, done = await place.at("signed"), await place.at("closed")
    assert await handler_of(mine) == place.handler.person_id
    post = await post_of(place.handler)
    if way == "post ended":
        await staff.end_post(place.security, post.id)
    elif way == "account closed":
        await staff.set_active(place.security, place.handler.person_id, False)
    else:
        await Post.filter(id=post.id).update(valid_until=today() - DAY)
        await departures.tell_posts_over({})
    await deliver(place)
    assert await handler_of(mine) is None
    assert await handler_of(done) == place.handler.person_id
    after = [await place.upload(place.handler2)]
    case = await actions.submit_handling(place.handler2, mine.id, note="接着办完了", file_ids=after)
    assert case.handler_id == place.handler2.person_id


async def test_who_still_works_in_the_unit_keeps_what_is_in_hand(place: District) -> None:
    mine = await place.at("signed")
    more = Wanted(role="handler", unit_id=place.unit.id)
    await staff.give_post(place.security, place.handler.person_id, more)
    await staff.end_post(
        place.security, (await Post.filter(person_id=place.handler.person_id).order_by("id"))[0].id
    )
    await deliver(place)
    assert await handler_of(mine) == place.handler.person_id


async def test_an_account_that_was_opened_again_meanwhile_loses_nothing(place: District) -> None:
    mine = await place.at("signed")
    await staff.set_active(place.security, place.handler.person_id, False)
    await staff.set_active(place.security, place.handler.person_id, True)
    await deliver(place)
    assert await handler_of(mine) == place.handler.person_id


async def test_the_end_of_a_post_is_told_once(place: District) -> None:
    post = await post_of(place.handler)
    await Post.filter(id=post.id).update(valid_until=today() - DAY)
    assert await departures.tell_over(Q()) == 1
    assert await departures.tell_over(Q()) == 0


async def test_a_unit_without_anybody_is_on_the_dispatchers_desk(place: District) -> None:
    await place.at("signed")
    await place.at("dispatched")
    await place.at("fed_back")
    assert await seen_as_unattended(place.dispatcher) == 0
    await staff.end_post(place.security, (await post_of(place.handler)).id)
    assert await seen_as_unattended(place.dispatcher) == 0
    await staff.set_active(place.security, place.handler2.person_id, False)
    assert await seen_as_unattended(place.dispatcher) == 2
    assert await seen_as_unattended(place.far_dispatcher) == 0
    assert await seen_as_unattended(place.grid) == 0
    helper = await Person.create(username="helper", name="帮手", password="!")
    deputy = Wanted(stands_in_for=(await post_of(place.handler2)).id, valid_until=today() + DAY)
    await staff.give_post(place.security, helper.id, deputy)
    assert await seen_as_unattended(place.dispatcher) == 0


async def test_security_is_told_how_many_there_are_and_sees_none_of_them(place: District) -> None:
    case = await place.at("signed")
    token, _ = await open_session(await Person.get(id=place.security.person_id), "browser")
    async with opened_shell(place.kernel) as shell:
        shell.client.cookies.set(COOKIE, token)
        number = place.handler.person_id
        text = (await shell.client.get(f"/admin/people/{number}")).text
        assert "湖墅环卫所手上有 1 件没办完的案件" in text
        assert "同岗还有 1 人" in text
        assert case.title not in text
        assert (await shell.client.get(f"/admin/cases/{case.id}")).status_code in (403, 404)
        other = place.other_handler.person_id
        text = (await shell.client.get(f"/admin/people/{other}")).text
        assert "手上有 0 件" in text
        assert "同岗没有别人" in text


async def test_who_else_does_the_same_is_counted_over_the_areas_around(place: District) -> None:
    async def others(viewer: Viewer) -> int:
        post = await post_of(viewer)
        return (await companions([post]))[post.id]

    assert await others(place.handler) == 1
    assert await others(place.other_handler) == 0
    assert await others(place.dispatcher) == 0
    above = await Person.create(username="above", name="区派单员", password="!")
    await Post.create(person=above, role="dispatcher", area=place.district)
    assert await others(place.dispatcher) == 1
    assert await others(place.far_dispatcher) == 1
    assert await others(place.grid) == 0
