"""Writes the plots as areas with their shapes and history, and what stands on them."""

from collections.abc import Iterator

from liuhe import Area, create_area
from plugins.places.models import Compound, Division, Point, Succession
from plugins.places.rules.shapes import Ring, centroid, grains, polygon
from plugins.places.seeds.gongshu import HOUSING, OTHERS, SINCE
from plugins.places.seeds.mesh import chance
from plugins.places.seeds.plots import District, Plot


async def draw_district() -> None:
    district = District()
    areas = await _areas(district)
    await _succession(district, areas)
    await _build(district, areas)


async def _areas(district: District) -> dict[str, Area]:
    areas: dict[str, Area] = {}
    shapes = []

    async def open_plot(plot: Plot, parent: Area | None) -> None:
        area = await create_area(
            code=plot.code,
            name=plot.name,
            level=plot.level,
            parent=parent,
            valid_from=plot.since,
        )
        areas[plot.code] = area
        shapes.append(Division.of(area, polygon(district.ring(plot)), kind=plot.kind))
        for below in plot.below:
            await open_plot(below, area)

    await open_plot(district.top, None)
    await Division.bulk_create(shapes)
    return areas


async def _succession(district: District, areas: dict[str, Area]) -> None:
    for plot in district.top.walk():
        if plot.until is not None:
            ended = areas[plot.code]
            ended.valid_to = plot.until
            await ended.save(update_fields=["valid_to"])
            for code in plot.followed_by:
                await Succession.create(
                    predecessor=ended, successor=areas[code], on=plot.until, kind="split"
                )


async def _build(district: District, areas: dict[str, Area]) -> None:
    communities = [plot for plot in district.top.walk() if plot.level == "community"]
    compounds = [
        compound
        for community in communities
        for compound in (
            *_housing(district, community, areas),
            *_others(district, community, areas),
        )
    ]
    await Compound.bulk_create(compounds)
    await Point.bulk_create([_centre(district, plot, areas) for plot in communities])


def _housing(district: District, community: Plot, areas: dict[str, Area]) -> Iterator[Compound]:
    """A residential compound in the first grid and another in the last."""
    leaves = community.leaves()
    base = community.name.removesuffix("社区")
    for number, leaf in enumerate((leaves[0], leaves[-1])):
        key = f"{leaf.code}{number}"
        name = f"{base}{HOUSING[(number * 2) + (chance(key) > 0)]}"
        compound = _compound(name, "residential", leaf, district, areas)
        compound.polygon = polygon(_shrunk(district.ring(leaf)))
        compound.households = round(900 + 600 * chance(key))
        compound.address = f"{base}路 {round(60 + 50 * chance(key))} 号"
        yield compound


def _others(district: District, community: Plot, areas: dict[str, Area]) -> Iterator[Compound]:
    for kind, base, name in OTHERS:
        if community.name == f"{base}社区":
            yield _compound(name, kind, community.leaves()[1], district, areas)


def _compound(
    name: str, kind: str, leaf: Plot, district: District, areas: dict[str, Area]
) -> Compound:
    longitude, latitude = _middle(district.ring(leaf))
    return Compound(
        name=name,
        kind=kind,
        area=areas[leaf.code],
        longitude=longitude,
        latitude=latitude,
        valid_from=SINCE,
    )


def _centre(district: District, community: Plot, areas: dict[str, Area]) -> Point:
    leaf = community.leaves()[-2]
    longitude, latitude = _middle(district.ring(leaf))
    return Point(
        name=f"{community.name}服务中心",
        longitude=longitude,
        latitude=latitude,
        area=areas[leaf.code],
    )


def _middle(ring: Ring) -> tuple[float, float]:
    longitude, latitude = centroid(polygon(ring))
    return round(longitude, 6), round(latitude, 6)


def _shrunk(ring: Ring, share: float = 0.45) -> Ring:
    """The same form around the same middle; grids are nearly convex, so it stays inside."""
    x0, y0 = grains(*_middle(ring))
    return [(round(x0 + share * (x - x0)), round(y0 + share * (y - y0))) for x, y in ring]
