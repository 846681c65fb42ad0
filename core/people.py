"""单位 units, 账号 people, 岗位 posts, and signing in.

Passwords are argon2id hashes, computed in a thread; sessions and API tokens are random, and only
their SHA-256 is stored.
"""

import asyncio
import hashlib
import secrets
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from tortoise import fields
from tortoise.expressions import Q

from core.areas import Area
from core.audit import record
from core.database import atomic
from core.errors import BadInput
from core.house import house
from core.permissions import Grant, Role, Viewer
from core.tables import Model

SESSION_LIFE = timedelta(hours=12)
TOKEN_LIFE = timedelta(hours=8)
DOOR_LIFE = timedelta(minutes=10)  # between the password and being in
#: Kinds with which somebody is in; the others are on the way through the door.
SIGNED_IN = ("browser", "api")
LIVES = {"browser": SESSION_LIFE, "api": TOKEN_LIFE, "half": DOOR_LIFE, "known": DOOR_LIFE}

LONGEST_PASSWORD = 200
NO_PASSWORD = "!"  # noqa: S105 - in place of a hash: none fits

_hasher = PasswordHasher()
# A hash costs 64 MiB and a quarter of a second of a core: two at a time, the others wait.
_hashing = asyncio.Semaphore(2)


class Unit(Model):
    """处置单位 / 主管部门: what matters are dispatched to."""

    id = fields.BigIntField(primary_key=True)
    code = fields.CharField(max_length=30, unique=True)
    name = fields.CharField(max_length=60)
    area: fields.ForeignKeyRelation[Area] = fields.ForeignKeyField(
        "core.Area", related_name="units", on_delete=fields.RESTRICT, db_index=True
    )
    area_id: int
    active = fields.BooleanField(default=True)

    class Meta:
        table = "core_unit"


class Person(Model):
    """An account (账号). What it may do comes from its posts alone."""

    id = fields.BigIntField(primary_key=True)
    username = fields.CharField(max_length=40, unique=True)
    name = fields.CharField(max_length=40)
    password = fields.CharField(max_length=200)
    active = fields.BooleanField(default=True)
    created_at = fields.DatetimeField(auto_now_add=True)
    must_change = fields.BooleanField(default=False, db_default=False)  # the password, at once

    class Meta:
        table = "core_person"


class Post(Model):
    """岗位: a role that a person holds over an area or in a unit, from one day to another.

    A deputy's post stands in for another one, copies what that covers, and ends with it.
    """

    id = fields.BigIntField(primary_key=True)
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "core.Person", related_name="posts", on_delete=fields.CASCADE, db_index=True
    )
    person_id: int
    role = fields.CharField(max_length=30)
    area: fields.ForeignKeyNullableRelation[Area] = fields.ForeignKeyField(
        "core.Area", related_name="posts", null=True, on_delete=fields.RESTRICT, db_index=True
    )
    area_id: int | None
    unit: fields.ForeignKeyNullableRelation[Unit] = fields.ForeignKeyField(
        "core.Unit", related_name="posts", null=True, on_delete=fields.RESTRICT, db_index=True
    )
    unit_id: int | None
    valid_from = fields.DateField(null=True)
    valid_until = fields.DateField(null=True)  # the last day
    stands_in_for: fields.ForeignKeyNullableRelation["Post"] = fields.ForeignKeyField(
        "core.Post", related_name="deputies", null=True, on_delete=fields.CASCADE, db_index=True
    )
    stands_in_for_id: int | None
    end_told = fields.BooleanField(default=False, db_default=False)  # that it is over

    class Meta:
        table = "core_post"


def today() -> date:
    """The day on the district's clock."""
    return datetime.now(ZoneInfo(house().settings.timezone)).date()


def not_over(day: date) -> Q:
    """Posts that hold on the day or will hold later."""
    return Q(valid_until__isnull=True) | Q(valid_until__gte=day)


def in_force(day: date) -> Q:
    """Posts that hold on the day."""
    return not_over(day) & (Q(valid_from__isnull=True) | Q(valid_from__lte=day))


class Session(Model):
    """A signed-in browser or an API token; ended by deleting the row.

    A token that a person made for a program has a name, and scopes that narrow what it may do.
    """

    id = fields.BigIntField(primary_key=True)
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "core.Person", related_name="sessions", on_delete=fields.CASCADE, db_index=True
    )
    person_id: int
    # "browser" or "api"; "half" once the password, "known" once the code as well was right.
    kind = fields.CharField(max_length=10)
    token_hash = fields.CharField(max_length=64, unique=True)
    created_at = fields.DatetimeField(auto_now_add=True)
    expires_at = fields.DatetimeField(db_index=True)
    name = fields.CharField(max_length=60, default="", db_default="")
    scopes: Any = fields.JSONField(null=True)  # None: all that the person may
    device = fields.CharField(max_length=200, default="", db_default="")  # as it names itself
    address = fields.CharField(max_length=64, default="", db_default="")
    last_seen_at = fields.DatetimeField(null=True)
    by = fields.CharField(max_length=8, default="", db_default="")  # "oidc", or a password of ours

    class Meta:
        table = "core_session"


class Roster:
    """Roles and what they are allowed: filled once by the kernel, then only read."""

    def __init__(self, roles: Iterable[Role], allowed: Mapping[str, frozenset[str]]) -> None:
        self._roles = {role.name: role for role in roles}
        self._allowed = allowed

    def role(self, name: str) -> Role | None:
        return self._roles.get(name)

    @property
    def roles(self) -> tuple[Role, ...]:
        return tuple(self._roles.values())

    def roles_with(self, permission: str) -> list[str]:
        return sorted(role for role, names in self._allowed.items() if permission in names)

    def grant(self, role: str, area_path: str, unit_id: int | None) -> Grant:
        """A post's grant; a role that no enabled plugin knows allows nothing."""
        known = self._roles.get(role, Role(name=role, title=role, reach="own"))
        return Grant(
            role=role,
            title=known.title,
            names=self._allowed.get(role, frozenset()),
            reach=known.reach,
            area_path=area_path,
            unit_id=unit_id,
        )


async def hash_password(password: str) -> str:
    if len(password) < 8:
        raise BadInput("密码至少 8 位。", field="password", reason="too_short")
    if len(password) > LONGEST_PASSWORD:
        raise BadInput(f"密码最多 {LONGEST_PASSWORD} 位。", field="password", reason="too_long")
    async with _hashing:
        return await asyncio.to_thread(_hasher.hash, password)


async def check_password(person: Person | None, password: str) -> bool:
    """As slow for an unknown name as for a known one, so that names cannot be probed."""
    stored = person.password if person else await _nobody()
    async with _hashing:
        right = await asyncio.to_thread(_verify, stored, password)
    return right and person is not None and person.active


_nobody_hash: list[str] = []


async def _nobody() -> str:
    if not _nobody_hash:
        _nobody_hash.append(await hash_password(secrets.token_hex()))
    return _nobody_hash[0]


def _verify(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


@atomic
async def open_session(
    person: Person, kind: str, *, device: str = "", address: str = "", by: str = ""
) -> tuple[str, datetime]:
    """A new session; the token is returned once and never stored. `by`: what let the person in."""
    token = secrets.token_urlsafe(32)
    now = datetime.now(UTC)
    expires = now + LIVES[kind]
    session = await Session.create(
        person=person,
        kind=kind,
        token_hash=token_hash(token),
        expires_at=expires,
        device=device.replace("\0", "")[:200],
        address=address[:64],
        last_seen_at=now,
        by=by,
    )
    if kind in SIGNED_IN:
        details = {"by": by or kind}
        await record(_seated(person, session), "people.sign_in", person, details=details)
    return token, expires


@atomic
async def end_session(token: str) -> None:
    session = await Session.get_or_none(token_hash=token_hash(token)).select_related("person")
    if session is None:
        return
    await session.delete()
    await record(_seated(session.person, session), "people.sign_out", session.person)


def oneself(person_id: int) -> Viewer:
    """The person of the own account, for the audit, where no session is at hand."""
    return Viewer(person_id=person_id, username="", name="")


def _seated(person: Person, session: Session) -> Viewer:
    """The person in this session, for the audit: no grants are needed there."""
    return Viewer(
        person_id=person.id, username=person.username, name=person.name, session_id=session.id
    )


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
