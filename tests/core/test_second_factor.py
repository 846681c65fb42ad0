"""Codes of an app: right ones open once; a lost phone is helped by recovery codes, once each."""

import asyncio

import pyotp
import pytest

from core import door, second_factor
from core.database import rows
from core.errors import BadInput, Conflict, Forbidden, RateLimited
from core.house import enter
from core.people import Person, Post, Session, open_session
from core.second_factor import STEP, matching_step
from core.testing import make_viewer

#: The secret of RFC 6238, appendix B, and its codes for SHA-1, of which apps show six digits.
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
RFC_CODES = [
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (2000000000, "279037"),
    (20000000000, "353130"),
]
START = 1_800_000_000.0
HERE = "192.0.2.1"


class Clock:
    def __init__(self) -> None:
        self.now = START

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(second_factor, "time", clock)
    return clock


@pytest.fixture
async def person(kernel, clock) -> Person:
    return await Person.create(username="wang", name="王五", password="!")


@pytest.fixture
async def app(person, clock):
    """The person's authenticator, set up; `codes` are the recovery codes."""
    totp = pyotp.TOTP(await second_factor.offer(person.id))
    totp.codes = await second_factor.confirm(person.id, totp.at(int(clock.now)))
    clock.now += 2 * STEP
    return totp


@pytest.mark.parametrize(("moment", "code"), RFC_CODES)
def test_codes_are_those_of_the_standard(moment, code):
    assert matching_step(RFC_SECRET, code, moment) == moment // STEP


@pytest.mark.parametrize(
    ("late", "right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_a_phone_may_be_one_step_off(late, right):
    code = pyotp.TOTP(RFC_SECRET).at(int(START))
    assert (matching_step(RFC_SECRET, code, START + late * STEP) is not None) == right


@pytest.mark.parametrize("code", ["", "0", "abcdef", "２８７０８２", "2870820", "\0"])
def test_what_is_no_code_is_a_wrong_one(code):
    assert matching_step(RFC_SECRET, code, 59) is None


async def test_nothing_counts_before_a_first_code_was_right(person, clock):
    secret = await second_factor.offer(person.id)
    assert not await second_factor.has_factor(person.id)
    with pytest.raises(BadInput):
        await second_factor.confirm(person.id, "000000")
    assert await second_factor.offer(person.id) == secret
    codes = await second_factor.confirm(person.id, pyotp.TOTP(secret).at(int(clock.now)))
    assert len(set(codes)) == 10
    assert await second_factor.has_factor(person.id)
    with pytest.raises(Conflict):
        await second_factor.offer(person.id)


async def test_a_code_opens_once(person, clock, app):
    code = app.at(int(clock.now))
    assert await second_factor.accept(person.id, f" {code[:3]} {code[3:]} ")
    assert not await second_factor.accept(person.id, code)
    assert not await second_factor.accept(person.id, app.at(int(clock.now) - STEP))
    clock.now += STEP
    assert await second_factor.accept(person.id, app.at(int(clock.now)))


async def test_of_two_with_the_same_code_one_gets_in(person, clock, app):
    code = app.at(int(clock.now))
    opened = await asyncio.gather(*(second_factor.accept(person.id, code) for _ in range(5)))
    assert sorted(opened) == [False, False, False, False, True]


async def test_the_code_that_turned_it_on_does_not_open(person, clock):
    totp = pyotp.TOTP(await second_factor.offer(person.id))
    code = totp.at(int(clock.now))
    await second_factor.confirm(person.id, code)
    assert not await second_factor.accept(person.id, code)


async def test_each_recovery_code_opens_once_and_only_its_owner(person, app):
    other = await Person.create(username="li", name="李四", password="!")
    first, second = app.codes[:2]
    assert not await second_factor.accept(other.id, first)
    assert await second_factor.accept(person.id, first.upper())
    assert not await second_factor.accept(person.id, first)
    assert await second_factor.codes_left(person.id) == 9
    await second_factor.renew_codes(person.id)
    assert not await second_factor.accept(person.id, second)
    assert await second_factor.codes_left(person.id) == 10


async def test_neither_the_secret_nor_the_codes_are_in_the_database(app):
    stored = str(await rows("SELECT * FROM core_second_factor")) + str(
        await rows("SELECT * FROM core_recovery_code")
    )
    assert app.secret not in stored
    assert not any(one in stored or one.replace("-", "") in stored for one in app.codes)


async def test_security_resets_it_for_another_and_what_was_open_ends(person, app):
    security = await make_viewer("sec", "security")
    admin = await make_viewer("adm", "admin")
    await open_session(person, "browser")
    with pytest.raises(Forbidden):
        await second_factor.reset(admin, person.id)
    with pytest.raises(Forbidden):
        await second_factor.reset(security, security.person_id)
    await second_factor.reset(security, person.id)
    assert not await second_factor.has_factor(person.id)
    assert await second_factor.codes_left(person.id) == 0
    assert await Session.filter(person_id=person.id).count() == 0


def demand(kernel, *roles):
    house = kernel.house()
    settings = house.settings.model_copy(update={"demand_second_factor": roles})
    enter(type(house)(**{**vars(house), "settings": settings}))


async def test_what_a_role_demands_must_be_set_up_and_stays(kernel, person, clock):
    await Post.create(person=person, role="admin")
    assert await door.missing(person, code_shown=False) == ""
    demand(kernel, "admin", "security")
    assert await door.missing(person, code_shown=False) == "factor"
    totp = pyotp.TOTP(await second_factor.offer(person.id))
    await second_factor.confirm(person.id, totp.at(int(clock.now)))
    assert await door.missing(person, code_shown=False) == "code"
    assert await door.missing(person, code_shown=True) == ""
    with pytest.raises(Conflict):
        await second_factor.turn_off(person.id)
    demand(kernel)
    await second_factor.turn_off(person.id)
    assert await door.missing(person, code_shown=False) == ""


async def test_guessing_codes_is_slowed_down_like_guessing_passwords(person, clock, app):
    for _ in range(10):
        with pytest.raises(BadInput):
            await door.check_code(person, "000000", HERE)
    with pytest.raises(RateLimited):
        await door.check_code(person, app.at(int(clock.now)), HERE)
