"""Finding a place or a compound by its name, its code or its address."""

from typing import Any

from tortoise.expressions import Q

from liuhe import LEVEL_LABELS, Area, demand_held
from liuhe.pages import Request, Response, page, viewer
from plugins.places.actions import standing, today
from plugins.places.models import Compound
from plugins.places.rules.codes import COMPOUND_KINDS

MOST = 50


async def search_page(request: Request) -> Response:
    demand_held(viewer(request), "places.see")
    text = request.query_params.get("q", "").strip()[:60]
    places = await _places(text) if text else []
    compounds = await _compounds(text) if text else []
    context = {
        "page_title": "查找地点",
        "text": text,
        "places": places,
        "compounds": compounds,
        "most": MOST,
    }
    return await page(request, "places/search.html", context)


async def _places(text: str) -> list[dict[str, Any]]:
    named = Q(name__icontains=text) | Q(code__startswith=text)
    found = await Area.filter(standing(today()), named).order_by("code").limit(MOST)
    chains = await _chains(found)
    return [
        {
            "title": area.name,
            "meta": f"{chains[area.id]} {area.code}".strip(),
            "href": f"/admin/places/{area.id}",
            "badge": LEVEL_LABELS[area.level],
        }
        for area in found
    ]


async def _compounds(text: str) -> list[dict[str, Any]]:
    named = Q(name__icontains=text) | Q(address__icontains=text)
    found = Compound.filter(standing(today()), named).order_by("name", "id").limit(MOST)
    rows = await found.select_related("area")
    chains = await _chains([row.area for row in rows])
    return [
        {
            "title": row.name,
            "meta": " / ".join(filter(None, (chains[row.area_id], row.area.name, row.address))),
            "href": f"/admin/places/{row.area_id}",
            "badge": COMPOUND_KINDS[row.kind],
        }
        for row in rows
    ]


async def _chains(areas: list[Area]) -> dict[int, str]:
    """For each area the names of what it lies in, below the widest; one query."""
    paths = {area.id: [int(part) for part in area.path.split(".") if part] for area in areas}
    ids = {id for path in paths.values() for id in path[1:-1]}
    names = dict(await Area.filter(id__in=ids).values_list("id", "name")) if ids else {}
    return {id: " / ".join(names[one] for one in path[1:-1]) for id, path in paths.items()}
