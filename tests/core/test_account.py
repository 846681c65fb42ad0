"""One's own account: a changed password ends what was open, and a token never does more."""

from datetime import UTC, datetime, timedelta

import pytest

from core import account
from core.errors import BadInput, Conflict, Forbidden, NotFound, RateLimited
from core.people import Person, Post, Session, hash_password, open_session, token_hash
from core.permissions import READ_ONLY, Grant, narrow
from core.testing import make_area
from core.viewers import viewer_of

OLD, NEW = "原来的密码 12", "后来的密码 34"
HERE = "192.0.2.1"


@pytest.fixture(scope="module")
async def hashed() -> str:
    return await hash_password(OLD)


@pytest.fixture
async def person(kernel, hashed) -> Person:
    area = await make_area("330105", "拱墅区")
    person = await Person.create(username="wang", name="王五", password=hashed)
    await Post.create(person=person, role="admin", area=area)
    return person


@pytest.fixture
async def sign_in(kernel, person):
    """A new session and who comes with it."""

    async def signed_in(kind="browser"):
        token, _ = await open_session(person, kind)
        return token, await viewer_of(token, kind, kernel.house().roster)

    return signed_in


async def alive(kernel, token, kind="browser"):
    return await viewer_of(token, kind, kernel.house().roster)


async def test_a_new_password_ends_everything_else_that_was_open(kernel, person, sign_in):
    here, viewer = await sign_in()
    there, _ = await sign_in()
    program, _ = await sign_in("api")
    named, _ = await account.make_token(viewer, name="大屏", scopes=[READ_ONLY], days=30)
    await account.change_password(viewer, OLD, NEW, HERE)
    assert await alive(kernel, here)
    assert not await alive(kernel, there)
    assert not await alive(kernel, program, "api")
    assert not await alive(kernel, named, "api")
    with pytest.raises(BadInput):
        await account.change_password(viewer, OLD, "又一个密码 56", HERE)
    await account.change_password(viewer, NEW, OLD, HERE)


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("不是这个密码", NEW, "old"),
        (OLD, "short", "new"),
        (OLD, "x" * 201, "new"),
        (OLD, OLD, "new"),
        (OLD, "WANG-12345", "new"),
    ],
)
async def test_a_password_that_will_not_do_changes_nothing(
    kernel, person, sign_in, old, new, field
):
    there, _ = await sign_in()
    _, viewer = await sign_in()
    before = (await Person.get(id=person.id)).password
    with pytest.raises(BadInput) as caught:
        await account.change_password(viewer, old, new, HERE)
    assert caught.value.field == field
    assert (await Person.get(id=person.id)).password == before
    assert await alive(kernel, there)


async def test_guessing_the_old_password_is_slowed_down_as_at_the_door(sign_in, monkeypatch):
    async def wrong(*_):
        return False

    monkeypatch.setattr(account, "check_password", wrong)
    _, viewer = await sign_in()
    for _ in range(10):
        with pytest.raises(BadInput):
            await account.change_password(viewer, "猜一个密码", NEW, HERE)
    with pytest.raises(RateLimited):
        await account.change_password(viewer, OLD, NEW, HERE)


async def test_one_session_or_all_others_can_be_ended(kernel, sign_in):
    here, viewer = await sign_in()
    first, first_viewer = await sign_in()
    second, _ = await sign_in()
    third, _ = await sign_in("api")
    named, _ = await account.make_token(viewer, name="大屏", scopes=[READ_ONLY], days=30)
    assert not await account.end_one(viewer, first_viewer.session_id)
    assert not await alive(kernel, first)
    assert await alive(kernel, second)
    assert await account.end_others(viewer) == 2
    assert not await alive(kernel, third, "api")
    assert await alive(kernel, here)
    assert await alive(kernel, named, "api")
    assert await account.end_one(viewer, viewer.session_id)
    assert not await alive(kernel, here)


async def test_what_is_another_persons_is_as_if_it_were_not_there(kernel, sign_in):
    _, viewer = await sign_in()
    other = await Person.create(username="li", name="李", password="!")
    token, _ = await open_session(other, "browser")
    session = await Session.get(token_hash=token_hash(token))
    with pytest.raises(NotFound):
        await account.end_one(viewer, session.id)
    assert await alive(kernel, token)
    assert session.id not in [one.id for one in await account.sessions_of(viewer)]


async def test_a_token_can_manage_nothing_of_the_account(sign_in):
    _, program = await sign_in("api")
    for attempt in (
        account.sessions_of(program),
        account.end_others(program),
        account.change_password(program, OLD, NEW, HERE),
        account.make_token(program, name="又一个", scopes=[READ_ONLY], days=1),
    ):
        with pytest.raises(Forbidden):
            await attempt


async def test_a_token_may_what_it_names_and_its_person_still_may(kernel, person, sign_in):
    _, viewer = await sign_in()
    token, _ = await account.make_token(viewer, name="任务", scopes=["jobs.see"], days=30)
    program = await alive(kernel, token, "api")
    assert {name for grant in program.grants for name in grant.names} == {"jobs.see"}
    await Post.filter(person_id=person.id).delete()
    assert (await alive(kernel, token, "api")).grants == ()


async def test_a_token_for_reading_only_reads(kernel, sign_in):
    _, viewer = await sign_in()
    token, _ = await account.make_token(viewer, name="大屏", scopes=[READ_ONLY], days=30)
    program = await alive(kernel, token, "api")
    assert program.holds("jobs.see")
    assert not program.holds("plugins.manage")
    assert not program.holds("files.upload")


async def test_nobody_makes_a_token_that_may_more_than_oneself(sign_in):
    _, viewer = await sign_in()
    with pytest.raises(Forbidden):
        await account.make_token(viewer, name="x", scopes=["people.manage"], days=30)
    with pytest.raises(BadInput):
        await account.make_token(viewer, name="x", scopes=[], days=30)


@pytest.mark.parametrize("days", [0, -1, 367, 100_000])
async def test_a_token_lives_a_year_at_most(sign_in, days):
    _, viewer = await sign_in()
    with pytest.raises(BadInput):
        await account.make_token(viewer, name="x", scopes=[READ_ONLY], days=days)


async def test_tokens_of_one_person_are_bounded(sign_in, monkeypatch):
    monkeypatch.setattr(account, "MOST_TOKENS", 1)
    _, viewer = await sign_in()
    await account.make_token(viewer, name="x", scopes=[READ_ONLY], days=1)
    with pytest.raises(Conflict):
        await account.make_token(viewer, name="y", scopes=[READ_ONLY], days=1)


async def test_being_seen_is_written_once_a_minute(kernel, sign_in, count_queries):
    token, viewer = await sign_in()
    with count_queries() as queries:
        await alive(kernel, token)
    assert not any("UPDATE" in one for one in queries.seen)
    past = datetime.now(UTC) - timedelta(seconds=61)
    await Session.filter(id=viewer.session_id).update(last_seen_at=past)
    with count_queries() as queries:
        await alive(kernel, token)
        await alive(kernel, token)
    assert sum("UPDATE" in one for one in queries.seen) == 1
    assert (await Session.get(id=viewer.session_id)).last_seen_at > past


def test_scopes_take_away_and_never_add():
    grants = [
        Grant(role="a", names=frozenset({"x.see", "x.edit"}), reach="area", area_path="1."),
        Grant(role="b", names=frozenset({"y.edit"}), reach="own"),
    ]
    assert narrow(grants, None) == tuple(grants)
    assert narrow(grants, []) == ()
    (left,) = narrow(grants, [READ_ONLY, "z.edit"])
    assert (left.names, left.area_path) == ({"x.see"}, "1.")
