"""审计 audit: who saw or changed what; a chain of hashes that only ever grows.

`record` belongs to the caller's transaction: what it tells of and its row are written together or
not at all. Rows are chained as the last thing before the commit, so that the chain is locked for a
moment only and always after everything else (nothing can wait for us while we wait for it).

Each row's hash covers the row, the things that it is about, and the hash before it. Rows hold ids
and codes, never a name or another personal value: the audit outlives what it tells of.
"""

import hashlib
import json
import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeAlias

from tortoise import fields

from core.contributions import Audited
from core.database import at_the_end, atomic, dialect, in_transaction_now, rows
from core.house import House, house
from core.permissions import Viewer
from core.tables import Model

#: What the kernel and the shell write down themselves.
AUDITED = (
    Audited(name="people.sign_in", title="登录"),
    Audited(name="people.sign_in_failed", title="登录失败"),
    Audited(name="people.sign_out", title="退出登录"),
    Audited(name="people.create", title="建立账号"),
    Audited(name="people.rename", title="更正姓名"),
    Audited(name="people.activate", title="重新启用账号"),
    Audited(name="people.deactivate", title="停用账号"),
    Audited(name="people.reset_password", title="给新的起始密码"),
    Audited(name="people.change_password", title="修改自己的密码"),
    Audited(name="people.set_factor", title="开启第二道验证"),
    Audited(name="people.drop_factor", title="关闭第二道验证"),
    Audited(name="people.renew_codes", title="换新的恢复码"),
    Audited(name="people.reset_factor", title="重置第二道验证"),
    Audited(name="people.link", title="绑定统一登录"),
    Audited(name="people.unlink", title="解除统一登录的绑定"),
    Audited(name="people.give_post", title="给岗位或安排代班"),
    Audited(name="people.end_post", title="结束岗位"),
    Audited(name="people.lift_pause", title="解除登录暂停"),
    Audited(name="people.make_token", title="生成接口令牌"),
    Audited(name="people.end_token", title="停用接口令牌"),
    Audited(name="units.create", title="加上单位"),
    Audited(name="units.change", title="改动或停用单位"),
    Audited(name="plugins.choose", title="启用或停用插件"),
    Audited(name="backups.make", title="进行备份"),
    Audited(name="files.read", title="查看图片"),
    Audited(name="audit.read", title="查看审计记录"),
    Audited(name="personal.read", title="查看加密保存的个人信息"),
    Audited(name="personal.change", title="更正加密保存的个人信息"),
    Audited(name="personal.destroy", title="销毁个人信息"),
    Audited(name="retention.certificate", title="按保存期限销毁"),
    Audited(name="holds.place", title="保全记录"),
    Audited(name="holds.lift", title="解除保全"),
    Audited(name="assessments.file", title="备案影响评估"),
    Audited(
        name="imports.start",
        title="导入表格",
        kinds={"core.ImportBatch": "上传的表格"},
        words={"kind": "哪一种", "lines": "行数", "wrong": "要改的行数"},
    ),
    Audited(
        name="imports.give_back",
        title="取回要改的行",
        kinds={"core.ImportBatch": "上传的表格"},
        words={"kind": "哪一种", "lines": "行数"},
    ),
    Audited(
        name="exports.make",
        title="导出表格",
        kinds={"export": "导出"},
        words={"export": "哪一种", "format": "格式", "rows": "行数"},
    ),
    Audited(
        name="district.export",
        title="导出全部数据",
        kinds={"district": "全区"},
        words={"personal": "个人信息", "opened": "明文", "sealed": "密文"},
    ),
)

ADVISORY_LOCK = 6_1_6_0_2027  # any number, the same for every liuhe process
FORMAT = 1  # of what is hashed
AT_ONCE = 500  # rows of one statement

#: A thing that a row is about: a model's row, or what it is called: ("cases.Case", 7).
Thing: TypeAlias = "Model | tuple[str, object]"


class AuditRow(Model):
    """One entry. `seq` counts without a gap from 1, given by us and not by the database (whose
    own numbers have gaps); `previous` is "" for the first."""

    seq = fields.BigIntField(primary_key=True)
    at = fields.DatetimeField(db_index=True)
    person_id = fields.BigIntField(null=True)  # no foreign key: it outlives accounts
    session_id = fields.BigIntField(null=True)
    action = fields.CharField(max_length=60)
    purpose = fields.CharField(max_length=200)
    remote = fields.CharField(max_length=60)
    request = fields.CharField(max_length=40)
    details: Any = fields.JSONField()
    previous = fields.CharField(max_length=64)
    hash = fields.CharField(max_length=64)

    class Meta:
        table = "core_audit"
        indexes = (("person_id", "seq"), ("action", "seq"))


class AuditThing(Model):
    """One of the things that an entry is about: kind "cases.Case", key "7"."""

    id = fields.BigIntField(primary_key=True)
    seq = fields.BigIntField(db_index=True)
    kind = fields.CharField(max_length=60)
    key = fields.CharField(max_length=60)

    class Meta:
        table = "core_audit_thing"
        indexes = (("kind", "key", "seq"), ("kind", "seq"))


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where a request came from; set once for each request by the shell."""

    remote: str = ""
    request: str = ""


origin: ContextVar[Origin] = ContextVar("liuhe_origin", default=Origin())  # noqa: B039 - frozen


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What is to be written; its place in the chain is found at the end of the transaction."""

    person_id: int | None
    session_id: int | None
    action: str
    things: Sequence[tuple[str, str]]
    purpose: str = ""
    origin: Origin = field(default_factory=origin.get)
    details: Mapping[str, Any] = field(default_factory=dict)


@atomic
async def record(
    viewer: Viewer | None,
    action: str,
    *about: Thing,
    purpose: str = "",
    details: Mapping[str, Any] | None = None,
) -> None:
    """Write down that `viewer` (None: the system) did `action` to these things.

    `action` was declared with `add_audited`; `details` are codes, ids and whole numbers.
    """
    if action not in house().audited:
        raise RuntimeError(f"{action} is not declared: answer add_audited()")
    entry = Entry(
        person_id=viewer.person_id if viewer else None,
        session_id=viewer.session_id if viewer else None,
        action=action,
        things=sorted(named(about)),
        purpose=purpose[:200],
        details=_plain(dict(details or {})),
    )
    at_the_end(_append, entry)


async def record_reading(
    viewer: Viewer, action: str, *about: Thing, within: float = 0.0, purpose: str = ""
) -> None:
    """Write down, before it is shown, that `viewer` reads these things: one row for all.

    What the same sign-in has read within so many seconds is one reading that goes on (a picture
    that renews itself, the pictures of a page that has told of them) and is not written again.
    """
    fresh = named(about)
    if within and not in_transaction_now():
        fresh = {thing for thing in fresh if not _lately(viewer, action, thing, within)}
    if not fresh:
        return
    await record(viewer, action, *fresh, purpose=purpose)
    for thing in fresh:
        _keep(viewer, action, thing)


def named(about: Iterable[Thing]) -> set[tuple[str, str]]:
    """Kind and key of each thing, as text."""
    pairs = (one if isinstance(one, tuple) else (one._meta.full_name, one.pk) for one in about)
    return {(kind, str(key)) for kind, key in pairs}


def _plain(value: Any) -> Any:
    """Only what reads back alike from every database."""
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        ordered = sorted(value) if isinstance(value, set | frozenset) else value
        return [_plain(inner) for inner in ordered]
    if value is None or isinstance(value, bool | int | str):
        return value
    raise TypeError(f"{type(value).__name__} cannot go into the audit's details")


async def _append(entries: Sequence[Entry]) -> None:
    """Chain the transaction's entries to what is there; the last thing before its commit."""
    if dialect() == "postgres":
        # A statement of its own: the next one must see what the last holder has committed.
        await rows("SELECT pg_advisory_xact_lock($1)", ADVISORY_LOCK)
    head = await rows("SELECT seq, hash FROM core_audit ORDER BY seq DESC LIMIT 1")
    seq, previous = (int(head[0]["seq"]), str(head[0]["hash"])) if head else (0, "")
    written: list[AuditRow] = []
    things: list[AuditThing] = []
    for entry in entries:
        row = _row(seq + 1, previous, entry)
        seq, previous = row.seq, row.hash
        written.append(row)
        things += [AuditThing(seq=row.seq, kind=kind, key=key) for kind, key in entry.things]
    await AuditRow.bulk_create(written, batch_size=AT_ONCE)
    await AuditThing.bulk_create(things, batch_size=AT_ONCE)


def _row(seq: int, previous: str, entry: Entry) -> AuditRow:
    row = AuditRow(
        seq=seq,
        at=datetime.now(UTC),
        person_id=entry.person_id,
        session_id=entry.session_id,
        action=entry.action,
        purpose=entry.purpose,
        remote=entry.origin.remote[:60],
        request=entry.origin.request[:40],
        details=dict(entry.details),
        previous=previous,
    )
    row.hash = hash_of(row, entry.things)
    return row


def hash_of(row: AuditRow, things: Sequence[tuple[str, str]]) -> str:
    """SHA-256 over JSON without spaces, keys in order; all but the hash itself."""
    content = [
        FORMAT,
        row.previous,
        row.seq,
        row.at.astimezone(UTC).isoformat(timespec="microseconds"),
        row.person_id,
        row.session_id,
        row.action,
        sorted(things),
        row.purpose,
        row.remote,
        row.request,
        row.details,
    ]
    text = json.dumps(content, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


# What was read lately, in this process: (sign-in, action, thing) and when it was written.
_Reading: TypeAlias = tuple[int, str, tuple[str, str]]
_memory: OrderedDict[_Reading, float] = OrderedDict()
_of: list[House] = []
MOST_REMEMBERED = 50_000


def _remembered() -> OrderedDict[_Reading, float]:
    if not _of or _of[0] is not house():
        _of[:] = [house()]
        _memory.clear()
    return _memory


def _key(viewer: Viewer, action: str, thing: tuple[str, str]) -> _Reading:
    return (viewer.session_id or -viewer.person_id, action, thing)


def _lately(viewer: Viewer, action: str, thing: tuple[str, str], within: float) -> bool:
    written = _remembered().get(_key(viewer, action, thing))
    return written is not None and time.monotonic() - written < within


def _keep(viewer: Viewer, action: str, thing: tuple[str, str]) -> None:
    memory, key = _remembered(), _key(viewer, action, thing)
    memory[key] = time.monotonic()
    memory.move_to_end(key)
    while len(memory) > MOST_REMEMBERED:
        memory.popitem(last=False)
