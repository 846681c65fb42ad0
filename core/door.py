"""What stands between the right password and being signed in."""

from datetime import UTC, datetime
from typing import Literal

from core import guesses, second_factor
from core.audit import record
from core.errors import BadInput, NotSignedIn
from core.people import Person, Session, token_hash

Missing = Literal["code", "password", "factor", ""]


async def missing(person: Person, *, code_shown: bool) -> Missing:
    """The next thing that is asked for: a code, a password of one's own, setting up codes."""
    has_factor = await second_factor.has_factor(person.id)
    if has_factor and not code_shown:
        return "code"
    if person.must_change:
        return "password"
    if has_factor or code_shown:  # shown to the identity provider, if not to us
        return ""
    return "factor" if await second_factor.is_demanded(person.id) else ""


async def check_code(person: Person, code: str, address: str) -> None:
    """A wrong code counts like a wrong password."""
    await guesses.admit(person.username, address)
    right = await second_factor.accept(person.id, code)
    await guesses.settle(person.username, address, person, right=right)
    if not right:
        await record(None, "people.sign_in_failed", person, details={"by": "code"})
        message = "验证码不对，或者已经用过。请看现在的六位数字；一个恢复码只能用一次。"
        raise BadInput(message, field="code", reason="wrong")


async def at_door(token: str) -> Session:
    """Who has shown the password (kind "known": the code as well) but is not in yet."""
    session = await Session.get_or_none(
        token_hash=token_hash(token),
        kind__in=["half", "known"],
        expires_at__gt=datetime.now(UTC),
    ).select_related("person")
    if session is None or not session.person.active:
        raise NotSignedIn("等得太久了，请重新登录。")
    return session
