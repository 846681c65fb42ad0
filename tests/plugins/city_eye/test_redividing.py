"""The ground is divided anew while findings wait and cameras watch."""

from typing import Any

import pytest

from core.viewers import load_viewer
from liuhe import Area, Conflict, Person, Viewer, house
from plugins.cases.models import Case
from plugins.city_eye import actions
from plugins.places.actions import Part, redivide, today
from plugins.video.models import Camera
from tests.factories import only
from tests.plugins.city_eye.conftest import Street, raised
from tests.plugins.video.test_audit import last_details


def square(west: float, east: float) -> dict[str, Any]:
    ring = [[west, 30.0], [east, 30.0], [east, 30.1], [west, 30.1], [west, 30.0]]
    return {"type": "Polygon", "coordinates": [ring]}


HALVES = (
    Part(code="330105010000", name="西街道", polygon=square(120.0, 120.1)),
    Part(code="330105011000", name="东街道", polygon=square(120.1, 120.2)),
)


async def divided(street: Street, *parts: Part) -> list[Area]:
    """The street with its camera ends today, and these take its place."""
    opened = await redivide(street.admin, [street.area], parts, on=today())
    await street.deliver()
    return opened


async def again(street: Street, name: str) -> Viewer:
    """With the posts that go on in what took the place of their area."""
    person = await Person.get(id=street.viewers[name].person_id)
    return await load_viewer(person, house().roster)


async def test_a_finding_of_before_is_confirmed_where_its_camera_is_now(street: Street) -> None:
    finding = await raised(street)
    [new] = await divided(street, Part(code="330105010000", name="小河街道"))
    camera = await Camera.get(id=street.camera.id)
    assert (camera.area_id, camera.active) == (new.id, True)
    assert await last_details() == {"change": "redivided"}
    done = await actions.confirm_finding(await again(street, "dispatcher"), finding.id)
    assert (await Case.get(id=done.case_id)).area_id == new.id


@only("sqlite")
async def test_of_several_successors_a_camera_goes_into_the_one_it_stands_in(
    street: Street,
) -> None:
    await Camera.filter(id=street.camera.id).update(longitude=120.15, latitude=30.05)
    _, east = await divided(street, *HALVES)
    assert (await Camera.get(id=street.camera.id)).area_id == east.id
    finding = await raised(street)
    assert finding.area_id == east.id


@only("sqlite")
async def test_a_camera_without_a_position_is_listed_until_its_area_is_chosen(
    street: Street,
) -> None:
    finding = await raised(street)
    west, _ = await divided(street, *HALVES)
    officer = await again(street, "dispatcher")
    with pytest.raises(Conflict, match="所在的区域已撤销"):
        await actions.confirm_finding(officer, finding.id)
    async with await street.browser("admin") as browser:
        listed = (await browser.get("/admin/video/?need=area")).text
        assert street.camera.name in listed
        assert "所在区域已撤销" in (await browser.get("/admin/video/")).text
    await Camera.filter(id=street.camera.id).update(area_id=west.id)
    done = await actions.confirm_finding(officer, finding.id)
    assert (await Case.get(id=done.case_id)).area_id == west.id
    async with await street.browser("admin") as browser:
        assert street.camera.name not in (await browser.get("/admin/video/?need=area")).text
