"""Each verb that changes accounts, posts, units or plugins is in the audit, or says why not.

A new public verb in these modules must be put into one of the two tables below.
"""

import inspect
import json
import time
from types import ModuleType

import pyotp
import pytest

from core import (
    account,
    departures,
    guesses,
    identities,
    people,
    second_factor,
    staff,
    state,
    units,
    viewers,
)
from core.audit import AuditRow
from core.people import Person, Post, Session, hash_password, open_session, today
from core.permissions import READ_ONLY
from core.staff import Wanted
from core.testing import make_area, make_unit, make_viewer
from core.viewers import viewer_of
from tests.audit import audited

MODULES = (
    account,
    departures,
    guesses,
    identities,
    people,
    second_factor,
    staff,
    state,
    units,
    viewers,
)
OLD, NEW = "原来的密码 12", "后来的密码 34"
HERE = "192.0.2.1"

#: Verbs that write no row of their own, and why.
SILENT = {
    "account.at_browser": "reads",
    "account.sessions_of": "reads",
    "account.new_hash": "computes",
    "account.confirm_password": "counts wrong passwords only",
    "account.ask_password": "counts wrong passwords only",
    "departures.tell_posts_over": "announces what the calendar ended; giving the post was recorded",
    "departures.tell_over": "announces what is recorded as people.end_post",
    "departures.tell_left": "announces what is recorded as people.deactivate",
    "guesses.admit": "reads",
    "guesses.admit_from": "reads",
    "guesses.blame": "counts; the failed sign-in is recorded where it happens",
    "guesses.settle": "counts; the failed sign-in is recorded where it happens",
    "guesses.forgive": "belongs to people.sign_in",
    "guesses.paused": "reads",
    "guesses.forget_old_guesses": "housekeeping of what has no effect any more",
    "identities.known": "reads",
    "identities.is_linked": "reads",
    "people.hash_password": "computes",
    "people.check_password": "reads",
    "viewers.viewer_of": "reads; notes when a session was last used",
    "viewers.load_viewer": "reads",
    "viewers.demo_viewer": "reads",
    "second_factor.has_factor": "reads",
    "second_factor.is_demanded": "reads",
    "second_factor.codes_left": "reads",
    "second_factor.offer": "has no effect until it is confirmed",
    "second_factor.accept": "belongs to people.sign_in",
    "state.recall": "reads",
    "state.remember": "notes of the house itself; choices of people have a verb of their own",
    "state.ask_restart": "belongs to plugins.choose",
}


class Town:
    """A district with a unit, security over it, an administrator, and Wang with a password."""


@pytest.fixture
async def town(kernel) -> Town:
    town = Town()
    town.area = await make_area("330105", "拱墅区")
    town.unit = await make_unit("chengguan", "执法队", town.area)
    town.security = await make_viewer("sec", "security", area=town.area)
    await make_viewer("sec2", "security", area=town.area)
    town.admin = await make_viewer("adm", "admin", area=town.area)
    hashed = await hash_password(OLD)
    town.person = await Person.create(username="wang", name="王五", password=hashed)
    town.post = await Post.create(person=town.person, role="grid", area=town.area)
    town.token, _ = await open_session(town.person, "browser")
    town.viewer = await viewer_of(town.token, "browser", kernel.house().roster)
    return town


async def with_factor(town):
    totp = pyotp.TOTP(await second_factor.offer(town.person.id))
    await second_factor.confirm(town.person.id, totp.at(int(time.time()) - 30))


async def confirm(town):
    totp = pyotp.TOTP(await second_factor.offer(town.person.id))
    await second_factor.confirm(town.person.id, totp.now())


async def turn_off(town):
    await with_factor(town)
    await second_factor.turn_off(town.person.id)


async def reset_factor(town, reset=second_factor.reset):
    await with_factor(town)
    await reset(town.security, town.person.id)


async def lift(town):
    for _ in range(guesses.LIMITS["pair"]):
        await guesses.settle("wang", HERE, town.person, right=False)
    paused = await guesses.paused(town.security)
    await guesses.lift(town.security, paused[0].key)


async def end_others(town):
    await open_session(town.person, "browser")
    await account.end_others(town.viewer)


async def end_one(town):
    await account.make_token(town.viewer, name="大屏", scopes=[READ_ONLY], days=30)
    await account.end_one(town.viewer, (await Session.get(name="大屏")).id)


async def activate(town):
    await staff.set_active(town.security, town.person.id, False)
    await staff.set_active(town.security, town.person.id, True)


def wang(town) -> str:
    return f"core.Person {town.person.id}"


#: Each verb with what it does, the action of the last row that it leaves, and who did it.
VERBS = {
    "account.end_one": (end_one, "people.end_token", "self"),
    "account.end_others": (end_others, "people.sign_out", "self"),
    "account.change_password": (
        lambda town: account.change_password(town.viewer, OLD, NEW, HERE),
        "people.change_password",
        "self",
    ),
    "account.replace_start_password": (
        lambda town: account.replace_start_password(town.person, NEW),
        "people.change_password",
        "self",
    ),
    "account.keep_password": (
        lambda town: account.keep_password(town.person, "!"),
        "people.change_password",
        "self",
    ),
    "account.make_token": (
        lambda town: account.make_token(town.viewer, name="a", scopes=[READ_ONLY], days=1),
        "people.make_token",
        "self",
    ),
    "guesses.lift": (lift, "people.lift_pause", "security"),
    "identities.link": (
        lambda town: identities.link(town.person, "https://id.example", "1"),
        "people.link",
        "self",
    ),
    "identities.unlink": (
        lambda town: identities.unlink(town.security, town.person.id),
        "people.unlink",
        "security",
    ),
    "people.open_session": (
        lambda town: open_session(town.person, "browser"),
        "people.sign_in",
        "self",
    ),
    "people.end_session": (
        lambda town: people.end_session(town.token),
        "people.sign_out",
        "self",
    ),
    "second_factor.confirm": (confirm, "people.set_factor", "self"),
    "second_factor.renew_codes": (
        lambda town: second_factor.renew_codes(town.person.id),
        "people.renew_codes",
        "self",
    ),
    "second_factor.turn_off": (turn_off, "people.drop_factor", "self"),
    "second_factor.reset": (reset_factor, "people.reset_factor", "security"),
    "staff.create_person": (
        lambda town: staff.create_person(town.security, username="li", name="李"),
        "people.create",
        "security",
    ),
    "staff.rename": (
        lambda town: staff.rename(town.security, town.person.id, "王武"),
        "people.rename",
        "security",
    ),
    "staff.reset_password": (
        lambda town: staff.reset_password(town.security, town.person.id),
        "people.reset_password",
        "security",
    ),
    "staff.reset_factor": (
        lambda town: reset_factor(town, staff.reset_factor),
        "people.reset_factor",
        "security",
    ),
    "staff.unlink": (
        lambda town: staff.unlink(town.security, town.person.id),
        "people.unlink",
        "security",
    ),
    "staff.set_active": (activate, "people.activate", "security"),
    "staff.give_post": (
        lambda town: staff.give_post(
            town.security, town.person.id, Wanted(role="handler", unit_id=town.unit.id)
        ),
        "people.give_post",
        "security",
    ),
    "staff.end_post": (
        lambda town: staff.end_post(town.security, town.post.id),
        "people.end_post",
        "security",
    ),
    "state.choose_plugins": (
        lambda town: state.choose_plugins({"garden"}, town.admin),
        "plugins.choose",
        "admin",
    ),
    "units.create_unit": (
        lambda town: units.create_unit(town.admin, code="ab", name="x", area_id=town.area.id),
        "units.create",
        "admin",
    ),
    "units.change_unit": (
        lambda town: units.change_unit(town.admin, town.unit.id, name="x", active=False),
        "units.change",
        "admin",
    ),
}


def verbs_of(module: ModuleType) -> set[str]:
    """The public async functions that a module defines itself."""
    name = module.__name__.removeprefix("core.")
    return {
        f"{name}.{found}"
        for found, function in inspect.getmembers(module, inspect.iscoroutinefunction)
        if not found.startswith("_") and function.__module__ == module.__name__
    }


def test_every_verb_is_known_here():
    found = {verb for module in MODULES for verb in verbs_of(module)}
    assert found == {*VERBS, *SILENT}
    assert not {*VERBS} & {*SILENT}


@pytest.mark.parametrize("verb", VERBS)
async def test_a_verb_leaves_a_row_with_who_and_about_whom(town, verb):
    act, action, who = VERBS[verb]
    await act(town)
    last = (await audited())[-1]
    by = town.person.id if who == "self" else getattr(town, who).person_id
    assert last[:2] == (action, by)
    if verb.partition(".")[0] not in ("state", "units", "guesses") and "create" not in verb:
        assert wang(town) in last[2]


async def test_a_post_is_recorded_in_codes_and_the_audit_holds_no_personal_value(town):
    wanted = Wanted(role="handler", unit_id=town.unit.id, valid_from=today(), valid_until=today())
    post = await staff.give_post(town.security, town.person.id, wanted)
    row = await AuditRow.filter(action="people.give_post").first()
    day = today().isoformat()
    assert row.details == {
        "role": "handler",
        "area": None,
        "unit": town.unit.id,
        "from": day,
        "until": day,
        "stands_in_for": None,
    }
    await staff.rename(town.security, town.person.id, "很特别的名字")
    await staff.create_person(town.security, username="tebie", name="另一个特别的名字")
    everything = json.dumps([row.details for row in await AuditRow.all()], ensure_ascii=False)
    assert "特别" not in everything
    assert "tebie" not in everything
    assert (await audited("people.give_post"))[0][2] == [wang(town), f"core.Post {post.id}"]


async def test_what_is_refused_leaves_no_row(town):
    before = len(await audited())
    for attempt in (
        staff.create_person(town.admin, username="li", name="李"),
        staff.end_post(town.security, 999_999),
        units.create_unit(town.security, code="ab", name="x", area_id=town.area.id),
    ):
        with pytest.raises(Exception, match=r"权限|没有这个岗位"):
            await attempt
    assert len(await audited()) == before
