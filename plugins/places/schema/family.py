"""A connection over a short list: the children of many places come in one query, then are paged.

A place has a few dozen children and some thousand compounds at most, so the page is cut in memory.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from liuhe import BadInput
from liuhe.graphql import Connection, Edge, PageInfo, global_id

T = TypeVar("T")


class Member(Protocol):
    """What has a number of its own: a row, or what stands for one until the page is known."""

    @property
    def id(self) -> Any: ...


M = TypeVar("M", bound=Member)

SIZE, MOST = 20, 100


@dataclass(frozen=True, kw_only=True)
class Family:
    """The part from `start` to `stop` of a list: what a connection asks of its page and whole."""

    members: Sequence[Any]
    start: int
    stop: int

    @property
    def rows(self) -> Sequence[Any]:
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

    def cursor(self, row: Member) -> str:
        return cursor(row)

    async def count(self) -> int:
        return len(self.members)


def cursor(row: Member) -> str:
    return str(global_id("Child", row.id))


def cut(
    members: Sequence[M],
    *,
    first: int | None,
    after: str | None,
    last: int | None,
    before: str | None,
) -> Family:
    """The part that is asked for."""
    size = _size(first, last)
    start = _index(members, after, "after") + 1 if after is not None else 0
    stop = _index(members, before, "before") if before is not None else len(members)
    if last is None:
        stop = min(stop, start + size)
    else:
        start = max(start, stop - size)
    return Family(members=members, start=start, stop=max(start, stop))


def shown(page: Family, nodes: Sequence[T]) -> Connection[T]:
    """The page with a node for each of its rows."""
    part: Any = page
    edges = [
        Edge(page=part, row=row, node=node) for row, node in zip(page.rows, nodes, strict=True)
    ]
    return Connection(whole=part, edges=edges, page_info=PageInfo(page=part))


def _size(first: int | None, last: int | None) -> int:
    if first is not None and last is not None:
        raise BadInput("first 和 last 不能同时给。", field="last", reason="conflict")
    name, size = ("first", first) if last is None else ("last", last)
    size = SIZE if size is None else size
    if not 0 <= size <= MOST:
        raise BadInput(f"{name} 在 0 到 {MOST} 之间，请分页取。", field=name, reason="range")
    return size


def _index(members: Sequence[Any], given: str, name: str) -> int:
    for index, row in enumerate(members):
        if cursor(row) == given:
            return index
    raise BadInput(f"{name} 不是这个列表给出的游标。", field=name, reason="cursor")
