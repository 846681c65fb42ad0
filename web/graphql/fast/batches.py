"""Rows become answers column by column: what is plain is never touched row by row."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, TypeAlias

from web.graphql.fast.shapes import Unfit


class Batch:
    """Rows that are answered together. `over`: the nodes over them, where resolvers want some."""

    over: Sequence[Any] = ()

    def __init__(self, rows: Sequence[Any], info: Any) -> None:
        self.rows, self.info = rows, info

    @cached_property
    def columns(self) -> Sequence[Sequence[Any]]:
        return list(zip(*self.rows, strict=True))


#: One value for each row of the batch, of which there is at least one.
Make: TypeAlias = Callable[[Batch], Sequence[Any]]


def nodes(parts: Sequence[tuple[str, Make]], over: Callable[[Any], Any] | None = None) -> Make:
    """The answers of rows, key by key; `over` makes the nodes that resolvers are given."""
    names = [name for name, _ in parts]
    makes = [make for _, make in parts]

    def made(batch: Batch) -> Sequence[Any]:
        if not batch.rows:
            return []
        if over is not None:
            batch.over = [over(row) for row in batch.rows]
        columns = [make(batch) for make in makes]
        return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]

    return made


def joined(at: int, make: Make, *, required: bool) -> Make:
    """What rows point to by the column `at`: made once for all that point to the same."""

    def made(batch: Batch) -> Sequence[Any]:
        keys = batch.columns[at]
        # (of several rows with one key, any is as good)
        different = dict(zip(keys, batch.rows, strict=True))
        without = different.pop(None, None)
        if without is not None and required:
            raise Unfit
        answers = make(Batch(list(different.values()), batch.info))
        found = dict(zip(different, answers, strict=True))
        return [None if key is None else found[key] for key in keys]

    return made
