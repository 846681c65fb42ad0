"""What the lists of the forms offer. Public knowledge: no permission is asked."""

from tortoise.expressions import Q

from liuhe import Area, Viewer
from plugins.cases.actions import types_in_use
from plugins.places.actions import standing, today
from plugins.residents.permissions import ENTER
from plugins.residents.rules import MATTERS

MOST = 1_000
#: A street's name, and what lies in it as (id, name), the street itself first.
Group = tuple[str, list[tuple[int, str]]]


async def offered_matters() -> list[tuple[str, str]]:
    """What may be reported, but for what the district has switched off."""
    used = await types_in_use({matter.type_code for matter in MATTERS})
    return [(matter.key, matter.label) for matter in MATTERS if matter.type_code in used]


async def offered_areas(clerk: Viewer | None = None) -> list[Group]:
    """The streets of today with their communities; of a clerk, those that one keeps."""
    among = standing(today()) & Q(level__in=("street", "community"))
    if clerk is not None:
        among &= _kept(clerk)
    rows = await Area.filter(among).order_by("code").limit(MOST)
    parents = {row.parent_id for row in rows if row.level == "community"}
    names = {row.id: row.name for row in await Area.filter(id__in=list(parents))}
    groups: dict[int, Group] = {}
    for row in rows:
        street = row.id if row.level == "street" else int(row.parent_id or 0)
        name = row.name if row.level == "street" else names.get(street, "")
        _, inside = groups.setdefault(street, (name, []))
        if row.level == "street":
            inside.insert(0, (row.id, f"{row.name}（不清楚哪个社区）"))
        else:
            inside.append((row.id, row.name))
    return list(groups.values())


def _kept(clerk: Viewer) -> Q:
    paths = [one.area_path for one in clerk.grants if ENTER in one.names and one.area_path]
    parts = [Q(path__startswith=path) for path in paths]
    return Q(*parts, join_type="OR") if parts else Q(pk__isnull=True)
