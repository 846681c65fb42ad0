"""Accounts and posts: three duties apart, nothing for oneself, nothing beyond the own area."""

import asyncio
from datetime import timedelta

import pytest

from core import staff, units
from core.errors import BadInput, Conflict, Forbidden, NotFound
from core.people import Person, Post, Session, Unit, check_password, open_session, today
from core.staff import Wanted, clash
from core.testing import make_area, make_unit, make_viewer
from core.viewers import load_viewer

DAY = timedelta(days=1)


class Town:
    """A district with two streets, a unit in the first, and who keeps the accounts."""


@pytest.fixture
async def town(kernel):
    town = Town()
    town.district = await make_area("330105", "拱墅区")
    town.street = await make_area("330105003", "小河街道", "street", town.district)
    town.other = await make_area("330105005", "拱宸桥街道", "street", town.district)
    town.unit = await make_unit("chengguan", "执法队", town.street)
    town.security = await make_viewer("sec", "security", area=town.district)
    town.local = await make_viewer("sec-street", "security", area=town.street)
    town.admin = await make_viewer("adm", "admin", area=town.district)
    town.person = await Person.create(username="wang", name="王五", password="!")
    return town


async def viewer(kernel, person_id):
    return await load_viewer(await Person.get(id=person_id), kernel.house().roster)


async def test_a_new_account_has_a_start_password_that_must_be_changed(town):
    person, password = await staff.create_person(town.security, username="li.si", name="李四")
    stored = await Person.get(id=person.id)
    assert stored.must_change
    assert await check_password(stored, password)
    assert await Post.filter(person_id=person.id).count() == 0
    for taken in ("li.si", "LI.SI"):
        with pytest.raises(BadInput) as caught:
            await staff.create_person(town.security, username=taken, name="x")
        assert caught.value.field == "username"


@pytest.mark.parametrize("username", ["", "x", "-ab", "a b", "李四", "a" * 41, "ab\n", "a\0b"])
async def test_an_account_is_plain_letters(town, username):
    with pytest.raises(BadInput):
        await staff.create_person(town.security, username=username, name="x")


async def test_only_security_manages_accounts(town):
    for attempt in (
        staff.create_person(town.admin, username="li", name="李"),
        staff.set_active(town.admin, town.person.id, False),
        staff.give_post(town.admin, town.person.id, Wanted(role="grid", area_id=town.street.id)),
        staff.reset_password(town.admin, town.person.id),
    ):
        with pytest.raises(Forbidden):
            await attempt


@pytest.mark.parametrize(
    ("held", "role", "forbidden"),
    [
        (["admin"], "security", "admin"),
        (["security"], "auditor", "security"),
        (["auditor"], "admin", "auditor"),
        (["grid", "admin"], "admin", ""),
        (["admin"], "grid", ""),
        (["grid"], "auditor", ""),
        ([], "security", ""),
    ],
)
def test_two_of_the_three_duties_clash(held, role, forbidden):
    assert clash(held, role) == forbidden


async def test_nobody_holds_two_duties_not_even_later_or_as_a_deputy(town):
    give = staff.give_post
    later = today() + 30 * DAY
    first = Wanted(role="auditor", area_id=town.district.id, valid_from=later)
    await give(town.security, town.person.id, first)
    with pytest.raises(Conflict) as caught:
        await give(town.security, town.person.id, Wanted(role="admin", area_id=town.street.id))
    assert "审计员" in caught.value.message
    admins = await Post.get(person_id=town.admin.person_id)
    deputy = Wanted(stands_in_for=admins.id, valid_until=today() + DAY)
    with pytest.raises(Conflict):
        await give(town.security, town.person.id, deputy)
    await staff.end_post(town.security, (await Post.get(person_id=town.person.id)).id)
    await give(town.security, town.person.id, Wanted(role="admin", area_id=town.street.id))


async def test_two_duties_given_at_the_same_moment_do_not_both_arrive(town):
    wanted = [Wanted(role=one, area_id=town.district.id) for one in ("admin", "auditor")]
    tries = (staff.give_post(town.security, town.person.id, one) for one in wanted)
    done = await asyncio.gather(*tries, return_exceptions=True)
    assert sorted(type(one).__name__ for one in done) == ["Conflict", "Post"]


async def test_security_gives_itself_nothing(town):
    own = town.security.person_id
    mine = await Post.get(person_id=own)
    for attempt in (
        staff.give_post(town.security, own, Wanted(role="grid", area_id=town.street.id)),
        staff.end_post(town.security, mine.id),
        staff.set_active(town.security, own, False),
        staff.reset_password(town.security, own),
        staff.reset_factor(town.security, own),
        staff.give_post(
            town.security,
            town.person.id,
            Wanted(stands_in_for=mine.id, valid_until=today() + DAY),
        ),
    ):
        with pytest.raises(Forbidden) as caught:
            await attempt
        assert "另一位安全管理员" in caught.value.message


async def test_who_keeps_a_street_gives_nothing_beyond_it(town):
    give = staff.give_post
    for area in (town.district, town.other):
        with pytest.raises(Forbidden):
            await give(town.local, town.person.id, Wanted(role="grid", area_id=area.id))
    await give(town.local, town.person.id, Wanted(role="grid", area_id=town.street.id))
    await give(town.local, town.person.id, Wanted(role="handler", unit_id=town.unit.id))
    await staff.give_post(town.security, town.person.id, Wanted(role="grid", area_id=town.other.id))
    with pytest.raises(Forbidden) as caught:  # a post here does not give away the one elsewhere
        await staff.reset_password(town.local, town.person.id)
    assert "管不到的岗位" in caught.value.message


async def test_an_account_of_elsewhere_is_as_none_even_when_its_posts_are_over(town):
    await staff.give_post(town.security, town.person.id, Wanted(role="grid", area_id=town.other.id))
    post = await Post.get(person_id=town.person.id)
    built_in = await Person.create(username="@house", name="系统", password="!")
    gone, told = (town.person.id, built_in.id, 999_999), []
    for _ in ("in force", "over"):
        for number in gone:
            wanted = Wanted(role="grid", area_id=town.street.id)
            for attempt in (
                lambda number=number: staff.set_active(town.local, number, False),
                lambda number=number: staff.reset_password(town.local, number),
                lambda number=number, wanted=wanted: staff.give_post(town.local, number, wanted),
            ):
                with pytest.raises(NotFound) as caught:
                    await attempt()
                told.append(caught.value.message)
        for number in (post.id, 999_999):
            with pytest.raises(NotFound) as caught:
                await staff.end_post(town.local, number)
            assert caught.value.message == "没有这个岗位。"
        await Post.filter(id=post.id).update(valid_until=today() - DAY)
    assert set(told) == {"没有这个账号。"}


async def test_a_deputy_for_a_post_of_elsewhere_is_as_for_none(town):
    away = await Post.get(person_id=town.admin.person_id)
    told = []
    for number in (away.id, 999_999):
        wanted = Wanted(stands_in_for=number, valid_until=today() + DAY)
        with pytest.raises(BadInput) as caught:
            await staff.give_post(town.local, town.person.id, wanted)
        told.append((caught.value.field, caught.value.message))
    assert told == [("stands_in_for", "请选择替谁代班。")] * 2


async def test_a_list_shows_whom_one_keeps_and_who_belongs_nowhere_yet(town):
    async def seen(by):
        found = Person.filter(staff.seen_by(by)).distinct().order_by("username")
        return [one.username for one in await found]

    handler = await Person.create(username="han", name="韩", password="!")
    await staff.give_post(town.security, handler.id, Wanted(role="handler", unit_id=town.unit.id))
    await staff.give_post(town.security, handler.id, Wanted(role="grid", area_id=town.street.id))
    assert await seen(town.security) == ["adm", "han", "sec", "sec-street", "wang"]
    assert await seen(town.local) == ["han", "sec-street", "wang"]


async def test_who_keeps_a_street_keeps_no_account_that_reaches_all_over_the_district(town):
    """A resident's, say: whoever sets its password sees what this person has reported anywhere."""
    await staff.give_post(town.security, town.person.id, Wanted(role="resident"))
    first = await make_viewer("first", "admin")
    for number in (town.person.id, first.person_id):
        assert not await Person.filter(staff.seen_by(town.local), id=number).exists()
        assert await Person.filter(staff.seen_by(town.security), id=number).exists()
        (post,) = await Post.filter(person_id=number)
        for attempt in (
            staff.reset_password(town.local, number),
            staff.set_active(town.local, number, False),
            staff.rename(town.local, number, "新名"),
            staff.end_post(town.local, post.id),
        ):
            with pytest.raises(NotFound):
                await attempt
    new = await Person.create(username="new", name="新", password="!")
    deputy = Wanted(
        stands_in_for=(await Post.get(person_id=first.person_id)).id, valid_until=today() + DAY
    )
    for wanted, refusal in ((Wanted(role="resident"), Forbidden), (deputy, BadInput)):
        with pytest.raises(refusal):
            await staff.give_post(town.local, new.id, wanted)
    await staff.give_post(town.local, new.id, Wanted(role="grid", area_id=town.street.id))


async def test_an_account_of_the_house_itself_is_not_shown_and_not_changed(town):
    own = await Person.create(username="@door", name="门", password="!", active=False)
    assert own.id not in [one.id for one in await Person.filter(staff.seen_by(town.security))]
    for change in (
        staff.set_active(town.security, own.id, True),
        staff.reset_password(town.security, own.id),
        staff.give_post(town.security, own.id, Wanted(role="resident")),
    ):
        with pytest.raises(NotFound):
            await change
    kept = await Person.get(id=own.id)
    assert (kept.active, kept.password) == (False, "!")


async def test_a_post_holds_from_its_first_to_its_last_day(kernel, town):
    dates = [
        (None, None, True),
        (today(), today(), True),
        (today() + DAY, None, False),
        (today() - 9 * DAY, today() - DAY, False),
    ]
    for since, until, holds in dates:
        await Post.filter(person_id=town.person.id).delete()
        await Post.create(
            person=town.person,
            role="grid",
            area=town.street,
            valid_from=since,
            valid_until=until,
        )
        assert bool((await viewer(kernel, town.person.id)).grants) == holds


async def test_a_deputy_does_what_the_other_did_until_the_last_day_or_the_others_end(kernel, town):
    away = await make_viewer("gone", "handler", unit=town.unit)
    post = await Post.get(person_id=away.person_id)
    wanted = Wanted(stands_in_for=post.id, valid_until=today() + 9 * DAY)
    await staff.give_post(town.security, town.person.id, wanted)
    (grant,) = (await viewer(kernel, town.person.id)).grants
    assert grant == away.grants[0]
    await staff.end_post(town.security, post.id)
    assert (await viewer(kernel, town.person.id)).grants == ()
    assert (await viewer(kernel, away.person_id)).grants == ()


async def test_a_deputy_has_a_last_day_and_is_somebody_else_and_no_deputys_deputy(town):
    away = await make_viewer("gone", "handler", unit=town.unit)
    post = await Post.get(person_id=away.person_id)
    until = today() + DAY
    for person_id, wanted in (
        (town.person.id, Wanted(stands_in_for=post.id)),
        (away.person_id, Wanted(stands_in_for=post.id, valid_until=until)),
        (town.person.id, Wanted(stands_in_for=999_999, valid_until=until)),
        (town.person.id, Wanted(stands_in_for=post.id, valid_until=today() - DAY)),
    ):
        with pytest.raises(BadInput):
            await staff.give_post(town.security, person_id, wanted)
    wanted = Wanted(stands_in_for=post.id, valid_until=until)
    first = await staff.give_post(town.security, town.person.id, wanted)
    third = await Person.create(username="third", name="第三", password="!")
    again = Wanted(stands_in_for=first.id, valid_until=until)
    with pytest.raises(BadInput):
        await staff.give_post(town.security, third.id, again)


@pytest.mark.parametrize("role", ["", "nonsense", "grid", "handler"])
async def test_a_post_needs_what_its_role_reaches_for(town, role):
    with pytest.raises(BadInput):
        await staff.give_post(town.security, town.person.id, Wanted(role=role))


async def test_a_deactivated_account_is_out_at_once_and_can_come_back(town):
    await open_session(town.person, "browser")
    await staff.set_active(town.security, town.person.id, False)
    assert await Session.filter(person_id=town.person.id).count() == 0
    assert not (await Person.get(id=town.person.id)).active
    await staff.set_active(town.security, town.person.id, True)
    assert (await Person.get(id=town.person.id)).active


async def test_the_last_lasting_security_stays(town):
    await staff.set_active(town.security, town.local.person_id, False)
    helper = await Person.create(username="helper", name="帮手", password="!")
    mine = await Post.get(person_id=town.security.person_id)
    # A deputy for some days does not count.
    await Post.create(
        person=helper, role="security", area=town.district, valid_until=today(), stands_in_for=mine
    )
    deputy = await viewer_of_person(helper)
    for attempt in (
        staff.end_post(deputy, mine.id),
        staff.set_active(deputy, town.security.person_id, False),
    ):
        with pytest.raises(Conflict):
            await attempt


async def viewer_of_person(person):
    from core.house import house

    return await load_viewer(person, house().roster)


async def test_units_are_kept_by_the_system_and_only_in_its_area(town):
    made = await units.create_unit(
        town.admin, code="huanwei", name="环卫所", area_id=town.street.id
    )
    await units.change_unit(town.admin, made.id, name="区环卫所", active=False)
    stored = await Unit.get(id=made.id)
    assert (stored.name, stored.active) == ("区环卫所", False)
    small = await make_viewer("adm2", "admin", area=town.other)
    with pytest.raises(Forbidden):
        await units.create_unit(small, code="x1", name="x", area_id=town.street.id)
    with pytest.raises(NotFound):
        await units.change_unit(small, made.id, name="x", active=True)
    with pytest.raises(Forbidden):
        await units.create_unit(town.security, code="x1", name="x", area_id=town.street.id)
    with pytest.raises(BadInput):
        await units.create_unit(town.admin, code="huanwei", name="x", area_id=town.street.id)
