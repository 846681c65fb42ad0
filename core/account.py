"""One's own account: the password, where one is signed in, and tokens for programs.

All of it asks for a person at a browser: a token, narrow or not, never makes or ends another one.
"""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from core import guesses
from core.audit import record
from core.database import atomic
from core.errors import BadInput, Conflict, Forbidden, NotFound, NotSignedIn
from core.people import Person, Session, check_password, hash_password, oneself, token_hash
from core.permissions import READ_ONLY, Viewer

LONGEST_LIFE = timedelta(days=366)
MOST_TOKENS = 20


async def at_browser(viewer: Viewer | None) -> Session:
    """The browser session behind the request, or the failure that fits."""
    if viewer is None:
        raise NotSignedIn()
    session = await Session.get_or_none(id=viewer.session_id, kind="browser")
    if session is None:
        raise Forbidden("请用浏览器登录后办理，接口令牌不能管理账号。")
    return session


async def sessions_of(viewer: Viewer | None) -> Sequence[Session]:
    """Where the person is signed in, and the tokens, last used first."""
    here = await at_browser(viewer)
    found = Session.filter(
        person_id=here.person_id, kind__in=["browser", "api"], expires_at__gt=datetime.now(UTC)
    )
    return await found.order_by("-last_seen_at", "-id")


@atomic
async def end_one(viewer: Viewer | None, session_id: int) -> bool:
    """End one of one's own; True if it was the one that asks."""
    here = await at_browser(viewer)
    found = await Session.get_or_none(id=session_id, person_id=here.person_id)
    if found is None:
        raise NotFound("它已经结束了。")
    await found.delete()
    action = "people.end_token" if found.name else "people.sign_out"
    about = ("core.Person", here.person_id)
    await record(viewer, action, about, details={"session": session_id})
    return bool(session_id == here.id)


@atomic
async def end_others(viewer: Viewer | None) -> int:
    """Sign out everywhere else; named tokens stay."""
    here = await at_browser(viewer)
    others = Session.filter(person_id=here.person_id, name="").exclude(id=here.id)
    ended = [one.id for one in await others]
    about = ("core.Person", here.person_id)
    await record(viewer, "people.sign_out", about, details={"sessions": ended})
    await others.delete()
    return len(ended)


async def change_password(viewer: Viewer | None, old: str, new: str, address: str) -> None:
    """Asks for the old one, at the pace of signing in; everything else that was open ends."""
    here = await at_browser(viewer)
    person = await Person.get(id=here.person_id)
    await confirm_password(person, old, address)
    if new == old:
        raise BadInput("新密码不能和原来的一样。", field="new", reason="same")
    await keep_password(person, await new_hash(person, new), here.id)


async def confirm_password(person: Person, password: str, address: str) -> None:
    """It is still the owner who sits there; wrong ones count as at signing in."""
    await guesses.admit(person.username, address)
    right = await check_password(person, password)
    await guesses.settle(person.username, address, person, right=right)
    if not right:
        raise BadInput("密码不对。", field="old", reason="wrong")


async def ask_password(viewer: Viewer | None, password: str, address: str) -> None:
    """Before what a person who found an open screen must not do."""
    here = await at_browser(viewer)
    await confirm_password(await Person.get(id=here.person_id), password, address)


async def new_hash(person: Person, password: str) -> str:
    if len(person.username) > 3 and person.username.lower() in password.lower():
        raise BadInput("密码里不能有账号。", field="new", reason="has_username")
    try:
        return await hash_password(password)
    except BadInput as error:
        error.field = "new"
        raise


async def replace_start_password(person: Person, new: str) -> None:
    """The first password of one's own, in place of the one that somebody else has seen."""
    if await check_password(person, new):
        raise BadInput("新密码不能和起始密码一样。", field="new", reason="same")
    await keep_password(person, await new_hash(person, new))


@atomic
async def keep_password(person: Person, hashed: str, keep: int = 0) -> None:
    """Store it; every session but `keep` ends."""
    await Person.filter(id=person.id).update(password=hashed, must_change=False)
    await Session.filter(person_id=person.id).exclude(id=keep).delete()
    await record(oneself(person.id), "people.change_password", person)


@atomic
async def make_token(
    viewer: Viewer | None, *, name: str, scopes: Sequence[str], days: int
) -> tuple[str, Session]:
    """A token for a program; shown once, only its hash is kept."""
    here = await at_browser(viewer)
    assert viewer is not None
    _check_scopes(viewer, scopes)
    life = timedelta(days=days)
    if not timedelta() < life <= LONGEST_LIFE:
        raise BadInput("有效期最短一天，最长一年。", field="days", reason="out_of_range")
    if await Session.filter(person_id=here.person_id).exclude(name="").count() >= MOST_TOKENS:
        raise Conflict(f"最多 {MOST_TOKENS} 个令牌，请先停用不用的。")
    token = secrets.token_urlsafe(32)
    row = await Session.create(
        person_id=here.person_id,
        kind="api",
        token_hash=token_hash(token),
        expires_at=datetime.now(UTC) + life,
        name=name[:60],
        scopes=sorted(set(scopes)),
    )
    details = {"session": row.id, "scopes": row.scopes, "days": days}
    await record(viewer, "people.make_token", ("core.Person", here.person_id), details=details)
    return token, row


def _check_scopes(viewer: Viewer, scopes: Sequence[str]) -> None:
    if not scopes:
        raise BadInput("请选择令牌可以做什么。", field="scopes", reason="required")
    if not all(name == READ_ONLY or viewer.holds(name) for name in scopes):
        raise Forbidden("令牌的权限不能超过您自己的。")
