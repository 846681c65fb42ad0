"""谁看过 readings: of one's own, when, by which office and why; never by which person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tortoise.expressions import Q, Subquery

from core.areas import Area
from core.audit import AuditRow, AuditThing, Thing, named
from core.people import Unit
from core.permissions import Grant

PERSONAL = "personal.read"


@dataclass(frozen=True, kw_only=True)
class Reading:
    """`office`: the unit or area in whose name it was read; "" where the audit does not say."""

    at: datetime
    office: str
    reason: str


def office_in(grant: Grant) -> dict[str, int]:
    """In whose name somebody reads with this grant, as the audit keeps it."""
    if grant.unit_id is not None:
        return {"unit": grant.unit_id}
    ids = [int(part) for part in grant.area_path.split(".") if part]
    return {"area": ids[-1]} if ids else {}


async def readings_of(*about: Thing, most: int) -> list[Reading]:
    """Who was shown the personal values of any of these things, the newest first."""
    any_of = Q(*(Q(kind=kind, key=key) for kind, key in named(about)), join_type=Q.OR)
    about_them = Subquery(AuditThing.filter(any_of).values("seq"))
    found = AuditRow.filter(seq__in=about_them, action=PERSONAL).order_by("-seq").limit(most)
    rows = await found.values_list("at", "purpose", "details")
    units = await _names(Unit, "unit", [details for _, _, details in rows])
    areas = await _names(Area, "area", [details for _, _, details in rows])
    return [
        Reading(at=at, reason=purpose, office=_office(details, units, areas))
        for at, purpose, details in rows
    ]


async def _names(model: Any, key: str, told: list[Mapping[str, Any]]) -> dict[int, str]:
    ids = {one[key] for one in told if key in one}
    return dict(await model.filter(id__in=ids).values_list("id", "name")) if ids else {}


def _office(details: Mapping[str, Any], units: dict[int, str], areas: dict[int, str]) -> str:
    return units.get(details.get("unit", 0)) or areas.get(details.get("area", 0)) or ""


async def recorded(action: str, about: Thing) -> list[Mapping[str, Any]]:
    """The details of what was done so to this thing, the oldest first, as the audit keeps them."""
    ((kind, key),) = named([about])
    seqs = Subquery(AuditThing.filter(kind=kind, key=key).values("seq"))
    found = AuditRow.filter(seq__in=seqs, action=action).order_by("seq")
    return [dict(one) for one in await found.values_list("details", flat=True)]
