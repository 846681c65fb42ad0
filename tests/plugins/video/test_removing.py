"""A camera that was entered by mistake goes; one that has seen something stays."""

import pytest

from core.files import File
from liuhe import Conflict, Forbidden, NotFound
from plugins.video import actions
from plugins.video.models import Camera, CameraState, Zone
from tests.audit import last_details
from tests.plugins.video.conftest import Street, jpeg


async def test_a_mistake_goes_with_all_that_hangs_on_it(street: Street) -> None:
    number = street.camera.id
    await street.beat()
    await street.eyes.put(f"/video/cameras/{number}/snapshot", content=jpeg())
    async with await street.browser("admin") as browser:
        path = f"/admin/video/{number}"
        assert "/remove" not in (await browser.get(path)).text  # it is on
        assert (await browser.post(f"{path}/remove")).status_code == 409
        assert (await browser.post(f"{path}/deactivate")).status_code == 303
        assert f"{path}/remove" in (await browser.get(path)).text
        assert (await browser.post(f"{path}/remove")).status_code == 303
        assert await last_details() == {"change": "removed"}
        assert (await browser.get(path)).status_code == 404
    for table in (Camera, CameraState, Zone, File):
        assert await table.all().count() == 0, table
    assert await actions.snapshot_times([number]) == {}
    answer = await street.send(street.told(), jpeg())  # the eyes' last words
    assert (answer.status_code, answer.json()["ignored"]) == (200, True)


async def test_a_camera_that_has_seen_something_stays(street: Street) -> None:
    assert (await street.send(street.told())).status_code == 200
    await actions.deactivate_camera(street.admin, street.camera.id)
    with pytest.raises(Conflict, match="看到过事情"):
        await actions.remove_camera(street.admin, street.camera.id)
    async with await street.browser("admin") as browser:
        assert "/remove" not in (await browser.get(f"/admin/video/{street.camera.id}")).text
    assert await Camera.filter(id=street.camera.id).exists()


async def test_only_who_manages_the_camera_removes_it(street: Street) -> None:
    await actions.deactivate_camera(street.admin, street.camera.id)
    for name, error in (("grid", Forbidden), ("dispatcher", Forbidden), ("stranger", NotFound)):
        with pytest.raises(error):
            await actions.remove_camera(street.viewers[name], street.camera.id)
    assert await Camera.filter(id=street.camera.id).exists()
