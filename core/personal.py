"""Personal values, kept apart from the things they belong to: encrypted, found again by keyed
marks, read only with a reason, and destroyed with their key.

The database holds ciphertext and keyed marks. Each record has a key of its own in a file outside
the database (`core.keys`): an old copy of the database opens nothing whose key is gone.

A record ends in two steps. First, in the caller's transaction, its content and marks go and nobody
can read it any more; then, after the commit, the key file goes, and only then is it called
destroyed. Cut off in between, the key file waits for the job; it never goes before the commit.
"""

import asyncio
import hmac
import json
import re
import unicodedata
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from tortoise import fields

from core import keys
from core.audit import Thing, named, record
from core.contributions import PersonalKind
from core.database import atomic, rows
from core.errors import BadInput, Conflict, NotFound, Unavailable
from core.holds import demand_free
from core.house import house
from core.jobs import enqueue
from core.permissions import Grant, Viewer, demand_held
from core.readings import PERSONAL, office_in
from core.sealing import seal_with, unseal_with
from core.tables import Model

LONGEST = 2_000  # characters of a value
MOST_FOUND = 100


class Personal(Model):
    """One record. After its end it stays without content, with when and why.

    `index` names the key of its marks; `ended_at`: nobody can read it any more; `destroyed_at`: its
    key is gone as well.
    """

    id = fields.UUIDField(primary_key=True, default=uuid.uuid4)
    kind = fields.CharField(max_length=60)
    subject_kind = fields.CharField(max_length=60)
    subject_key = fields.CharField(max_length=60)
    index = fields.CharField(max_length=80, db_index=True)
    sealed = fields.TextField()
    created_at = fields.DatetimeField()
    changed_at = fields.DatetimeField(null=True)
    ended_at = fields.DatetimeField(null=True)
    destroyed_at = fields.DatetimeField(null=True)
    reason = fields.CharField(max_length=200, default="")

    class Meta:
        table = "core_personal"
        indexes = (
            ("subject_kind", "subject_key"),
            ("kind", "created_at"),
            ("destroyed_at", "ended_at"),
        )


class PersonalMark(Model):
    """By which a record is found: a keyed hash of one of its values."""

    id = fields.BigIntField(primary_key=True)
    personal: fields.ForeignKeyRelation[Personal] = fields.ForeignKeyField(
        "core.Personal", related_name="marks", on_delete=fields.CASCADE, db_index=True
    )
    personal_id: uuid.UUID
    mark = fields.CharField(max_length=64)

    class Meta:
        table = "core_personal_mark"
        unique_together = (("mark", "personal_id"),)


class Values(dict[str, str]):
    """The values in the clear; printed by mistake, it shows none of them."""

    def __repr__(self) -> str:
        return f"<{len(self)} personal values>"

    __str__ = __repr__


@atomic
async def keep_personal(kind: str, values: Mapping[str, str], *, about: Thing) -> uuid.UUID:
    """Keep the values of a declared kind; what they belong to is named as the audit names it.

    The key is on the disk before the row is: of what is rolled back, a key remains that opens
    nothing.
    """
    declared = _declared(kind)
    clean = _clean(declared, values)
    ((subject_kind, subject_key),) = named([about])
    row = Personal(
        kind=kind,
        subject_kind=subject_kind,
        subject_key=subject_key,
        index=keys.index_now(kind) if _searched(declared) else "",
        created_at=datetime.now(UTC),
    )
    key = await asyncio.to_thread(keys.make, row.id, kind)
    row.sealed = _seal(row, key, clean)
    await row.save(force_create=True)
    await _mark(row, declared, clean)
    return row.id


@atomic
async def change_personal(viewer: Viewer | None, id: uuid.UUID, values: Mapping[str, str]) -> None:
    """Put these values in place of the old ones. Whoever calls has asked whether that may be."""
    row = await _locked(id)
    if row.ended_at is not None:
        raise Conflict("这份个人信息已经按期限销毁，不能再改。")
    declared = _declared(row.kind)
    clean = _clean(declared, values)
    key = await asyncio.to_thread(keys.load, row.id, row.kind)
    row.sealed, row.changed_at = _seal(row, key, clean), datetime.now(UTC)
    await row.save(update_fields=["sealed", "changed_at"])
    await PersonalMark.filter(personal_id=row.id).delete()
    await _mark(row, declared, clean)
    await record(viewer, "personal.change", row, _subject(row))


async def read_personal(
    viewer: Viewer | None,
    id: uuid.UUID,
    *,
    reason: str,
    about: Iterable[Thing] = (),
    by: Grant | None = None,
) -> Values | None:
    """The values, after it was written down who reads them and why; None once they are destroyed.

    Demands the kind's permission. Whether the viewer may see the thing that the values belong to is
    for the caller to ask. `about`: what else the audit names; `by`: the grant in whose name they
    are read, the first that allows it if none is given.
    """
    row = await Personal.get_or_none(id=id)
    if row is None:
        raise NotFound()
    permission = _declared(row.kind).permission
    who = demand_held(viewer, permission)
    by = by or next(grant for grant in who.grants if permission in grant.names)
    if not reason.strip():
        raise BadInput("请写明为什么要看。", field="reason", reason="required")
    if row.ended_at is not None:
        return None
    things = (row, _subject(row), *about)
    await record(who, PERSONAL, *things, purpose=reason.strip(), details=office_in(by))
    key = await asyncio.to_thread(keys.load, row.id, row.kind)
    text = unseal_with(key, row.sealed, _owner(row))
    if text is None:
        raise Unavailable("这份个人信息被改动过，打不开。请从数据库备份里找回这一行。")
    return Values(json.loads(text))


async def find_personal(kind: str, field: str, value: str) -> list[uuid.UUID]:
    """The records of the kind with this value, oldest first, at most a hundred."""
    search = {one.name: one.search for one in _declared(kind).fields}.get(field)
    if not search:
        raise RuntimeError(f"{kind} is not declared to be found by {field}")
    plain = normal(search, value)
    if not plain:
        return []
    indexes = await asyncio.to_thread(keys.indexes, kind)
    marks = [_mark_of(key, kind, field, plain) for key in indexes.values()]
    found = Personal.filter(marks__mark__in=marks, kind=kind, ended_at__isnull=True)
    ordered = found.order_by("created_at", "id").limit(MOST_FOUND)
    return [row.id for row in await ordered.only("id")] if marks else []


@atomic
async def destroy_personal(viewer: Viewer | None, id: uuid.UUID, *, reason: str) -> None:
    """End a record now; its key goes as soon as the change is committed. Twice is harmless; what is
    held for a case at law is refused."""
    row = await _locked(id)
    if row.ended_at is not None:
        return
    await demand_free(_subject(row), row)
    await end([row], reason)
    await enqueue("core.destroy_keys", {"ids": [str(row.id)]})
    await record(viewer, "personal.destroy", row, _subject(row), purpose=reason)


async def end(records: Iterable[Personal], reason: str) -> None:
    """Take content and marks away, inside the caller's transaction."""
    ids = [row.id for row in records]
    await PersonalMark.filter(personal_id__in=ids).delete()
    ending = Personal.filter(id__in=ids, ended_at__isnull=True)
    await ending.update(sealed="", ended_at=datetime.now(UTC), reason=reason[:200])


async def destroy_keys(payload: dict[str, Any]) -> None:
    """The job behind it, after the commit."""
    await finish([uuid.UUID(one) for one in payload["ids"]])


async def finish(ids: Iterable[uuid.UUID]) -> None:
    """Remove the keys of ended records, then say that they are destroyed."""
    ended = Personal.filter(id__in=list(ids), ended_at__isnull=False, destroyed_at__isnull=True)
    gone = [row.id for row in await ended.only("id")]
    await remove_keys(gone)
    await confirm(gone)


async def remove_keys(ids: Iterable[uuid.UUID]) -> None:
    """Only of what has ended, and never inside a transaction: there is no way back."""
    for one in ids:
        await asyncio.to_thread(keys.remove, one)


async def confirm(ids: Iterable[uuid.UUID]) -> None:
    """The keys are gone: say so."""
    await Personal.filter(id__in=list(ids)).update(destroyed_at=datetime.now(UTC))


async def forget_indexes() -> None:
    """Remove the mark keys of past months whose records are all destroyed. A name that no row knows
    stays: this may be the wrong database."""
    for name in await asyncio.to_thread(keys.old_indexes):
        known = Personal.filter(index=name)
        if await known.exists() and not await known.filter(destroyed_at__isnull=True).exists():
            await asyncio.to_thread(keys.remove_index, name)


async def count_by_kind() -> dict[str, int]:
    """How many records of each kind can be read now."""
    found = await rows(
        "SELECT kind, COUNT(*) AS n FROM core_personal WHERE ended_at IS NULL GROUP BY kind"
    )
    return {str(row["kind"]): int(row["n"]) for row in found}


def normal(search: str, value: str) -> str:
    """What two writings of the same value have in common."""
    text = unicodedata.normalize("NFKC", value).casefold()
    if search != "phone":
        return "".join(text.split())
    digits = re.sub(r"[^0-9]", "", text).removeprefix("00")
    return digits.removeprefix("86") if len(digits) == 13 else digits


def _declared(kind: str) -> PersonalKind:
    declared = house().personal.get(kind)
    if declared is None:
        raise RuntimeError(f"{kind} is not declared: answer add_personal()")
    return declared


def _searched(declared: PersonalKind) -> bool:
    return any(one.search for one in declared.fields)


def _clean(declared: PersonalKind, values: Mapping[str, str]) -> dict[str, str]:
    titles = {one.name: one.title for one in declared.fields}
    if unknown := sorted(set(values) - set(titles)):
        raise RuntimeError(f"{declared.name} has no field {', '.join(unknown)}")
    for name, value in values.items():
        if len(value) > LONGEST:
            sentence = f"“{titles[name]}”最多 {LONGEST} 个字。"
            raise BadInput(sentence, field=name, reason="too_long")
    return dict(values)


async def _locked(id: uuid.UUID) -> Personal:
    row = await Personal.filter(id=id).select_for_update().first()
    if row is None:
        raise NotFound()
    return row


def _seal(row: Personal, key: bytes, values: Mapping[str, str]) -> str:
    return seal_with(key, json.dumps(values), _owner(row))


def _owner(row: Personal) -> str:
    """Bound to its row: put into another one, it does not open."""
    return f"{row.kind}/{row.id}"


def _subject(row: Personal) -> Thing:
    return (row.subject_kind, row.subject_key)


async def _mark(row: Personal, declared: PersonalKind, values: Mapping[str, str]) -> None:
    plain = {
        one.name: normal(one.search, values.get(one.name, ""))
        for one in declared.fields
        if one.search
    }
    wanted = {name: value for name, value in plain.items() if value}
    if not wanted:
        return
    key = await asyncio.to_thread(keys.index, row.index)
    marks = [_mark_of(key, row.kind, name, value) for name, value in wanted.items()]
    await PersonalMark.bulk_create([PersonalMark(personal_id=row.id, mark=one) for one in marks])


def _mark_of(key: bytes, kind: str, field: str, plain: str) -> str:
    text = "\0".join((kind, field, plain))
    return hmac.new(key, text.encode("utf-8", "surrogatepass"), sha256).hexdigest()
