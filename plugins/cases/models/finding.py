"""What part of the cases a list is to show: one description for pages and GraphQL alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tortoise.expressions import Q

from plugins.cases.rules import Source, Stage

MOST_SEARCH = 100
#: Orders that a list may have; each has an index.
ORDERS = ("opened_at", "due_at", "number")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Every part that is given must fit. `area_path`: with all that lies in the area."""

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
        lookups: dict[str, Any] = {
            "stage__in": list(self.stages),
            "type__code": self.type_code,
            "type__class_code": self.class_code,
            "area__path__startswith": self.area_path,
            "unit_id": self.unit_id,
            "source": self.source,
            "opened_at__gte": self.opened_from,
            "opened_at__lt": self.opened_to,
        }
        found = Q(**{lookup: value for lookup, value in lookups.items() if value})
        return found & self._late(now) & contains(self.search, "title", "number", "address")

    def _late(self, now: datetime) -> Q:
        if self.overdue is None:
            return Q()
        return late(now) if self.overdue else Q(due_at__isnull=True) | Q(due_at__gte=now)


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
