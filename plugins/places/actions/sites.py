"""Compounds and points: what stands in a division."""

from dataclasses import dataclass
from datetime import date

from liuhe import Area, BadInput, Viewer, atomic, demand
from plugins.places.actions.finding import locate, today
from plugins.places.models import Compound, Point
from plugins.places.permissions import AREA
from plugins.places.rules.codes import COMPOUND_KINDS
from plugins.places.rules.shapes import Shape
from plugins.places.rules.validity import position_problem, shape_problem


@dataclass(frozen=True, kw_only=True)
class Site:
    """A compound to be added; without an area it is put where its position lies."""

    name: str
    kind: str
    longitude: float
    latitude: float
    area: Area | None = None
    address: str = ""
    polygon: Shape | None = None
    households: int | None = None


@atomic
async def create_compound(who: Viewer | None, site: Site, *, on: date | None = None) -> Compound:
    """A compound that stands from `on`, or from today."""
    on = on or today()
    _check(site)
    area = site.area or await _area_at(site.longitude, site.latitude, on)
    demand(who, "places.edit", area, AREA)
    return await Compound.create(
        name=site.name.strip(),
        kind=site.kind,
        area=area,
        address=site.address.strip(),
        polygon=site.polygon,
        longitude=site.longitude,
        latitude=site.latitude,
        households=site.households,
        valid_from=on,
    )


@atomic
async def create_point(
    who: Viewer | None,
    *,
    name: str,
    longitude: float,
    latitude: float,
    compound: Compound | None = None,
) -> Point:
    """A named point or an address, in the area where it lies."""
    _check_name(name, most=120)
    area = await _area_at(longitude, latitude, today())
    demand(who, "places.edit", area, AREA)
    return await Point.create(
        name=name.strip(), longitude=longitude, latitude=latitude, area=area, compound=compound
    )


async def _area_at(longitude: float, latitude: float, day: date) -> Area:
    area = await locate(longitude, latitude, day)
    if area is None:
        raise BadInput("这个位置不在任何区划的范围里。", field="longitude", reason="outside")
    return area


def _check(site: Site) -> None:
    _check_name(site.name, most=60)
    if site.kind not in COMPOUND_KINDS:
        raise BadInput("没有这种场所类型。", field="kind", reason="unknown")
    if problem := position_problem(site.longitude, site.latitude):
        raise BadInput(problem, field="longitude", reason="position")
    if site.polygon is not None and (problem := shape_problem(site.polygon)):
        raise BadInput(problem, field="polygon", reason="shape")
    if site.households is not None and site.households < 0:
        raise BadInput("户数不能是负数。", field="households", reason="negative")
    if len(site.address) > 120:
        raise BadInput("地址最多 120 个字。", field="address", reason="too_long")


def _check_name(name: str, *, most: int) -> None:
    if not 1 <= len(name.strip()) <= most:
        raise BadInput(f"名称要有 1 到 {most} 个字。", field="name", reason="length")
