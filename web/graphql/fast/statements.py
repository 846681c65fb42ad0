"""The text of a list's statement, kept while the same is asked again: writing it costs as much as
running it. Only the text and its values are kept, never a row."""

from collections.abc import Hashable, Sequence
from typing import Any, TypeAlias

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from core.database import dialect
from web.graphql.kept import Kept
from web.keyset import Keyset, Window, part_of

Statement: TypeAlias = tuple[str, list[Any]]

_kept: Kept[Statement] = Kept(512)
#: Parts of a query that change its text; a list that has one of them is written anew each time.
_FURTHER = (
    *("_annotations", "_custom_filters", "_distinct", "_offset", "_having", "_group_bys"),
    *("_filter_kwargs", "_select_for_update", "_use_indexes", "_force_indexes", "_db"),
)


class _Unknown(Exception):
    """A condition whose text depends on more than can be compared."""


def statement(
    whole: "QuerySet[Any]", keyset: Keyset, window: Window, columns: Sequence[str]
) -> Statement:
    """What is to be sent for these columns of the page's rows."""
    flags = [column.flag for column in keyset.columns if column.nullable]

    def write() -> Statement:
        return _written(part_of(whole, keyset, window), (*columns, *flags))

    key = _key(whole, columns)
    if key is None:
        return write()
    sql, values = _kept.get((key, keyset.order, *flags, window), write)
    return sql, list(values)


def _written(asked: "QuerySet[Any]", columns: Sequence[str]) -> Statement:
    chosen: Any = asked.values(*columns)
    chosen._choose_db_if_not_chosen()
    chosen._make_query()
    sql, values = chosen.query.get_parameterized_sql()
    return sql, list(values)


def _key(asked: Any, columns: Sequence[str]) -> Hashable | None:
    """All of the whole list that the text and its values follow from, or None."""
    if any(getattr(asked, name) for name in _FURTHER):
        return None
    try:
        conditions = tuple(_condition(one) for one in asked._q_objects)
        key = (dialect(), asked.model, tuple(columns), tuple(asked._orderings), asked._limit)
        hash(conditions)
    except (_Unknown, TypeError):
        return None
    return key, conditions


def _condition(one: Q) -> Hashable:
    below = tuple(_condition(child) for child in one.children)
    own = tuple((name, _value(value)) for name, value in one.filters.items())
    return one.join_type, one._is_negated, below, own


def _value(value: Any) -> Hashable:
    """`1`, `1.0` and `True` are equal, but not as values of a statement."""
    if isinstance(value, list | tuple):
        return type(value), tuple(_value(one) for one in value)
    if type(value).__module__.startswith(("tortoise", "pypika_tortoise")):
        raise _Unknown  # a subquery or an expression: compared by identity at best
    return type(value), value
