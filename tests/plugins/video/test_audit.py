"""Who looked at a camera, who changed what is watched for, who let new eyes in."""

from plugins.video import actions
from plugins.video.models import Worker
from tests.audit import audited, last_details
from tests.factories import only
from tests.plugins.video.conftest import Street, given_zone, jpeg, make_camera

pytestmark = only("sqlite")


async def test_a_picture_that_renews_itself_is_one_look_for_each_person(street: Street) -> None:
    await actions.take_snapshot(street.camera.id, jpeg())
    for name in ("grid", "supervisor"):
        async with await street.browser(name) as browser:
            for _ in range(3):
                answer = await browser.get(f"/admin/video/{street.camera.id}/snapshot.jpg")
                assert answer.status_code == 200
    camera = f"video.Camera {street.camera.id}"
    assert await audited("video.look") == [
        ("video.look", street.grid.person_id, [camera]),
        ("video.look", street.supervisor.person_id, [camera]),
    ]


async def test_the_page_of_all_cameras_is_one_entry(street: Street) -> None:
    cameras = [street.camera, *[await make_camera(street.admin, street.area) for _ in range(2)]]
    for camera in cameras:
        await actions.take_snapshot(camera.id, jpeg())
    async with await street.browser("grid") as browser:
        await browser.get("/admin/video/")
        for camera in cameras:
            await browser.get(f"/admin/video/{camera.id}/snapshot.jpg")
    names = [f"video.Camera {camera.id}" for camera in cameras]
    assert await audited("video.look") == [("video.look", street.grid.person_id, names)]


async def test_a_picture_that_may_not_be_seen_is_no_look(street: Street) -> None:
    await actions.take_snapshot(street.camera.id, jpeg())
    async with await street.browser("stranger") as browser:
        answer = await browser.get(f"/admin/video/{street.camera.id}/snapshot.jpg")
        assert answer.status_code == 404
    assert await audited("video.look") == []


async def test_each_change_of_zones_is_recorded_with_what_changed(street: Street) -> None:
    before = len(await audited("video.zones"))
    await actions.save_zone(street.admin, street.camera.id, given_zone(id=street.zone.id))
    assert await last_details() == {"zones": [street.zone.id]}
    await actions.remove_zone(street.admin, street.camera.id, street.zone.id)
    assert await last_details() == {"removed": [street.zone.id]}
    entry = ("video.zones", street.admin.person_id, [f"video.Camera {street.camera.id}"])
    assert (await audited("video.zones"))[before:] == [entry] * 2


async def test_a_new_token_is_recorded_and_the_token_itself_is_not(street: Street) -> None:
    token = await actions.issue_worker_token(street.admin, "南院")
    worker = await Worker.get(name="南院")
    assert await audited("video.token") == [
        ("video.token", street.admin.person_id, [f"video.Worker {worker.id}"])
    ]
    assert token not in str(await last_details())
