"""Pages by keyset: "the next 20 after this row", by value, never by offset.

A cursor holds the values of the order columns and the primary key of one row, so a page costs one
query however deep it lies, and rows that come or go meanwhile are neither repeated nor skipped.
Empty values (NULL) come last in either direction, on every engine.
"""

import base64
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Generic, TypeVar
from uuid import UUID

import orjson
from tortoise.expressions import Case, Q, When
from tortoise.fields import Field
from tortoise.models import Model
from tortoise.queryset import QuerySet

from core.errors import BadInput
from web.ways import among, ways

M = TypeVar("M", bound=Model)

SIZE = 20
MAX_SIZE = 100
_LONGEST_CURSOR = 2_000
_INT64 = 2**63


@dataclass(frozen=True, kw_only=True)
class Window:
    """What part of a list is wanted, checked: `size` rows after or before the given cursors."""

    size: int = SIZE
    backward: bool = False
    after: str | None = None
    before: str | None = None


def window(
    *,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> Window:
    """The window that Relay's four arguments describe, or BadInput."""
    if first is not None and last is not None:
        raise BadInput("first 和 last 不能同时给。", field="last", reason="conflict")
    name, size = ("first", first) if last is None else ("last", last)
    if size is None:
        size = SIZE
    if size < 0:
        raise BadInput(f"{name} 不能是负数。", field=name, reason="negative")
    if size > MAX_SIZE:
        raise BadInput(f"{name} 最多 {MAX_SIZE}，请分页取。", field=name, reason="too_large")
    return Window(size=size, backward=last is not None, after=after, before=before)


@dataclass(frozen=True, kw_only=True)
class Slice(Generic[M]):
    """One page of rows, in the list's order."""

    rows: Sequence[M]
    has_next: bool
    has_previous: bool
    keyset: "Keyset"

    def cursor(self, row: M) -> str:
        return self.keyset.encode(row)

    @property
    def start_cursor(self) -> str | None:
        return self.cursor(self.rows[0]) if self.rows else None

    @property
    def end_cursor(self) -> str | None:
        return self.cursor(self.rows[-1]) if self.rows else None


@dataclass(frozen=True)
class Column:
    """One step of an order. `field` is None for an annotation of the queryset (never NULL);
    `filled`: no row of this list is NULL there, so that an index gives the order."""

    name: str
    down: bool
    field: "Field[Any] | None"
    filled: bool = False

    @property
    def nullable(self) -> bool:
        return self.field is not None and self.field.null and not self.filled

    @property
    def flag(self) -> str:
        """The annotation that sorts NULLs: 1 for them, 0 for the others."""
        return f"keyset_empty_{self.name}"

    def beyond(self, value: Any, backward: bool) -> Q | None:
        """Rows past `value` on this step alone; None if nothing can be."""
        if value is None:
            return _is(f"{self.name}__isnull", False) if backward else None
        side = "lt" if self.down != backward else "gt"
        past = _is(f"{self.name}__{side}", value)
        if self.nullable and not backward:
            past |= _is(f"{self.name}__isnull", True)
        return past

    def same(self, value: Any) -> Q:
        return _is(f"{self.name}__isnull", True) if value is None else _is(self.name, value)


def _is(lookup: str, value: Any) -> Q:
    return Q(**dict[str, Any]({lookup: value}))


class Keyset:
    """An order over a model's rows, made total by the primary key."""

    def __init__(
        self, model: type[Model], order: Sequence[str], filled: Collection[str] = ()
    ) -> None:
        meta = model._meta
        names = [name.lstrip("-") for name in order]
        if meta.pk_attr not in names:
            down = bool(order) and order[-1].startswith("-")
            order = [*order, f"-{meta.pk_attr}" if down else meta.pk_attr]
        self.columns = [
            Column(bare, name.startswith("-"), meta.fields_map.get(bare), bare in filled)
            for name, bare in ((name, name.lstrip("-")) for name in order)
        ]
        self.order = f"{meta.db_table}:{','.join(order)}"

    def encode(self, row: Model) -> str:
        return self.encode_values([getattr(row, column.name) for column in self.columns])

    def encode_values(self, values: Sequence[Any]) -> str:
        content = orjson.dumps([self.order, [_plain(value) for value in values]])
        return base64.urlsafe_b64encode(content).rstrip(b"=").decode()

    def decode(self, cursor: str, name: str = "after") -> list[Any]:
        """The values behind a cursor; BadInput for one that this list did not give."""
        try:
            if len(cursor) > _LONGEST_CURSOR:
                raise ValueError("too long")
            padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
            given, values = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
            if given != self.order or len(values) != len(self.columns):
                raise ValueError("another list")
            return [_value(c, value) for c, value in zip(self.columns, values, strict=True)]
        except (ValueError, TypeError, ArithmeticError, AttributeError) as error:
            message = f"{name} 不是这个列表给出的游标；换了排序要从头取。"
            raise BadInput(message, field=name, reason="cursor") from error

    def past(self, values: Sequence[Any], *, backward: bool) -> Q:
        """The rows after (or before) the one with these values."""
        steps: list[Q] = []
        for index, column in enumerate(self.columns):
            beyond = column.beyond(values[index], backward)
            if beyond is not None:
                same = [c.same(v) for c, v in zip(self.columns[:index], values, strict=False)]
                steps.append(Q(*same, beyond))
        return Q(*steps, join_type="OR")

    def sort(self, queryset: QuerySet[M], *, backward: bool) -> QuerySet[M]:
        order: list[str] = []
        for column in self.columns:
            if column.nullable:
                empty = Case(When(**{f"{column.name}__isnull": True}, then="1"), default="0")
                queryset = queryset.annotate(**{column.flag: empty})
                order.append(f"-{column.flag}" if backward else column.flag)
            order.append(f"-{column.name}" if column.down != backward else column.name)
        return queryset.order_by(*order)


def keyset_of(queryset: QuerySet[M], order: Sequence[str]) -> Keyset:
    """The order over a list; where its own conditions leave nothing empty, none is looked for."""
    plain = [q for q in queryset._q_objects if q.join_type == Q.AND and not q._is_negated]
    asked: dict[str, Any] = {name: value for q in plain for name, value in q.filters.items()}
    filled = {
        name.removesuffix("__isnull")
        for name, value in asked.items()
        if name.endswith("__isnull") and value is False
    }
    return Keyset(queryset.model, order, filled)


async def slice_of(queryset: QuerySet[M], order: Sequence[str], part: Window) -> Slice[M]:
    """One page, in one query. `order` holds the model's own columns, "-" before falling ones."""
    keyset = keyset_of(queryset, order)
    return cut(await part_of(queryset, keyset, part), keyset, part)


def part_of(queryset: QuerySet[M], keyset: Keyset, part: Window) -> QuerySet[M]:
    """The rows of the page, and one more that tells whether others lie beyond."""
    pages = [_first(way, keyset, part) for way in ways(queryset)]
    if len(pages) == 1:
        return pages[0]
    found = keyset.sort(among(queryset, pages), backward=part.backward)
    return found.limit(part.size + 1)


def _first(found: QuerySet[M], keyset: Keyset, part: Window) -> QuerySet[M]:
    if part.after is not None:
        found = found.filter(keyset.past(keyset.decode(part.after, "after"), backward=False))
    if part.before is not None:
        found = found.filter(keyset.past(keyset.decode(part.before, "before"), backward=True))
    return keyset.sort(found, backward=part.backward).limit(part.size + 1)


def cut(found: Sequence[M], keyset: Keyset, part: Window) -> Slice[M]:
    """The page of what `part_of` found."""
    more, rows = len(found) > part.size, list(found[: part.size])
    if part.backward:
        rows.reverse()
    # Where a cursor bounds the page, its own row (at least) lies beyond.
    return Slice(
        rows=rows,
        has_next=part.before is not None or (more and not part.backward),
        has_previous=part.after is not None or (more and part.backward),
        keyset=keyset,
    )


def _plain(value: Any) -> Any:
    """A value as JSON keeps it without loss."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, UUID | Decimal):
        return str(value)
    if isinstance(value, timedelta):
        return value // timedelta(microseconds=1)
    return value


def _value(column: Column, value: Any) -> Any:
    """What came in a cursor as the column's own type; ValueError if it cannot be."""
    if value is None:
        if not column.nullable:
            raise ValueError("never empty")
        return None
    if isinstance(value, dict | list) or (isinstance(value, float) and not math.isfinite(value)):
        raise ValueError("not a value")
    if isinstance(value, str) and "\0" in value:
        raise ValueError("not text")
    if column.field is None:
        return value
    known = column.field.to_python_value(value)
    limits = column.field.constraints
    if isinstance(known, int) and not limits.get("ge", -_INT64) <= known <= limits.get(
        "le", _INT64 - 1
    ):
        raise ValueError("out of range")
    return known
