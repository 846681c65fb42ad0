"""The demo: made once, the same for ever, and enough to sign in and to find one's way."""

from typing import Any

import pytest

from core.people import check_password
from core.state import recall
from liuhe import Area, Person, Post, Unit
from plugins.places.actions import locate
from plugins.places.models import Compound, Division, Point, Succession
from plugins.places.seeds import make

MODELS = (Area, Unit, Person, Post, Division, Succession, Compound, Point)


async def counts() -> list[int]:
    return [await model.all().count() for model in MODELS]


async def test_the_demo_can_be_made_twice_and_is_there_once(places: Any) -> None:
    await make()
    first, password = await counts(), await recall("demo.password")
    await make()
    assert await counts() == first
    assert await recall("demo.password") == password
    assert all(first)


async def test_everybody_signs_in_with_the_remembered_password(places: Any) -> None:
    await make()
    logins = {one["username"] for one in await recall("demo.logins")}
    assert logins == set(await Person.all().values_list("username", flat=True))
    assert logins >= {
        "admin",
        "dispatcher",
        "grid",
        "handler",
        "supervisor",
        "security",
        "auditor",
        "resident",
    }
    hashes = set(await Person.all().values_list("password", flat=True))
    assert len(hashes) == 1  # hashing is slow on purpose
    person = await Person.get(username="resident")
    assert await check_password(person, await recall("demo.password"))


async def test_the_operator_may_choose_the_password(
    places: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIUHE_DEMO_PASSWORD", "运河-2021-边")
    await make()
    assert await check_password(await Person.get(username="admin"), "运河-2021-边")


async def test_every_compound_and_point_lies_where_it_says(places: Any) -> None:
    await make()
    for kind in (Compound, Point):
        for row in await kind.all():
            area = await locate(row.longitude, row.latitude)
            assert area is not None
            assert area.id == row.area_id, row.name


async def test_a_house_with_people_already_in_it_is_left_alone(places: Any) -> None:
    await make()
    await Person.filter(username="admin").update(name="改过的名字")
    await make()
    assert (await Person.get(username="admin")).name == "改过的名字"
