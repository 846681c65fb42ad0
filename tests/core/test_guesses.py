"""Guessing passwords: counted for all processes, slowed down more and more, and forgotten."""

import pytest

from core import guesses
from core.errors import Forbidden, NotFound, RateLimited
from core.guesses import KEPT, LIMITS, SHORTEST, WINDOW, Guesses
from core.people import Person, Post
from core.testing import make_area, make_viewer

HERE, THERE = "192.0.2.1", "192.0.2.2"


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(guesses, "time", clock)
    return clock


@pytest.fixture
async def person(kernel, clock) -> Person:
    return await Person.create(username="wang", name="王五", password="!")


async def guess(person=None, *, times=1, account="wang", address=HERE, right=False):
    for _ in range(times):
        await guesses.admit(account, address)
        await guesses.settle(account, address, person, right=right)


async def wait_for(account="wang", address=HERE) -> int:
    """Seconds until the right password is looked at."""
    try:
        await guesses.admit(account, address)
    except RateLimited as error:
        return error.retry_after
    return 0


@pytest.mark.parametrize("known", [True, False])
async def test_ten_wrong_ones_begin_a_pause_for_a_known_and_an_unknown_account_alike(person, known):
    await guess(person if known else None, times=9)
    assert await wait_for() == 0
    await guess(person if known else None)
    assert await wait_for() == SHORTEST + 1


async def test_each_pause_is_twice_the_last_up_to_an_hour(person, clock):
    pauses = []
    await guess(person, times=9)
    while len(pauses) < 3:
        await guess(person)
        pauses.append(await wait_for() - 1)
        clock.now += pauses[-1] + 1
    for _ in range(5):
        clock.now += WINDOW
        await guess(person, times=10)
        pauses.append(await wait_for() - 1)
        clock.now += pauses[-1] + 1
    assert pauses == [60, 120, 240, 480, 960, 1920, 3600, 3600]


async def test_wrong_ones_that_lie_far_apart_begin_no_pause(person, clock):
    for _ in range(40):
        await guess(person)
        clock.now += WINDOW / 9
    assert await wait_for() == 0


async def test_who_guesses_does_not_shut_out_the_owner_elsewhere(person):
    await guess(person, times=10)
    assert await wait_for(address=THERE) == 0
    assert await wait_for(account="li") == 0


async def test_an_account_is_protected_from_guesses_of_many_machines(person):
    for number in range(LIMITS["account"]):
        await guess(person, address=f"198.51.100.{number}")
    assert await wait_for(address=THERE) > 0
    assert await wait_for(account="li", address=THERE) == 0


async def test_an_address_that_tries_many_accounts_has_to_wait(person):
    for number in range(LIMITS["address"]):
        await guess(account=f"name{number}")
    assert await wait_for(account="wang") > 0
    assert await wait_for(account="wang", address=THERE) == 0


async def test_signing_in_starts_the_count_anew(person):
    await guess(person, times=9)
    await guess(person, right=True)
    await guesses.forgive("wang", HERE)
    await guess(person, times=9)
    assert await wait_for() == 0


async def test_of_guesses_at_the_same_time_only_ten_are_answered(person):
    """All of them were let in before the first was counted."""
    answered = 0
    for number in range(20):
        try:
            await guesses.settle("wang", HERE, person, right=number == 15)
            answered += 1
        except RateLimited:
            pass
    assert answered == 10


async def test_neither_accounts_nor_passwords_typed_there_are_kept(person):
    await guess(account="my secret password", times=2)
    assert "secret" not in str(await Guesses.all().values())


async def test_security_sees_and_lifts_a_pause(person):
    await guess(person, times=10)
    await guess(account="nobody", times=10)
    security = await make_viewer("sec", "security")
    seen = await guesses.paused(security)
    (hers,) = [row for row in seen if row.person and row.person.username == "wang"]
    assert len(seen) == 2
    await guesses.lift(security, hers.key)
    assert await wait_for() == 0
    assert await wait_for(account="nobody") > 0
    with pytest.raises(NotFound):
        await guesses.lift(security, hers.key)


async def test_over_a_street_security_sees_and_lifts_the_pauses_of_its_own_people(person):
    district = await make_area("330105", "拱墅区")
    streets = [await make_area(f"33010500{n}", "街道", "street", district) for n in (3, 4)]
    await Post.create(person=person, role="grid", area=streets[0])
    await guess(person, times=10)
    await guess(account="nobody", times=10)
    here, there = [
        await make_viewer(f"sec{n}", "security", area=area) for n, area in enumerate(streets)
    ]
    (hers,) = await guesses.paused(here)
    assert hers.person_id == person.id
    assert await guesses.paused(there) == []
    with pytest.raises(NotFound):
        await guesses.lift(there, hers.key)
    assert await wait_for() > 0
    await guesses.lift(here, hers.key)
    assert await wait_for() == 0


async def test_nobody_else_may(person):
    await guess(person, times=10)
    admin = await make_viewer("adm", "admin")
    row = await Guesses.get(kind="pair")
    for attempt in (guesses.paused(admin), guesses.lift(admin, row.key)):
        with pytest.raises(Forbidden):
            await attempt
    assert await wait_for() > 0


async def test_old_ones_are_forgotten_and_the_table_stays_small(person, clock, monkeypatch):
    await guess(person)
    clock.now += KEPT + 1
    await guess(account="li")
    await guesses.forget_old_guesses({})
    assert await Guesses.filter(person_id=person.id).count() == 0
    monkeypatch.setattr(guesses, "MOST", 6)
    await guess(person, times=10)
    for number in range(20):
        clock.now += 1
        await guess(account=f"name{number}", address=f"198.51.100.{number}")
    await guesses.forget_old_guesses({})
    assert await Guesses.all().count() <= 6 + 1
    assert await wait_for() > 0
