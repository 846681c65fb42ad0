"""Whether the audit's chain is whole: every hash anew, in order, a part at a time.

The heads that were once found whole are also kept in a file beside the database, so that a chain
that was cut short or written anew as a whole is noticed too.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tortoise.expressions import Q

from core.audit import AuditRow, AuditThing, hash_of
from core.errors import LiuheError
from core.house import house

PART = 1_000  # rows in memory at a time


class BrokenChain(LiuheError):
    """The first place where the audit is not what was written."""

    status = 409

    def __init__(self, seq: int, message: str) -> None:
        super().__init__(f"审计第 {seq} 行：{message}")
        self.seq = seq


@dataclass(frozen=True, kw_only=True)
class Head:
    """The last row that was looked at."""

    seq: int = 0
    hash: str = ""
    checked: int = 0


async def verify(start: int = 1, marks: Mapping[int, str] | None = None) -> Head:
    """Look at every row from `start` on; BrokenChain at the first that is not as it was written.

    `marks` are hashes of earlier heads by their number.
    """
    marks = marks or {}
    head = await _before(start)
    while part := await AuditRow.filter(seq__gt=head.seq).order_by("seq").limit(PART):
        things = await _things(part[0].seq, part[-1].seq)
        for row in part:
            _check(head, row, things[row.seq], marks)
            head = Head(seq=row.seq, hash=row.hash, checked=head.checked + 1)
    last = max(marks, default=0)
    if last > head.seq:
        raise BrokenChain(head.seq + 1, f"被删除，后面直到第 {last} 行都不在了。")
    await _check_loose(head.seq)
    return head


async def _before(start: int) -> Head:
    """The row before the first to be looked at, taken as it is."""
    if start <= 1:
        return Head()
    row = await AuditRow.get_or_none(seq=start - 1)
    if row is None:
        raise BrokenChain(start - 1, "不在了，不能从它后面开始核对。")
    return Head(seq=row.seq, hash=row.hash)


async def _things(first: int, last: int) -> dict[int, list[tuple[str, str]]]:
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for one in await AuditThing.filter(seq__gte=first, seq__lte=last):
        found[one.seq].append((one.kind, one.key))
    return found


def _check(
    head: Head, row: AuditRow, things: list[tuple[str, str]], marks: Mapping[int, str]
) -> None:
    if row.seq != head.seq + 1:
        raise BrokenChain(head.seq + 1, "被删除。")
    if row.hash != hash_of(row, things):
        raise BrokenChain(row.seq, "被改动，或者是后来插入的。")
    if row.previous != head.hash:
        raise BrokenChain(max(head.seq, 1), "被改写：它后面的一行记着另一个指纹。")
    if marks.get(row.seq, row.hash) != row.hash:
        raise BrokenChain(row.seq, "或者它前面有一行被改写：以前核对时是另一个指纹。")


async def _check_loose(last: int) -> None:
    """What belongs to no row of the chain was put in from outside."""
    below = await AuditRow.filter(seq__lt=1).order_by("seq").first()
    loose = await AuditThing.filter(Q(seq__lt=1) | Q(seq__gt=last)).order_by("seq").first()
    for one in (below, loose):
        if one is None:
            continue
        if one.seq < 1 or not await AuditRow.exists(seq=one.seq):  # not written while we looked
            raise BrokenChain(one.seq, "是后来插入的。")


def marks_file() -> Path:
    return house().settings.data_dir / "audit-heads.txt"


def read_marks() -> dict[int, str]:
    """Heads found whole before, oldest first."""
    try:
        lines = marks_file().read_text("ascii").splitlines()
    except FileNotFoundError:
        return {}
    parts = (line.split() for line in lines)
    return {int(part[0]): part[1] for part in parts if len(part) == 3 and part[0].isdigit()}


def last_mark() -> tuple[int, datetime] | None:
    """Up to which row the nightly look found the chain whole, and when."""
    marks = read_marks()
    if not marks:
        return None
    line = marks_file().read_text("ascii").splitlines()[-1].split()
    return int(line[0]), datetime.fromisoformat(line[2])


def mark(head: Head) -> None:
    """Keep this head; one line more."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    with marks_file().open("a", encoding="ascii") as file:
        file.write(f"{head.seq} {head.hash} {now}\n")


async def verify_new(_: dict[str, Any]) -> None:
    """What came since the last look, joined to the head of that time; a broken chain fails."""
    marks = read_marks()
    last = max(marks, default=0)
    if last:
        await _same(last, marks[last])
    head = await verify(last + 1, marks)
    if head.seq:
        mark(head)


async def _same(seq: int, known: str) -> None:
    row = await AuditRow.get_or_none(seq=seq)
    if row is None:
        raise BrokenChain(seq, "被删除。")
    if row.hash != known:
        raise BrokenChain(seq, "或者它前面有一行被改写：以前核对时是另一个指纹。")
