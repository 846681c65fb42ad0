"""One place: its map, what lies in it, its history, its compounds."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from tortoise.expressions import Q

from liuhe import LEVEL_LABELS, LEVELS, Area, NotFound, demand_held, may
from liuhe.graphql import Connection, connection
from liuhe.pages import Request, Response, page, viewer
from plugins.places.actions import ancestors, standing, today
from plugins.places.models import Compound, Division, Succession
from plugins.places.pages.drawing import Drawing, paper_for
from plugins.places.pages.tree import grow
from plugins.places.permissions import AREA
from plugins.places.rules.codes import COMPOUND_KINDS, KINDS, SUCCESSIONS

HERE = "/admin/places/"
DOTS = 200
ROWS = 20
SUFFIXES = ("街道", "社区", "微网格", "网格")


async def first_page(request: Request) -> Response:
    """The widest place that stands."""
    demand_held(viewer(request), "places.see")
    top = await Area.filter(standing(today()), parent_id__isnull=True).order_by("code").first()
    if top is None:
        may_import = viewer(request).holds("places.edit")
        context = {"page_title": "地点", "may_import": may_import}
        return await page(request, "places/empty.html", context)
    return await _show(request, top)


async def place_page(request: Request) -> Response:
    demand_held(viewer(request), "places.see")
    area = await Area.get_or_none(id=request.path_params["id"])
    if area is None:
        raise NotFound()
    return await _show(request, area)


async def _show(request: Request, area: Area) -> Response:
    above = await ancestors(area)
    children = await Area.filter(standing(today()), parent_id=area.id).order_by("code")
    division = await Division.get_or_none(area_id=area.id)
    compounds = await _compounds(area, request.query_params.get("after"))
    tree = await grow([*above, area][:1], [one.id for one in (*above, area)], area.id)
    context = {
        "page_title": area.name,
        "area": area,
        "level": LEVEL_LABELS[area.level],
        "above": above,
        "children": children,
        "below": _below(area),
        "drawing": await _draw(area, division, children),
        "tree": tree,
        "facts": _facts(area, division),
        "history": await _history(area),
        "compounds": [_row(edge.row) for edge in compounds.edges],
        "total": await compounds.total_count(),
        "next": _next(area, compounds),
        "may_edit": may(viewer(request), "places.edit", area, AREA),
    }
    return await page(request, "places/place.html", context)


def _below(area: Area) -> str:
    """What the level below is called; "" for the lowest."""
    index = LEVELS.index(area.level) + 1
    return LEVEL_LABELS[LEVELS[index]] if index < len(LEVELS) else ""


async def _draw(area: Area, division: Division | None, children: Sequence[Area]) -> Drawing | None:
    names = {child.id: child.name for child in children}
    shapes = [
        row for row in await Division.filter(area_id__in=list(names)) if row.polygon is not None
    ]
    whole = division.polygon if division else None
    paper = paper_for([whole] if whole else [row.polygon for row in shapes])
    if paper is None:
        return None
    dots = Compound.filter(standing(today()), area__path__startswith=area.path).limit(DOTS)
    return Drawing(
        height=paper.height,
        whole=paper.outline(whole) if whole else None,
        parts=[
            paper.outline(
                row.polygon,
                label=_short(names[row.area_id], area.name),
                title=names[row.area_id],
                href=f"{HERE}{row.area_id}",
            )
            for row in shapes
        ],
        dots=[paper.dot(one.longitude, one.latitude, one.name) for one in await dots],
    )


def _short(name: str, parent: str) -> str:
    """A label without what the level and the parent say already."""
    for suffix in SUFFIXES:
        name = name.removesuffix(suffix)
        parent = parent.removesuffix(suffix)
    return name.removeprefix(parent) or name


def _facts(area: Area, division: Division | None) -> list[tuple[str, Any]]:
    kind = division.kind if division else ""
    return [
        ("代码", area.code),
        ("层级", LEVEL_LABELS[area.level]),
        ("城乡分类", f"{KINDS[kind]}（{kind}）" if kind in KINDS else ""),
        ("设立", area.valid_from.isoformat()),
        ("撤销", area.valid_to.isoformat() if area.valid_to else ""),
        ("备注", division.note if division else ""),
    ]


async def _history(area: Area) -> list[dict[str, Any]]:
    """Where it came from and what followed it, the oldest first."""
    ties = (
        await Succession.filter(Q(predecessor_id=area.id) | Q(successor_id=area.id))
        .select_related("predecessor", "successor")
        .order_by("on", "id")
    )
    return [_tie(area, tie) for tie in ties]


def _tie(area: Area, tie: Succession) -> dict[str, Any]:
    if tie.kind == "rename":
        return {"title": f"由“{tie.former_name}”更名", "meta": tie.on.isoformat(), "href": ""}
    came = tie.successor_id == area.id
    other = tie.predecessor if came else tie.successor
    verb = SUCCESSIONS[tie.kind]
    title = f"由{other.name}{verb}而来" if came else f"{verb}为{other.name}"
    return {"title": title, "meta": tie.on.isoformat(), "href": f"{HERE}{other.id}"}


async def _compounds(area: Area, after: str | None) -> Connection[Compound]:
    inside = Compound.filter(standing(today()), area__path__startswith=area.path)
    return await connection(
        inside.select_related("area"), _same, order=["name"], first=ROWS, after=after
    )


def _same(row: Compound) -> Compound:
    return row


def _row(row: Compound) -> dict[str, Any]:
    return {
        "name": row.name,
        "kind": COMPOUND_KINDS[row.kind],
        "address": row.address,
        "households": row.households,
        "area": row.area,
    }


def _next(area: Area, compounds: Connection[Compound]) -> str:
    after = compounds.page_info.page.end_cursor
    more = compounds.page_info.page.has_next
    return f"{HERE}{area.id}?{urlencode({'after': after})}#compounds" if more else ""
