"""A list of what any of several conditions lets in (`AnyOf`), looked up one way at a time.

An engine that meets such a list at once finds all that either condition lets in and sorts it, be it
for twenty rows. Each way alone has an index that gives its rows in the list's order; the first rows
of the whole are among the first rows of each.
"""

from collections.abc import Sequence
from typing import Any

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from core.permissions import AnyOf
from core.unions import in_any


def ways(queryset: "QuerySet[Any]") -> "list[QuerySet[Any]]":
    """The list as several whose rows together are its own; just itself, where nothing says so."""
    found = _ways(Q(*queryset._q_objects))
    return [_only(queryset, one) for one in found] if len(found) > 1 else [queryset]


def _ways(condition: Q) -> list[Q]:
    if condition._is_negated:
        return [condition]
    if isinstance(condition, AnyOf):
        return [way for one in condition.children for way in _ways(one)]
    if condition.join_type == Q.AND:
        for at, child in enumerate(condition.children):
            if len(found := _ways(child)) > 1:
                rest = condition.children[:at] + condition.children[at + 1 :]
                return [Q(way, *rest) for way in found]
    return [condition]


def among(queryset: "QuerySet[Any]", pages: "Sequence[QuerySet[Any]]") -> "QuerySet[Any]":
    """The list's rows as far as they are on any of these pages of it."""
    return _only(queryset, in_any(pages))


def _only(queryset: "QuerySet[Any]", condition: Q) -> "QuerySet[Any]":
    """The same list under another condition."""
    other = queryset._clone()
    other._q_objects = [condition]
    return other
