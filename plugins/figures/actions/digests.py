"""校验码: SHA-256 over a sheet and its rows in order; the same counts give the same bytes."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import orjson
from tortoise.expressions import Q

from liuhe import recorded
from plugins.figures.models import Row, Sheet
from plugins.figures.permissions import CLOSED
from plugins.figures.rules import month_text

FORMAT = 1  # of what is digested
PART = 1000
_PLAIN = (
    *("thing_id", "part", "area_path", "street_id", "community_id", "unit_id"),
    *("type_code", "numerator", "denominator"),
)


class _Digest:
    """JSON, as it comes: [head, [row, row, …]]."""

    def __init__(self, sheet: Sheet) -> None:
        head = [FORMAT, sheet.month.isoformat(), sheet.code, sheet.version, sheet.card, sheet.names]
        head += [sheet.hidden, sheet.numerator, sheet.denominator]
        self.sum = hashlib.sha256(b"[" + orjson.dumps(head, option=orjson.OPT_SORT_KEYS) + b",[")
        self.between = b""

    def add(self, row: Row) -> None:
        line = [getattr(row, name) for name in _PLAIN] + [_stamp(row.due_at), _stamp(row.done_at)]
        self.sum.update(self.between + orjson.dumps(line))
        self.between = b","

    def told(self) -> str:
        self.sum.update(b"]]")
        return self.sum.hexdigest()


def _stamp(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at else None


def digest(sheet: Sheet, rows: Sequence[Row]) -> str:
    found = _Digest(sheet)
    for row in sorted(rows, key=lambda row: (row.thing_id, row.part)):
        found.add(row)
    return found.told()


async def check_month(month: date) -> list[tuple[Sheet, bool]]:
    """Each closed sheet, and whether it is still what was closed, and what the audit says was."""
    sealed: dict[str, str] = {}
    for details in await recorded(CLOSED, ("figures.Month", month_text(month))):
        sealed |= _digests(details)
    sheets = await Sheet.filter(month=month, closed_at__isnull=False).order_by("code")
    return [
        (one, one.digest == sealed.get(one.code, one.digest) and await check_sheet(one))
        for one in sheets
    ]


def _digests(details: Mapping[str, Any]) -> Mapping[str, str]:
    """What was closed before they were written down there has none."""
    return details.get("digests") or {}


async def check_sheet(sheet: Sheet) -> bool:
    """Whether a sheet and its rows give its digest; read a part at a time."""
    found, after = _Digest(sheet), Q()
    while True:
        wanted = Row.filter(after, sheet_id=sheet.id).order_by("thing_id", "part")
        part = await wanted.limit(PART)
        for row in part:
            found.add(row)
        if len(part) < PART:
            return found.told() == sheet.digest
        last = part[-1]
        after = Q(thing_id__gt=last.thing_id) | Q(thing_id=last.thing_id, part__gt=last.part)
