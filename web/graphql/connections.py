"""Relay connections over Tortoise querysets, by keyset: one query a page."""

# mypy: disallow-untyped-decorators=False
# (strawberry.field, used with brackets, is published without a type)

from collections.abc import Callable, Generator, Sequence
from typing import Annotated, Any, Generic, TypeVar

import strawberry
from tortoise.queryset import QuerySet

from web.keyset import MAX_SIZE, SIZE, Keyset, Slice, Window, cut, keyset_of, part_of, window

T = TypeVar("T")

First = Annotated[
    int | None,
    strawberry.argument(description=f"从前往后取多少条，默认 {SIZE}，最多 {MAX_SIZE} · page size"),
]
After = Annotated[
    str | None, strawberry.argument(description="从这个游标之后开始 · start after this cursor")
]
Last = Annotated[
    int | None,
    strawberry.argument(description=f"从后往前取多少条，最多 {MAX_SIZE} · page size, backwards"),
]
Before = Annotated[
    str | None, strawberry.argument(description="到这个游标之前为止 · end before this cursor")
]


@strawberry.type(description="一页在列表中的位置 · where a page lies in its list")
class PageInfo:
    page: strawberry.Private[Slice[Any]]

    @strawberry.field(description="后面还有没有 · whether more follow")
    def has_next_page(self) -> bool:
        return self.page.has_next

    @strawberry.field(description="前面还有没有 · whether some come before")
    def has_previous_page(self) -> bool:
        return self.page.has_previous

    @strawberry.field(description="本页第一条的游标 · cursor of the first edge")
    def start_cursor(self) -> str | None:
        return self.page.start_cursor

    @strawberry.field(description="本页最后一条的游标 · cursor of the last edge")
    def end_cursor(self) -> str | None:
        return self.page.end_cursor


@strawberry.type(description="列表中的一条 · one entry of a list")
class Edge(Generic[T]):
    page: strawberry.Private[Slice[Any]]
    row: strawberry.Private[Any]
    node: T = strawberry.field(description="这一条本身 · the thing itself")

    @strawberry.field(description="这一条的游标 · cursor of this entry")
    def cursor(self) -> str:
        return self.page.cursor(self.row)


@strawberry.type(description="可以翻页的列表 · a list, page by page")
class Connection(Generic[T]):
    whole: "strawberry.Private[QuerySet[Any]]"
    edges: list[Edge[T]] = strawberry.field(description="本页的条目 · the entries of this page")
    page_info: PageInfo = strawberry.field(description="本页的位置 · where this page lies")

    @strawberry.field(description="整个列表的条数，问到才数 · size of the whole list")
    async def total_count(self) -> int:
        return await self.whole.count()


class Listing(Connection[T]):
    """A connection of which nothing is fetched yet: returned as it is, what is fetched is what was
    selected; awaited, it gives the connection with its rows."""

    def __init__(
        self, queryset: "QuerySet[Any]", to_node: Callable[[Any], T], keyset: Keyset, part: Window
    ) -> None:
        self.whole, self.to_node, self.keyset, self.window = queryset, to_node, keyset, part

    def __await__(self) -> Generator[Any, None, Connection[T]]:
        return self.fetch().__await__()

    async def fetch(self) -> Connection[T]:
        page = cut(await part_of(self.whole, self.keyset, self.window), self.keyset, self.window)
        return Connection(
            whole=self.whole,
            edges=[Edge(page=page, row=row, node=self.to_node(row)) for row in page.rows],
            page_info=PageInfo(page=page),
        )


def connection(
    queryset: "QuerySet[Any]",
    to_node: Callable[[Any], T],
    *,
    order: Sequence[str],
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> Listing[T]:
    """One page of `queryset` in `order` (the model's own columns, "-" before falling ones).

    The primary key is added to the order, and empty values come last. A resolver returns it as it
    is; a page awaits it.
    """
    part = window(first=first, after=after, last=last, before=before)
    keyset = keyset_of(queryset, order)
    for name, cursor in (("after", after), ("before", before)):
        if cursor is not None:
            keyset.decode(cursor, name)
    return Listing(queryset, to_node, keyset, part)
