"""What is on any of several lists, each looked up on its own."""

from collections.abc import Sequence
from typing import Any

from pypika_tortoise.context import SqlContext
from tortoise.expressions import Q, Subquery
from tortoise.models import Model
from tortoise.queryset import QuerySet


def in_any(lists: "Sequence[QuerySet[Any]]") -> Q:
    """The rows that are on any of these lists of one model (at least one list).

    An engine that meets "this or that" often uses the index of neither; here each list is found by
    its own, and only the keys are put together.
    """
    return Q(pk__in=_Rows(lists[0].model, lists))


class _Rows(Subquery):
    """The keys of several lists, each as far as it is limited."""

    def __init__(self, model: type[Model], lists: "Sequence[QuerySet[Any]]") -> None:
        key = model._meta.pk_attr
        # An order that is an annotation must be selected.
        chosen = [one.values(key, *one._annotations) for one in lists]
        super().__init__(chosen[0])
        self.key, self.lists = key, [Subquery(one) for one in chosen]

    def get_sql(self, ctx: SqlContext) -> str:
        parts = (
            f'SELECT "{self.key}" FROM {one.get_sql(ctx)} AS "way{number}"'
            for number, one in enumerate(self.lists)
        )
        return f"({' UNION ALL '.join(parts)})"
