"""The pages of the ground, as a signed-in person's browser gets them."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from core.people import open_session
from core.testing import make_viewer
from liuhe import Area, Person
from plugins.places.actions import Site, create_compound
from plugins.places.seeds import make
from web.app import build_app
from web.graphql.building import build_schema
from web.session import COOKIE


@pytest.fixture
async def browser(places: Any) -> AsyncIterator[httpx2.AsyncClient]:
    """Signed in as a resident: whoever may do least sees the ground too."""
    await make_viewer("somebody", "resident")
    token, _ = await open_session(await Person.get(username="somebody"), "browser")
    app = build_app(places, build_schema(places))
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://testserver", cookies={COOKIE: token}
    ) as client:
        yield client
    await app.state.hub.close()


async def test_an_empty_house_says_what_is_missing(browser: Any) -> None:
    answer = await browser.get("/admin/places/")
    assert answer.status_code == 200
    assert "还没有区划" in answer.text


async def test_the_first_page_shows_the_district_with_a_map_and_a_tree(
    browser: Any, ground: Any
) -> None:
    text = (await browser.get("/admin/places/")).text
    assert "<h1>拱墅区</h1>" in text
    assert text.count("<path d=") > 0
    assert f'href="/admin/places/{ground.street.id}"' in text
    assert "http://" not in text
    assert "https://" not in text


async def test_a_place_shows_what_lies_in_it(browser: Any, ground: Any) -> None:
    site = Site(name="长征桥花园", kind="residential", longitude=120.05, latitude=30.05)
    await create_compound(ground.admin, site)
    text = (await browser.get(f"/admin/places/{ground.street.id}")).text
    assert "小河街道和它的 2 个社区" in text
    assert "小区和场所（1）" in text
    assert "长征桥花园" in text


async def test_a_branch_comes_open_or_closed(browser: Any, ground: Any) -> None:
    path = f"/admin/places/{ground.street.id}/branch"
    opened = (await browser.get(path, params={"open": "1"})).text
    closed = (await browser.get(path, params={"open": "0"})).text
    assert ("塘河社区" in opened, 'aria-expanded="true"' in opened) == (True, True)
    assert ("塘河社区" in closed, 'aria-expanded="false"' in closed) == (False, True)
    assert "<html" not in opened


@pytest.mark.parametrize("text", ["塘河", "330105003002"])
async def test_places_are_found_by_name_and_code(browser: Any, ground: Any, text: str) -> None:
    found = (await browser.get("/admin/places/search", params={"q": text})).text
    assert f'href="/admin/places/{ground.east.id}"' in found
    assert f'href="/admin/places/{ground.west.id}"' not in found


async def test_a_search_without_a_find_says_so_and_escapes_it(browser: Any, ground: Any) -> None:
    found = (await browser.get("/admin/places/search", params={"q": "<b>100%</b>"})).text
    assert "没有找到" in found
    assert "<b>100%" not in found


async def test_a_place_that_is_not_there_is_not_found(browser: Any, ground: Any) -> None:
    assert (await browser.get("/admin/places/999999")).status_code == 404


async def test_nobody_sees_the_ground_without_signing_in(browser: Any, ground: Any) -> None:
    browser.cookies.clear()
    answer = await browser.get(f"/admin/places/{ground.street.id}")
    assert answer.status_code in (302, 303, 401)
    assert "小河街道" not in answer.text


async def test_more_children_cost_no_more_queries(
    browser: Any, ground: Any, count_queries: Any
) -> None:
    seen = []
    for number in (1, 2, 3):
        await ground.open(ground.west, f"33010500300100{number}", f"第{number}网格")
        with count_queries() as queries:
            await browser.get(f"/admin/places/{ground.west.id}")
        seen.append(len(queries))
    assert seen[0] == seen[2], seen


async def test_every_page_of_the_demo_renders(browser: Any) -> None:
    await make()
    for level in ("district", "street", "community", "grid", "microgrid"):
        area = await Area.filter(level=level).order_by("-id").first()
        answer = await browser.get(f"/admin/places/{area.id}")
        assert (answer.status_code, area.name in answer.text) == (200, True)
    ended = await Area.get(valid_to__isnull=False)
    assert "撤销" in (await browser.get(f"/admin/places/{ended.id}")).text
