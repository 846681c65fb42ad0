"""Configuration by long poll, health, snapshots, and the blurring of uploads."""

import asyncio
import time
from datetime import timedelta

from core.facts import FactRow
from core.stores import folder as root
from gpu import messages
from liuhe import File, content_of, store_upload
from liuhe.testing import removed
from plugins.video import actions
from plugins.video.models import Camera, CameraState, Worker
from plugins.video.settings import OWN
from tests.factories import only
from tests.plugins.video.conftest import (
    NOW,
    TOKEN,
    Street,
    client,
    given_camera,
    given_zone,
    jpeg,
    show_sign,
)


@only("sqlite")
async def test_the_eyes_learn_all_that_they_are_to_watch(street: Street) -> None:
    answer = await street.eyes.get("/video/config")
    told = messages.Config.from_json(answer.json())
    assert answer.headers["etag"] == f'"{told.version}"'
    (camera,) = told.cameras
    assert camera.source == "rtsp://user:secret@10.0.0.8:554/live"
    (zone,) = camera.zones
    (watch,) = zone.watches
    assert (watch.kind, watch.objects, watch.seconds) == ("dwell", ("car",), 10.0)


@only("sqlite")
async def test_the_same_configuration_is_not_told_twice(street: Street) -> None:
    tag = (await street.eyes.get("/video/config")).headers["etag"]
    started = time.monotonic()
    answer = await street.eyes.get("/video/config?wait=1", headers={"if-none-match": tag})
    assert (answer.status_code, answer.headers["etag"]) == (304, tag)
    assert 0.9 < time.monotonic() - started < 3


async def test_a_changed_zone_reaches_the_eyes_within_a_second(street: Street) -> None:
    tag = (await street.eyes.get("/video/config")).headers["etag"]
    waiting = asyncio.create_task(
        street.eyes.get("/video/config?wait=20", headers={"if-none-match": tag})
    )
    await asyncio.sleep(0.2)
    started = time.monotonic()
    await actions.save_zone(
        street.dispatcher, street.camera.id, given_zone(id=street.zone.id, name="新区域")
    )
    answer = await waiting
    assert answer.json()["cameras"][0]["zones"][0]["name"] == "新区域"
    assert time.monotonic() - started < 1.5


async def test_cameras_that_are_off_are_not_watched(street: Street) -> None:
    await actions.deactivate_camera(street.admin, street.camera.id)
    assert (await street.eyes.get("/video/config")).json()["cameras"] == []


@only("sqlite")
async def test_how_long_to_wait_is_bounded(street: Street) -> None:
    for wait in ("31", "-1", "soon", "nan"):
        answer = await street.eyes.get(f"/video/config?wait={wait}")
        assert answer.status_code == 422, wait


async def test_health_is_kept_and_a_change_of_state_announced_once(street: Street) -> None:
    for _ in range(2):
        await street.beat(
            fps=9.5, last_frame_at=NOW, error="rtsp://user:secret@10.0.0.8/live?token=x timed out"
        )
    state = await CameraState.get(camera_id=street.camera.id)
    assert (state.state, state.fps, state.last_frame_at) == ("running", 9.5, NOW)
    assert state.error == "rtsp://***@10.0.0.8/live?… timed out"
    await street.beat(fault="unreachable", error="rtsp://user:secret@10.0.0.8/live timed out")
    await state.refresh_from_db()
    assert state.error == "连不上摄像机，请检查视频地址、网络和供电；系统会一直重试。"
    await street.beat(fault="broke_off", error="rtsp://user:secret@10.0.0.8/live timed out")
    await state.refresh_from_db()
    assert state.error.endswith("原话：rtsp://***@10.0.0.8/live timed out")
    facts = await FactRow.filter(name="video.camera_state_changed")
    assert [fact.payload["state"] for fact in facts] == ["running"]
    worker = await Worker.get()
    assert worker.last_seen_at is not None
    assert worker.health["worker"] == "eyes"


async def test_silence_is_a_state(street: Street) -> None:
    await street.beat()
    await actions.watch_over()
    assert (await CameraState.get(camera_id=street.camera.id)).state == "running"
    await CameraState.all().update(heard_at=NOW - timedelta(minutes=5))
    await actions.watch_over()
    await actions.watch_over()
    assert (await CameraState.get(camera_id=street.camera.id)).state == "offline"
    facts = await FactRow.filter(name="video.camera_state_changed").order_by("id")
    assert [fact.payload["state"] for fact in facts] == ["running", "offline"]


@only("sqlite")
async def test_health_of_unknown_cameras_is_no_failure(street: Street) -> None:
    one = messages.CameraHealth(camera_id="99", state="running")
    odd = messages.CameraHealth(camera_id="²", state="running")
    told = messages.Health(worker="eyes", started_at=NOW, at=NOW, cameras=(one, odd))
    assert (await street.eyes.post("/video/health", json=told.to_json())).status_code == 204
    assert (await street.eyes.post("/video/health", json={"worker": 1})).status_code == 422


@only("sqlite")
async def test_a_snapshot_takes_the_place_of_the_one_before(street: Street) -> None:
    for color in ("red", "blue"):
        answer = await street.eyes.put(
            f"/video/cameras/{street.camera.id}/snapshot", content=jpeg(color)
        )
        assert answer.status_code == 204
    found = await actions.snapshot_of(street.camera.id)
    assert found is not None
    assert found[0] == jpeg("blue")
    await actions.deactivate_camera(street.admin, street.camera.id)
    assert await actions.snapshot_of(street.camera.id) is None


@only("sqlite")
async def test_snapshots_of_nothing_are_refused(street: Street) -> None:
    for camera, content, status in (
        (str(street.camera.id), b"GIF89a", 422),
        ("99", jpeg(), 404),
        ("x", jpeg(), 404),
        ("9" * 30, jpeg(), 404),
        (str(street.camera.id), jpeg() + b"0" * 5_000_000, 413),
    ):
        answer = await street.eyes.put(f"/video/cameras/{camera}/snapshot", content=content)
        assert answer.status_code == status, camera


async def test_an_upload_is_lent_blurred_and_brought_back(street: Street) -> None:
    file = await store_upload(jpeg("red"), street.grid)
    original = root() / file.key
    lent = await street.eyes.get("/video/blur?wait=2")
    assert (lent.status_code, lent.content) == (200, jpeg("red"))
    id = lent.headers["x-blur-id"]
    assert (await street.eyes.get("/video/blur?wait=0")).status_code == 204
    assert (await street.eyes.put(f"/video/blur/{id}", content=jpeg("grey"))).status_code == 204
    back = await File.get(id=file.id)
    assert (back.state, await content_of(back)) == ("ready", jpeg("grey"))
    assert not original.exists()


async def test_what_cannot_be_blurred_is_not_kept(street: Street) -> None:
    file = await store_upload(jpeg(), street.grid)
    id = (await street.eyes.get("/video/blur")).headers["x-blur-id"]
    bad = await street.eyes.post(f"/video/blur/{id}/failed", content=b"[]")
    assert bad.status_code == 422
    answer = await street.eyes.post(f"/video/blur/{id}/failed", json={"reason": "不是照片"})
    assert answer.status_code == 204
    found = await File.get(id=file.id)
    assert (found.state, found.reason) == ("refused", "不是照片")
    await removed()
    assert not (root() / file.key).exists()
    assert (await street.eyes.put("/video/blur/none", content=jpeg())).status_code == 404


async def test_tokens_are_kept_as_hashes_and_can_be_renewed(street: Street) -> None:
    await actions.ensure_worker(TOKEN, OWN)
    assert await Worker.all().count() == 1
    assert TOKEN not in str(await Worker.all().values())
    before, token = [await actions.issue_worker_token(street.admin, "二号机") for _ in range(2)]
    assert (await client(street.app, before).get("/video/config")).status_code == 401
    assert (await actions.worker_of(token)).name == "二号机"


async def test_nobody_cuts_off_the_servers_own_eyes_by_a_new_token(street: Street) -> None:
    """Theirs is in a file that they read: a new one would reach them never."""
    async with await street.browser("admin") as browser:
        for name in (OWN, f" {OWN} ", ""):
            answer = await browser.post("/admin/video/workers", data={"name": name})
            assert answer.status_code == 422
            assert 'id="f-name-problem"' in answer.text
            assert ("worker.token" in answer.text) is bool(name)
    assert (await street.eyes.get("/video/config")).status_code == 200


async def test_configuration_costs_the_same_for_one_camera_and_for_three(
    street: Street, count_queries: object
) -> None:
    with count_queries() as one:  # type: ignore[operator]
        assert len(await street.to_watch()) == 1
    for number in range(2):
        given = given_camera(street.area, name=f"{number}")
        camera = await actions.create_camera(street.admin, given)
        await show_sign(street.admin, camera.id)
        await actions.activate_camera(street.admin, camera.id)
        await actions.save_zone(street.admin, camera.id, given_zone())
    with count_queries() as three:  # type: ignore[operator]
        assert len(await street.to_watch()) == 3
    assert await Camera.all().count() == 3
    assert len(one) == len(three), three
