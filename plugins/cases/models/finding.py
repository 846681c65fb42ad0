"""What part of the cases a list is to show: one description for pages and GraphQL alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from tortoise.expressions import Case, Q, When
from tortoise.models import Model
from tortoise.queryset import QuerySet

from plugins.cases.rules import UNDER_WAY, Source, Stage

M = TypeVar("M", bound=Model)

MOST_SEARCH = 100
#: Orders that a list may have; each has an index.
ORDERS = ("opened_at", "due_at", "number")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Every part that is given must fit. `area_path`: with all that lies in the area. `search` is
    looked up in an index before (see `narrowed`)."""

    stages: Sequence[Stage] = ()
    type_code: str = ""
    class_code: str = ""
    area_path: str = ""
    unit_id: int | None = None
    source: Source | None = None
    overdue: bool | None = None
    opened_from: datetime | None = None
    opened_to: datetime | None = None
    search: str = ""

    def condition(self, now: datetime) -> Q:
        """All but the search."""
        lookups: dict[str, Any] = {
            "stage__in": list(self.stages),
            "area__path__startswith": self.area_path,
            "unit_id": self.unit_id,
            "source": self.source,
            "opened_at__gte": self.opened_from,
            "opened_at__lt": self.opened_to,
        }
        found = Q(**{lookup: value for lookup, value in lookups.items() if value})
        return found & self._late(now)

    def _late(self, now: datetime) -> Q:
        if self.overdue is None:
            return Q()
        return late(now) if self.overdue else Q(due_at__isnull=True) | Q(due_at__gte=now)


def by_due(found: QuerySet[M]) -> QuerySet[M]:
    """What is due first comes first, what is not timed last, on either engine.

    (By the bare column, SQLite would begin with all the cases of the past, that are not timed.)
    """
    empty = Case(When(due_at__isnull=True, then="1"), default="0")
    return found.annotate(untimed=empty).order_by("untimed", "due_at", "id")


def unfinished() -> Q:
    """Cases under way, said so that an index finds them whatever else is asked for."""
    return Q(stage__in=list(UNDER_WAY), closed_at__isnull=True)


def late(now: datetime) -> Q:
    """Cases (or tasks) with a clock that ran out before `now`."""
    return Q(due_at__lt=now)


def soon_due(now: datetime) -> Q:
    """Cases whose next clock is in the last quarter of its time."""
    return Q(soon_at__lte=now, due_at__gte=now)


def contains(search: str, *fields: str) -> Q:
    """Rows with the text in one of the fields; "%" and "_" are ordinary characters."""
    text = search.strip()[:MOST_SEARCH]
    if not text:
        return Q()
    lookups: list[dict[str, Any]] = [{f"{field}__icontains": text} for field in fields]
    return Q(*(Q(**lookup) for lookup in lookups), join_type="OR")
