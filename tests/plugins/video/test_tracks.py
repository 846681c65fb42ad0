"""What moved: taken in once, bounded, forgotten in time, and good for one question only."""

import asyncio
import json
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
import pytest

from liuhe import house, rows, settings_of
from liuhe.testing import a_night
from plugins.video import actions
from plugins.video.actions import cameras as switching
from plugins.video.actions import configuration, revision
from plugins.video.actions import tracks as trying
from plugins.video.models import Camera, Tracks, Worker
from plugins.video.settings import VideoSettings
from tests.factories import only
from tests.plugins.video.conftest import NOW, SQUARE, Street, given_camera, given_zone, jpeg
from tests.plugins.video.test_pages import ZONE

#: A car that stands in the square for 100 seconds, and somebody who walks past it.
LOOKS = [[n * 1000, 0, 0, 300, 300, 400, 400, 1, 1, n, 700, n + 50, 900] for n in range(101)]
TRY = {**ZONE, "r0-seconds": "30", "r0-objects": ["car"]}


def moved(street: Street, key: str = "k1", **given: Any) -> dict[str, Any]:
    return {
        "key": key,
        "camera_id": str(street.camera.id),
        "started_at": (NOW - timedelta(minutes=10)).isoformat(),
        "model": "m@1",
        "objects": ["car", "person"],
        "looks": LOOKS,
        **given,
    }


def set_to(monkeypatch: Any, **changes: int) -> None:
    changed = settings_of(VideoSettings).model_copy(update=changes)
    monkeypatch.setitem(house().sections, VideoSettings, changed)


async def send(street: Street, told: Any, **headers: str) -> httpx2.Response:
    return await street.eyes.post("/video/tracks", json=told, headers=headers)


async def test_a_piece_is_kept_once_however_often_and_how_many_at_once_it_comes(
    street: Street,
) -> None:
    answers = await asyncio.gather(*(send(street, moved(street)) for _ in range(8)))
    assert [each.status_code for each in answers] == [200] * 8
    assert sorted(each.json()["duplicate"] for each in answers) == [False] + [True] * 7
    row = await Tracks.get()
    assert (row.camera_id, row.seconds) == (street.camera.id, 100.0)
    assert row.size == len(row.data) < 5000


@only("sqlite")
async def test_a_zone_can_be_tried_on_whatever_was_taken_however_long_its_names(
    street: Street,
) -> None:
    told = moved(street, objects=["car", "🚗" * 490_000])
    text = json.dumps(told, ensure_ascii=False).encode()
    assert (await street.eyes.post("/video/tracks", content=text)).json() == {
        "duplicate": False,
        "ignored": False,
    }
    admin = await street.browser("admin")
    answer = await admin.post(f"/admin/video/{street.camera.id}/zones/try", data=TRY)
    assert answer.status_code == 200


@only("sqlite")
async def test_what_nobody_wants_is_not_kept(street: Street, monkeypatch: Any) -> None:
    future = (NOW + timedelta(hours=2)).isoformat()
    for odd in ({"camera_id": "99"}, {"camera_id": "²"}, {"started_at": future}):
        answer = await send(street, moved(street, **odd))
        assert (answer.status_code, answer.json()["ignored"]) == (200, True), odd
    eyes = await Worker.get()
    assert (await configuration(eyes)).tracks
    mark = await revision()
    set_to(monkeypatch, tracks_days=0)
    assert not (await configuration(eyes)).tracks
    assert await revision() != mark
    assert (await send(street, moved(street))).json()["ignored"]
    assert await Tracks.all().count() == 0


async def test_the_oldest_of_a_camera_go_when_there_is_too_much(
    street: Street, monkeypatch: Any
) -> None:
    size = 0
    for number in range(5):
        at = (NOW - timedelta(minutes=60 - number)).isoformat()
        assert (await send(street, moved(street, f"k{number}", started_at=at))).status_code == 200
        size = (await Tracks.filter(key=f"k{number}").get()).size
    monkeypatch.setattr("plugins.video.actions.tracks.MEGABYTE", size)
    set_to(monkeypatch, tracks_megabytes=3)
    await send(street, moved(street, "k9"))
    kept = await Tracks.all().order_by("started_at").values_list("key", flat=True)
    assert kept == ["k3", "k4", "k9"]


@only("sqlite")
async def test_they_are_forgotten_in_time_and_with_the_camera_s_last_picture(
    street: Street,
) -> None:
    await send(street, moved(street, "old"))
    await send(street, moved(street, "new"))
    await Tracks.filter(key="old").update(received_at=NOW - timedelta(days=4))
    await a_night()
    assert await Tracks.all().values_list("key", flat=True) == ["new"]
    await actions.deactivate_camera(street.admin, street.camera.id)
    assert await Tracks.all().count() == 0


@only("sqlite")
@pytest.mark.parametrize("readdressed", [True, False])
async def test_of_another_view_nothing_is_left_to_try_a_zone_on(
    street: Street, readdressed: bool
) -> None:
    await send(street, moved(street))
    await street.eyes.put(f"/video/cameras/{street.camera.id}/snapshot", content=jpeg())
    if readdressed:
        given = given_camera(street.area, source="rtsp://10.0.0.9:554/other")
        await actions.update_camera(street.admin, street.camera.id, given)
    else:
        await actions.accept_view(street.admin, street.camera.id)
    assert await Tracks.all().count() == 0
    shown = await actions.snapshot_times([street.camera.id])
    assert bool(shown) is not readdressed  # the picture of the old address is not drawn upon


@only("sqlite")
async def test_a_zone_that_is_tried_while_its_tracks_are_forgotten_has_none(
    street: Street, monkeypatch: Any
) -> None:
    await send(street, moved(street))
    monkeypatch.setattr(trying, "WINDOW", timedelta(days=-1))  # none is left by then
    assert await actions.try_zone(street.admin, street.camera.id, given_zone()) is None


async def test_a_camera_is_not_off_while_what_moved_there_could_not_be_forgotten(
    street: Street, monkeypatch: Any
) -> None:
    await send(street, moved(street))
    await street.eyes.put(f"/video/cameras/{street.camera.id}/snapshot", content=jpeg())

    async def fails(*_: Any) -> None:
        raise OSError("the database went away")

    monkeypatch.setattr(switching, "forget_tracks", fails)
    mark = await revision()
    with pytest.raises(OSError, match="went away"):
        await actions.deactivate_camera(street.admin, street.camera.id)
    assert (await Camera.get(id=street.camera.id)).active
    assert await revision() == mark
    assert await Tracks.all().count() == 1
    assert await actions.snapshot_times([street.camera.id])


@only("sqlite")
async def test_a_zone_is_tried_on_what_moved_and_nothing_is_saved(street: Street) -> None:
    path = f"/admin/video/{street.camera.id}/zones"
    async with await street.browser("dispatcher") as browser:
        answer = await browser.post(f"{path}/try", data=TRY)
        assert "还没有可以试的轨迹" in answer.text
        await send(street, moved(street))
        answer = await browser.post(f"{path}/try", data=TRY)
        assert answer.status_code == 200
        assert "“消防通道”照这样会报 1 次（还没有保存）" in answer.text
        assert "汽车停留超过 30 秒：1 次" in answer.text
        longer = {**TRY, "r0-seconds": "200"}
        assert "照这样会报 0 次" in (await browser.post(f"{path}/try", data=longer)).text
        assert 'value="消防通道"' in answer.text
        found = {**TRY, "r0-kind": "left"}
        answer = await browser.post(f"{path}/try", data=found)
        assert "有东西放着超过 30 秒：轨迹里看不出来" in answer.text
        crooked = {**TRY, "polygon": json.dumps([*SQUARE, SQUARE[0]])}
        answer = await browser.post(f"{path}/try", data=crooked)
        assert answer.status_code == 422
        assert "重合的点" in answer.text
    assert await Camera.all().count() == 1
    assert "消防通道" not in str(await street.to_watch())


@only("sqlite")
async def test_a_trial_keeps_to_the_hours_and_to_how_sure_the_model_was(street: Street) -> None:
    sure = [[70, 90]] * len(LOOKS)
    await send(street, moved(street, scores=sure))
    path = f"/admin/video/{street.camera.id}/zones/try"
    local = (NOW - timedelta(minutes=10)).astimezone(ZoneInfo("Asia/Shanghai"))
    now, later = f"{local:%H:%M}", f"{local + timedelta(hours=2):%H:%M}"
    latest = f"{local + timedelta(hours=3):%H:%M}"
    async with await street.browser("dispatcher") as browser:
        for changes, times in (
            ({"r0-least": "70"}, 1),
            ({"r0-least": "71"}, 0),
            ({"r0-begins": now, "r0-ends": later}, 1),
            ({"r0-begins": later, "r0-ends": latest}, 0),
        ):
            answer = await browser.post(path, data={**TRY, **changes})
            assert f"照这样会报 {times} 次" in answer.text, changes
    assert (await send(street, moved(street, "odd", scores=sure[1:]))).status_code == 422


@only("sqlite")
async def test_a_trial_that_takes_too_long_says_how_far_it_came(
    street: Street, monkeypatch: Any
) -> None:
    monkeypatch.setattr("plugins.video.actions.tracks.LONGEST", -1.0)
    for number in range(3):
        at = (NOW - timedelta(minutes=30 - 10 * number)).isoformat()
        await send(street, moved(street, f"k{number}", started_at=at))
    tried = await actions.try_zone(street.dispatcher, street.camera.id, given_zone())
    assert tried is not None
    assert tried.since == NOW - timedelta(minutes=30)
    assert tried.until == tried.since + timedelta(seconds=100)
    assert (tried.hours, len(tried.raised)) == (100 / 3600, 1)


@only("sqlite")
async def test_only_who_draws_zones_there_may_try_one_and_it_is_noted(street: Street) -> None:
    await send(street, moved(street))
    path = f"/admin/video/{street.camera.id}/zones/try"
    for name, status in (("stranger", 404), ("grid", 403), ("dispatcher", 200)):
        async with await street.browser(name) as browser:
            assert (await browser.post(path, data=TRY)).status_code == status, name
    noted = await rows("SELECT action, details FROM core_audit WHERE action = 'video.tried_out'")
    assert len(noted) == 1
    assert json.loads(noted[0]["details"]) == {"raised": 1}
