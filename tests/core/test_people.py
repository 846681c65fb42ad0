"""Signing in: only hashes are kept, and a session ends when it should."""

from datetime import UTC, datetime, timedelta

import pytest

from core import people
from core.database import atomic, rows
from core.errors import BadInput
from core.people import (
    Person,
    Session,
    check_password,
    end_session,
    hash_password,
    open_session,
    token_hash,
)
from core.testing import a_night
from core.viewers import viewer_of

PASSWORD = "正确的密码 12"


@pytest.fixture(scope="module")
async def hashed() -> str:
    return await hash_password(PASSWORD)


@pytest.fixture
async def person(kernel, hashed) -> Person:
    return await Person.create(username="wang", name="王五", password=hashed)


async def viewer(kernel, token, kind="browser"):
    return await viewer_of(token, kind, kernel.house().roster)


async def test_the_right_password_and_no_other(person):
    assert await check_password(person, PASSWORD)
    assert not await check_password(person, PASSWORD + " ")
    assert not await check_password(person, "")


async def test_nobody_and_the_inactive_are_refused_whatever_the_password(person):
    assert not await check_password(None, PASSWORD)
    person.active = False
    assert not await check_password(person, PASSWORD)


async def test_a_password_that_is_no_hash_opens_nothing(person):
    person.password = "!"
    assert not await check_password(person, "!")


async def test_an_unknown_name_costs_a_verification_too(person, monkeypatch):
    verified = []
    monkeypatch.setattr(people, "_verify", lambda stored, _: bool(verified.append(stored)))
    await check_password(None, PASSWORD)
    assert len(verified) == 1
    assert verified[0].startswith("$argon2id$")


@pytest.mark.parametrize("password", ["", "short", "七个字符七个字"])
async def test_a_short_password_is_refused(password):
    with pytest.raises(BadInput) as caught:
        await hash_password(password)
    assert (caught.value.field, caught.value.reason) == ("password", "too_short")


async def test_the_same_password_is_hashed_differently_each_time(hashed):
    assert hashed.startswith("$argon2id$")
    assert await hash_password(PASSWORD) != hashed


async def test_a_session_is_known_by_its_token_and_kind(kernel, person):
    token, expires = await open_session(person, "browser")
    assert (await viewer(kernel, token)).username == "wang"
    assert await viewer(kernel, token, "api") is None
    assert await viewer(kernel, token + "x") is None
    assert await viewer(kernel, "") is None
    assert expires > datetime.now(UTC) + timedelta(hours=11)


async def test_neither_tokens_nor_passwords_are_in_the_database(kernel, person):
    token, _ = await open_session(person, "api")
    stored = str(await rows("SELECT * FROM core_session")) + str(
        await rows("SELECT * FROM core_person")
    )
    assert token not in stored
    assert PASSWORD not in stored
    assert token_hash(token) in stored


async def test_an_ended_session_is_over_and_the_others_go_on(kernel, person):
    first, _ = await open_session(person, "browser")
    second, _ = await open_session(person, "browser")
    await end_session(first)
    await end_session(first)
    assert await viewer(kernel, first) is None
    assert await viewer(kernel, second) is not None


async def test_a_session_expires_and_is_forgotten(kernel, person):
    old, _ = await open_session(person, "browser")
    new, _ = await open_session(person, "browser")
    past = datetime.now(UTC) - timedelta(seconds=1)
    await Session.filter(token_hash=token_hash(old)).update(expires_at=past)
    assert await viewer(kernel, old) is None
    await a_night()
    assert await Session.all().count() == 1
    assert await viewer(kernel, new) is not None


async def test_who_is_made_inactive_is_out_at_once(kernel, person):
    token, _ = await open_session(person, "browser")
    await Person.filter(id=person.id).update(active=False)
    assert await viewer(kernel, token) is None


async def test_a_session_goes_with_its_person(kernel, person):
    await open_session(person, "browser")

    @atomic
    async def leave():
        await Person.filter(id=person.id).delete()

    await leave()
    assert await Session.all().count() == 0


async def test_knowing_who_asks_costs_one_query_whatever_the_number_of_posts(
    kernel, person, count_queries
):
    token, _ = await open_session(person, "browser")
    for number in (0, 3):
        for _ in range(number):
            await people.Post.create(person=person, role="grid")
        with count_queries() as queries:
            await viewer(kernel, token)
        assert len(queries) == 1, queries
