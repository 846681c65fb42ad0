"""A look at a camera: written down, renewed for a while, over by itself; the eyes know of it."""

import asyncio
import os
import re
import time

from plugins.video import actions
from plugins.video.actions import looking
from tests.audit import audited
from tests.factories import only
from tests.plugins.video.conftest import Street, jpeg


def renewal(page: str) -> str:
    """Where the page asks for the next picture; "" where it does not."""
    found = re.search(r'hx-get="(/admin/video/\d+/look\?until=\d+)"', page)
    return found.group(1) if found else ""


async def looked_at(street: Street, known: str = "", wait: float = 0.0) -> list[str] | None:
    answer = await street.eyes.get(f"/video/looks?wait={wait}&known={known}")
    return answer.json()["camera_ids"] if answer.status_code == 200 else None


async def test_eyes_that_wait_hear_long_before_it_is_over_that_somebody_looks(
    street: Street,
) -> None:
    await actions.take_snapshot(street.camera.id, jpeg())
    assert await looked_at(street) is None
    waiting = asyncio.create_task(looked_at(street, wait=20))
    await asyncio.sleep(0.1)
    async with await street.browser("grid") as browser:
        page = (await browser.get(f"/admin/video/{street.camera.id}")).text
        async with asyncio.timeout(10):
            assert await waiting == [str(street.camera.id)]
        assert renewal((await browser.get(renewal(page))).text) == renewal(page)
    assert await looked_at(street, known=str(street.camera.id)) is None
    assert len(await audited("video.look")) == 1


@only("sqlite")
async def test_a_look_ends_by_itself_and_a_new_one_is_written_down(street: Street) -> None:
    await actions.take_snapshot(street.camera.id, jpeg())
    base = f"/admin/video/{street.camera.id}/look"
    async with await street.browser("grid") as browser:
        over = (await browser.get(f"{base}?until={time.time() - 1:.0f}")).text
        assert renewal(over) == ""
        assert "继续看" in over
        too_long = (await browser.get(f"{base}?until={time.time() + 86_400:.0f}")).text
        assert renewal(too_long) == ""
        assert await looked_at(street) is None
        assert await audited("video.look") == []
        for text in ("", "?until=nan", "?until=soon"):
            assert renewal((await browser.get(base + text)).text)
    assert await looked_at(street) == [str(street.camera.id)]
    assert len(await audited("video.look")) == 1


@only("sqlite")
async def test_who_may_not_see_a_camera_wakes_nobody(street: Street) -> None:
    await actions.take_snapshot(street.camera.id, jpeg())
    async with await street.browser("stranger") as browser:
        for path in ("", "/look", f"/look?until={time.time() + 60:.0f}", "/snapshot.jpg"):
            answer = await browser.get(f"/admin/video/{street.camera.id}{path}")
            assert answer.status_code == 404
            assert "小河路" not in answer.text
    assert await looked_at(street) is None
    assert await audited("video.look") == []


@only("sqlite")
async def test_a_page_that_is_closed_is_forgotten_within_seconds(street: Street) -> None:
    await actions.look_at(street.camera.id)
    assert await actions.looked_at() == (str(street.camera.id),)
    (path,) = looking._folder().iterdir()
    long_ago = time.time() - looking.LASTS - 1
    os.utime(path, (long_ago, long_ago))
    assert await actions.looked_at() == ()
    assert not list(looking._folder().iterdir())
