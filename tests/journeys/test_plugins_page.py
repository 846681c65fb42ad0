"""A plugin switched off and on again on the page, in a running household."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from tests.journeys.client import Officer, wait_for
from tests.journeys.conftest import PASSWORD, Household, Moving
from tests.journeys.test_in_browser import WIDE, desk

SCENES = "{ scenes { code } }"


@pytest.fixture
async def quiet(move_in: Moving) -> AsyncIterator[Household]:
    """A household of its own, without eyes."""
    async with move_in("--no-video") as running:
        yield running


async def test_a_plugin_goes_and_comes_back_with_all_that_it_had(
    chromium: Any, quiet: Household
) -> None:
    before = ask(quiet, SCENES)["data"]
    assert before["scenes"]
    async with desk(chromium, quiet, "admin", WIDE) as admin:
        await press(admin, "停用", "启用")
    assert "Cannot query field 'scenes'" in ask(quiet, SCENES)["errors"][0]["message"]
    assert status(quiet, "/admin/city_eye/") == 404
    assert ask(quiet, "{ cases { totalCount } }")["data"]["cases"]["totalCount"] > 0

    async with desk(chromium, quiet, "admin", WIDE) as admin:
        await press(admin, "启用", "停用")
    assert ask(quiet, SCENES)["data"] == before
    assert status(quiet, "/admin/city_eye/") == 200


async def press(admin: Any, name: str, then: str) -> None:
    """Press the plugin's button, say yes, and wait for the start that the page waits for."""
    page = admin.page
    await admin.open("/admin/plugins")
    plugin = page.locator("article", has_text="城市眼")
    await plugin.get_by_role("button", name=name).click()
    await page.locator("#ask").get_by_role("button", name="确定").click()
    await plugin.get_by_role("button", name=then).wait_for(timeout=60_000)
    await page.wait_for_function("!document.querySelector('[data-wait]')", timeout=60_000)


def ask(household: Household, text: str) -> dict[str, Any]:
    def attempt() -> Any:
        try:
            headers = {"authorization": f"Bearer {household.token('grid')}"}
            url = f"{household.url}/graphql"
            return httpx2.post(url, json={"query": text}, headers=headers, timeout=10).json()
        except httpx2.HTTPError:
            return None

    return dict(wait_for(attempt, 60))


def status(household: Household, path: str) -> int:
    with httpx2.Client(base_url=household.url, timeout=10) as client:
        given = {"username": "grid", "password": PASSWORD}
        client.post("/admin/login", data=given)
        return client.get(path).status_code


def test_the_api_tells_which_plugins_are_on(household: Household) -> None:
    found = Officer(household, "admin").ask("{ plugins { name enabled requires } }")["plugins"]
    assert {one["name"]: one["enabled"] for one in found} == {
        "places": True,
        "cases": True,
        "dispatch": True,
        "residents": True,
        "video": True,
        "city_eye": True,
        "figures": True,
        "hotline": True,
        "open311": True,
    }
