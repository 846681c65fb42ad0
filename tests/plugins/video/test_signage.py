"""No camera is switched on before there is a blurred picture of its sign."""

from typing import Any

import pytest

from core.files import File
from liuhe import Conflict, Forbidden, NotFound, put_blurred, refuse_blurred
from plugins.video import actions
from plugins.video.models import Camera, Worker
from tests.audit import last_details
from tests.plugins.video.conftest import Street, given_camera, jpeg, show_sign
from tests.plugins.video.test_pages import ask

SIGNS = "{ cameras(first: 9) { edges { node { name signageUrl } } } }"


async def new_camera(street: Street) -> Camera:
    return await actions.create_camera(street.admin, given_camera(street.area, name="新的"))


async def upload(street: Street, camera: Camera, picture: bytes) -> Any:
    path = f"/admin/video/{camera.id}/signage"
    async with await street.browser("admin") as browser:
        return await browser.post(path, files={"picture": ("sign.jpg", picture, "image/jpeg")})


async def picture_of(camera: Camera) -> File:
    await camera.refresh_from_db()
    return await File.get(id=camera.signage_picture_id)


async def test_a_camera_is_switched_on_with_a_blurred_picture_of_its_sign(street: Street) -> None:
    camera = await new_camera(street)
    with pytest.raises(Conflict, match="先传一张现场提示标识的照片"):
        await actions.activate_camera(street.admin, camera.id)
    assert (await upload(street, camera, jpeg("blue"))).status_code == 303
    assert await last_details() == {"change": "signage"}
    with pytest.raises(Conflict, match="正在打码"):
        await actions.activate_camera(street.admin, camera.id)
    file = await picture_of(camera)
    async with await street.browser("grid") as browser:
        assert (await browser.get(f"/files/{file.id}")).status_code == 409
        await put_blurred(str(file.id), jpeg("navy"))
        assert (await browser.get(f"/files/{file.id}")).content == jpeg("navy")
        assert f"/files/{file.id}" in (await browser.get(f"/admin/video/{camera.id}")).text
    async with await street.browser("stranger") as browser:
        assert (await browser.get(f"/files/{file.id}")).status_code == 404
    assert (await actions.activate_camera(street.admin, camera.id)).active
    found = (await ask(street, "grid", SIGNS))["cameras"]["edges"]
    assert {"node": {"name": "新的", "signageUrl": f"/files/{file.id}"}} in found


async def test_what_cannot_be_blurred_is_no_picture_of_a_sign(street: Street) -> None:
    camera = await new_camera(street)
    await upload(street, camera, b"\xff\xd8\xff no picture")
    await refuse_blurred(str((await picture_of(camera)).id), "unreadable")
    with pytest.raises(Conflict, match="打不了码"):
        await actions.activate_camera(street.admin, camera.id)


async def test_a_new_picture_takes_the_place_of_the_old_one_which_goes(street: Street) -> None:
    old = await picture_of(street.camera)
    await upload(street, street.camera, jpeg("green"))
    assert not await File.filter(id=old.id).exists()
    assert (await picture_of(street.camera)).state == "waiting"
    assert (await Camera.get(id=street.camera.id)).active


async def test_nothing_or_no_picture_leaves_the_one_there_is(street: Street) -> None:
    before = await picture_of(street.camera)
    for content in (b"", b"%PDF-1.4 no picture"):
        assert (await upload(street, street.camera, content)).status_code == 303
    assert (await picture_of(street.camera)).id == before.id


async def test_only_who_manages_the_camera_changes_its_picture(street: Street) -> None:
    for name, error in (("grid", Forbidden), ("stranger", NotFound)):
        with pytest.raises(error):
            await actions.show_signage(street.viewers[name], street.camera.id, jpeg())
    assert await File.filter(state="waiting").count() == 0  # nor is what they sent kept


async def test_cameras_of_before_stay_on_and_are_told_of(street: Street) -> None:
    await Camera.filter(id=street.camera.id).update(signage_picture_id=None)
    base = "/admin/video"
    async with await street.browser("admin") as browser:
        assert "缺一张提示标识的照片" in (await browser.get(f"{base}/{street.camera.id}")).text
        assert "缺标识照片" in (await browser.get(f"{base}/")).text
        assert street.camera.name in (await browser.get(f"{base}/?need=sign")).text
        data = {
            "name": "改了名",
            "area": str(street.area.id),
            "filing_number": "B1",
            "signage": "1",
        }
        answer = await browser.post(f"{base}/{street.camera.id}/edit", data=data)
        assert answer.status_code == 303
        assert [one.name for one in (await actions.configuration(await Worker.get())).cameras] == [
            "改了名"
        ]
        await show_sign(street.admin, street.camera.id)
        assert "缺一张提示标识的照片" not in (await browser.get(f"{base}/{street.camera.id}")).text
        assert "改了名" not in (await browser.get(f"{base}/?need=sign")).text
