"""A connection over a short list: the children of many places come in one query, then are paged.

A place has a few dozen children at most, so the page is cut in memory.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from liuhe import Area, BadInput
from liuhe.graphql import Connection, Edge, PageInfo, global_id

T = TypeVar("T")

SIZE, MOST = 20, 100


@dataclass(frozen=True, kw_only=True)
class Family:
    """The part from `start` to `stop` of a list: what a connection asks of its page and whole."""

    members: Sequence[Area]
    start: int
    stop: int

    @property
    def rows(self) -> Sequence[Area]:
        return self.members[self.start : self.stop]

    @property
    def has_next(self) -> bool:
        return self.stop < len(self.members)

    @property
    def has_previous(self) -> bool:
        return self.start > 0

    @property
    def start_cursor(self) -> str | None:
        return self.cursor(self.rows[0]) if self.rows else None

    @property
    def end_cursor(self) -> str | None:
        return self.cursor(self.rows[-1]) if self.rows else None

    def cursor(self, row: Area) -> str:
        return cursor(row)

    async def count(self) -> int:
        return len(self.members)


def cursor(row: Area) -> str:
    return str(global_id("Child", row.id))


def family(
    members: Sequence[Area],
    to_node: Callable[[Area], T],
    *,
    first: int | None,
    after: str | None,
    last: int | None,
    before: str | None,
) -> Connection[T]:
    size = _size(first, last)
    start = _index(members, after, "after") + 1 if after is not None else 0
    stop = _index(members, before, "before") if before is not None else len(members)
    if last is None:
        stop = min(stop, start + size)
    else:
        start = max(start, stop - size)
    page: Any = Family(members=members, start=start, stop=max(start, stop))
    edges = [Edge(page=page, row=row, node=to_node(row)) for row in page.rows]
    return Connection(whole=page, edges=edges, page_info=PageInfo(page=page))


def _size(first: int | None, last: int | None) -> int:
    if first is not None and last is not None:
        raise BadInput("first 和 last 不能同时给。", field="last", reason="conflict")
    name, size = ("first", first) if last is None else ("last", last)
    size = SIZE if size is None else size
    if not 0 <= size <= MOST:
        raise BadInput(f"{name} 在 0 到 {MOST} 之间，请分页取。", field=name, reason="range")
    return size


def _index(members: Sequence[Area], given: str, name: str) -> int:
    for index, row in enumerate(members):
        if cursor(row) == given:
            return index
    raise BadInput(f"{name} 不是这个列表给出的游标。", field=name, reason="cursor")
