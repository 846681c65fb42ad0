"""Several machines that see: each camera is watched by one of them, and by it alone."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from gpu.messages import CameraHealth, Config, Health
from liuhe import house, settings_of
from plugins.video import actions
from plugins.video.models import Camera, CameraState, Observation, Vital, Worker
from plugins.video.settings import VideoSettings
from tests.factories import only
from tests.plugins.video.conftest import NOW, Street, client, given_camera, make_camera

SECOND = "二号机"


async def second(street: Street) -> tuple[httpx2.AsyncClient, Worker]:
    """Another pair of eyes beside the server's own, which are at work."""
    await street.beat()
    token = await actions.issue_worker_token(street.admin, SECOND)
    return client(street.app, token), await Worker.get(name=SECOND)


async def told(eyes: httpx2.AsyncClient) -> list[str]:
    """The cameras that these eyes hear of."""
    answer = await eyes.get("/video/config")
    return [one.name for one in Config.from_json(answer.json()).cameras]


async def give(street: Street, camera: Camera, worker: Worker | None) -> None:
    """As in the form: all else stays."""
    given = given_camera(
        street.area,
        name=camera.name,
        code=camera.code or "",
        source="",
        worker_id=worker.id if worker else None,
    )
    await actions.update_camera(street.admin, camera.id, given)


async def test_each_camera_is_told_to_its_own_eyes_and_the_rest_to_the_default(
    street: Street,
) -> None:
    eyes, worker = await second(street)
    south = await make_camera(street.admin, street.area, name="南门")
    assert (await told(street.eyes), await told(eyes)) == (["小河路桥头", "南门"], [])
    await give(street, south, worker)
    assert (await told(street.eyes), await told(eyes)) == (["小河路桥头"], ["南门"])
    await give(street, south, await Worker.get(name="本机"))
    assert (await told(street.eyes), await told(eyes)) == (["小河路桥头", "南门"], [])
    await give(street, south, None)
    assert (await told(street.eyes), await told(eyes)) == (["小河路桥头", "南门"], [])


async def test_who_asks_watches_for_eyes_that_were_never_heard_of_until_they_are(
    street: Street,
) -> None:
    """As where the server watches nothing itself."""
    eyes = client(street.app, await actions.issue_worker_token(street.admin, SECOND))
    tag = (await eyes.get("/video/config")).headers["etag"]
    assert await told(eyes) == ["小河路桥头"]
    await street.beat()
    answer = await eyes.get("/video/config?wait=5", headers={"if-none-match": tag})
    assert answer.status_code == 200
    assert (await told(street.eyes), await told(eyes)) == (["小河路桥头"], [])


@only("sqlite")
async def test_eyes_that_wait_hear_at_once_that_a_camera_is_theirs(street: Street) -> None:
    eyes, worker = await second(street)
    tag = (await eyes.get("/video/config")).headers["etag"]
    asked = eyes.get("/video/config?wait=20", headers={"if-none-match": tag})
    waiting = asyncio.create_task(asked)
    await asyncio.sleep(0.1)
    await give(street, street.camera, worker)
    async with asyncio.timeout(10):
        answer = await waiting
    (camera,) = Config.from_json(answer.json()).cameras
    assert camera.id == str(street.camera.id)


async def test_a_camera_does_as_its_own_eyes_say_whatever_others_do(street: Street) -> None:
    """Two who tell of one camera would make it restart, and count, with each message."""
    eyes, worker = await second(street)
    await street.beat(reconnects=3, fps=25.0)
    await give(street, street.camera, worker)
    later = NOW + timedelta(minutes=1)
    health = CameraHealth(camera_id=str(street.camera.id), state="running", reconnects=40, fps=12.0)
    words = Health(worker=SECOND, started_at=later, at=datetime.now(UTC), cameras=(health,))
    for _ in range(2):
        assert (await eyes.post("/video/health", json=words.to_json())).status_code == 204
        await street.beat(reconnects=3, fps=25.0, state="failed")
    state = await CameraState.get(camera_id=street.camera.id)
    assert (state.state, state.fps, state.session_at) == ("running", 12.0, later)
    assert sum([row.reconnects for row in await Vital.all()]) == 40
    assert (await Worker.get(name="本机")).last_seen_at


@only("sqlite")
async def test_what_the_eyes_saw_before_a_camera_was_given_away_is_not_lost(
    street: Street,
) -> None:
    _, worker = await second(street)
    await give(street, street.camera, worker)
    assert (await street.send(street.told())).json()["ignored"] is False
    assert await Observation.all().count() == 1


@only("sqlite")
async def test_who_watches_the_rest_is_a_setting_and_the_eyes_hear_of_it(
    street: Street, monkeypatch: Any
) -> None:
    eyes, _ = await second(street)
    health = Health(worker=SECOND, started_at=NOW, at=datetime.now(UTC))
    assert (await eyes.post("/video/health", json=health.to_json())).status_code == 204
    tag = (await eyes.get("/video/config")).headers["etag"]
    changed = settings_of(VideoSettings).model_copy(update={"default_worker": SECOND})
    monkeypatch.setitem(house().sections, VideoSettings, changed)
    answer = await eyes.get("/video/config?wait=5", headers={"if-none-match": tag})
    assert answer.status_code == 200
    assert (await told(street.eyes), await told(eyes)) == ([], ["小河路桥头"])


@only("sqlite")
async def test_a_camera_is_given_to_one_of_several_eyes_in_its_form(street: Street) -> None:
    base = f"/admin/video/{street.camera.id}"
    async with await street.browser("admin") as browser:
        assert "由哪个视频处理程序看" not in (await browser.get(f"{base}/edit")).text
        _, worker = await second(street)
        assert "没有指定：归“本机”看" in (await browser.get(f"{base}/edit")).text
        data = {"name": "桥头", "area": str(street.area.id), "filing_number": "1", "signage": "1"}
        saved = await browser.post(f"{base}/edit", data={**data, "worker": str(worker.id)})
        assert saved.status_code == 303
        assert (await Camera.get(id=street.camera.id)).worker_id == worker.id
        form = (await browser.get(f"{base}/edit")).text
        assert f'<option value="{worker.id}" selected>{SECOND}' in form
        assert re.search(rf"<dt>处理程序</dt>\s*<dd>{SECOND}", (await browser.get(base)).text)
        assert watched(await browser.get("/admin/video/workers")) == {"本机": 0, SECOND: 1}
        for odd in ("99999", "x"):
            answer = await browser.post(f"{base}/edit", data={**data, "worker": odd})
            assert answer.status_code == 422
            assert 'id="f-worker-problem"' in answer.text
        assert (await browser.post(f"{base}/edit", data={**data, "worker": ""})).status_code == 303
        assert watched(await browser.get("/admin/video/workers")) == {"本机": 1, SECOND: 0}
    async with await street.browser("grid") as browser:
        assert "处理程序" not in (await browser.get(base)).text


def watched(page: httpx2.Response) -> dict[str, int]:
    """How many cameras each has, as the table says."""
    row = r'class="title">([^<]+)</th>\s*<td[^>]* data-label="摄像机"[^>]*><span>(\d+)<'
    return {name: int(count) for name, count in re.findall(row, page.text)}


@only("sqlite")
@pytest.mark.parametrize(("default", "said"), [("本机", False), ("没有的", True)])
async def test_cameras_that_nobody_watches_are_told_of(
    street: Street, monkeypatch: Any, default: str, said: bool
) -> None:
    changed = settings_of(VideoSettings).model_copy(update={"default_worker": default})
    monkeypatch.setitem(house().sections, VideoSettings, changed)
    async with await street.browser("admin") as browser:
        text = (await browser.get("/admin/video/workers")).text
    assert ("1 台摄像机没有指定处理程序" in text) is said


async def test_a_worker_that_is_gone_meanwhile_is_said_where_there_is_no_choice_left(
    street: Street,
) -> None:
    """The form was open while the other was taken away: its field is not there any more."""
    base = f"/admin/video/{street.camera.id}/edit"
    data = {"name": "桥头", "area": str(street.area.id), "worker": "987654"}
    async with await street.browser("admin") as browser:
        answer = await browser.post(base, data={**data, "detect_every": "5", "transport": "tcp"})
    assert answer.status_code == 422
    assert "没有这个视频处理程序，请重新选择。" in answer.text


@only("sqlite")
async def test_cameras_left_to_eyes_that_fell_silent_are_told_of(street: Street) -> None:
    """As where a second machine was to take over all, and nobody named it the default."""
    said = "没有指定处理程序的 1 台摄像机归它看"
    async with await street.browser("admin") as browser:
        assert said not in (await browser.get("/admin/video/workers")).text
        await street.beat()
        assert said not in (await browser.get("/admin/video/workers")).text
        long_ago = datetime.now(UTC) - timedelta(hours=1)
        await Worker.filter(name="本机").update(last_seen_at=long_ago)
        assert said in (await browser.get("/admin/video/workers")).text
        await Camera.filter(id=street.camera.id).update(active=False)
        assert "好一会儿没有联系了" not in (await browser.get("/admin/video/workers")).text
