"""What is the matter with a camera: told once it has lasted, first things first, and charted."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.audit import AuditRow
from plugins.video import actions
from plugins.video.models import Camera, CameraState, Vital
from plugins.video.pages.waiting import waiting
from plugins.video.rules.labels import STATE_LABELS
from tests.factories import only
from tests.plugins.video.conftest import Street, client, make_camera
from tests.plugins.video.test_pages import ask

MINUTE = timedelta(minutes=1)
TROUBLES = "{ cameras(first: 9, filter: {inTrouble: true}) { edges { node { name trouble } } } }"


async def aged(street: Street, minutes: int) -> None:
    """What is the matter began so long ago."""
    since = datetime.now(UTC) - minutes * MINUTE
    await CameraState.filter(camera_id=street.camera.id).update(problem_since=since)


async def trouble(street: Street) -> str:
    return (await CameraState.get(camera_id=street.camera.id)).trouble


async def test_a_covered_camera_is_told_of_once_it_has_lasted_and_no_longer_than_that(
    street: Street,
) -> None:
    await street.beat(sight="covered")
    assert await trouble(street) == ""
    await aged(street, 6)
    await street.beat(sight="covered")
    assert await trouble(street) == "covered"
    found = await ask(street, "grid", TROUBLES)
    assert found["cameras"]["edges"] == [{"node": {"name": "小河路桥头", "trouble": "COVERED"}}]
    assert (await ask(street, "stranger", TROUBLES))["cameras"]["edges"] == []
    async with await street.browser("grid") as browser:
        page = (await browser.get(f"/admin/video/{street.camera.id}")).text
        assert "画面被遮挡" in page
        assert "现在的画面是对的" not in page
        assert "画面被遮挡" in (await browser.get("/admin/video/?need=1")).text
    await street.beat(sight="clear")
    assert await trouble(street) == ""
    assert (await ask(street, "grid", TROUBLES))["cameras"]["edges"] == []


async def test_a_camera_that_never_shows_anything_is_told_of_after_longer(street: Street) -> None:
    await street.beat(state="starting")
    for minutes, told in ((6, ""), (29, ""), (31, "starting")):
        await aged(street, minutes)
        await street.beat(state="starting")
        await actions.watch_over()
        assert await trouble(street) == told
    found = await ask(street, "grid", TROUBLES)
    assert found["cameras"]["edges"] == [{"node": {"name": "小河路桥头", "trouble": "STARTING"}}]
    async with await street.browser("grid") as browser:
        assert "一张画面也没有来" in (await browser.get("/admin/video/?need=1")).text
    await street.beat()
    assert await trouble(street) == ""


async def test_a_camera_that_falls_silent_waits_on_the_home_page(street: Street) -> None:
    await street.beat()
    for minutes, told in ((2, ""), (6, "offline")):
        silent = datetime.now(UTC) - minutes * MINUTE
        await CameraState.all().update(heard_at=silent, problem="", problem_since=None)
        await actions.watch_over()
        assert await trouble(street) == told
    waits = await waiting(street.admin)
    assert waits is not None
    assert [(item.title, item.badge) for item in waits.items] == [("小河路桥头", "离线")]
    assert await waiting(street.grid) is None


@only("sqlite")
async def test_a_camera_that_was_never_heard_is_not_forgotten(street: Street) -> None:
    await actions.watch_over()
    await aged(street, 6)
    await actions.watch_over()
    assert await trouble(street) == "offline"


async def test_coming_and_going_is_trouble_though_each_time_it_comes_back(street: Street) -> None:
    for reconnects in (0, 5, 13):
        await street.beat(reconnects=reconnects)
    await actions.watch_over()
    assert await trouble(street) == "unsteady"
    await street.beat(reconnects=13)
    assert await trouble(street) == "unsteady"
    await Vital.all().update(at=datetime.now(UTC) - 2 * timedelta(hours=1))
    await actions.watch_over()
    assert await trouble(street) == ""


async def test_figures_are_summed_up_and_survive_eyes_that_count_anew(street: Street) -> None:
    await street.beat(fps=25.0, decode_errors=4, dropped=10)
    await street.beat(fps=15.0, decode_errors=9, dropped=30, sight="dark")
    await street.beat(fps=20.0, decode_errors=2, dropped=1, state="reconnecting")
    rows = await Vital.filter(camera_id=street.camera.id)
    assert sum(row.beats for row in rows) == 3
    assert sum(row.good for row in rows) == 1
    assert sum(row.fps for row in rows) == 60.0
    assert (sum(row.decode_errors for row in rows), sum(row.dropped for row in rows)) == (11, 31)
    async with await street.browser("grid") as browser:
        assert "video-chart" in (await browser.get(f"/admin/video/{street.camera.id}")).text
    await Vital.all().update(at=datetime.now(UTC) - timedelta(days=9))
    await actions.forget_vitals()
    assert not await Vital.exists()


@only("sqlite")
async def test_the_gauge_counts_each_camera_in_the_state_that_its_page_shows(
    street: Street,
) -> None:
    silent = await make_camera(street.admin, street.area, name="没有消息的", code="")
    await street.beat()
    assert await states(street) == {"running": 1, "unknown": 1}
    long_ago = datetime.now(UTC) - 60 * MINUTE
    await CameraState.filter(camera_id=silent.id).update(state="running", heard_at=long_ago)
    assert await states(street) == {"running": 1, "offline": 1}
    await actions.deactivate_camera(street.admin, silent.id)
    assert await states(street) == {"running": 1, "off": 1}


async def states(street: Street) -> dict[str, float]:
    """Those with cameras, as whoever watches the machines reads them; and no other state."""
    async with client(street.app) as machine:
        text = (await machine.get("/metrics")).text
    told = re.findall(r'^liuhe_video_cameras\{state="(\w+)"\} (\S+)$', text, re.MULTILINE)
    assert {state for state, _ in told} == set(STATE_LABELS)
    return {state: float(count) for state, count in told if float(count)}


async def test_what_needs_a_person_first_stands_first(street: Street) -> None:
    for name, sight in (("甲", "blurred"), ("乙", "covered"), ("丙", "clear")):
        street.camera = await make_camera(street.admin, street.area, name=name)
        await street.beat(sight=sight)
        await aged(street, 6)
        await street.beat(sight=sight)
    async with await street.browser("admin") as browser:
        page = (await browser.get("/admin/video/")).text
        order = [page.index(f">{name}<") for name in ("乙", "甲", "丙")]
        assert order == sorted(order)
        needed = (await browser.get("/admin/video/?need=1")).text
        assert ">丙<" not in needed
        assert ">乙<" in needed


async def test_who_looks_after_a_camera_says_that_its_view_is_right(street: Street) -> None:
    await street.beat(sight="moved")
    await aged(street, 6)
    await street.beat(sight="moved")
    mark = await actions.revision()
    async with await street.browser("grid") as browser:
        assert (await browser.post(f"/admin/video/{street.camera.id}/view")).status_code == 403
    async with await street.browser("admin") as browser:
        page = (await browser.get(f"/admin/video/{street.camera.id}")).text
        assert "现在的画面是对的" in page
        assert (await browser.post(f"/admin/video/{street.camera.id}/view")).status_code == 303
    assert await trouble(street) == ""
    assert (await Camera.get(id=street.camera.id)).view == 1
    assert await actions.revision() != mark
    (row,) = await AuditRow.filter(action="video.camera").order_by("-seq").limit(1)
    assert row.details == {"change": "view"}


@pytest.mark.parametrize("sight", ["clear", "covered"])
@only("sqlite")
async def test_a_camera_that_is_off_has_no_trouble(street: Street, sight: Any) -> None:
    await street.beat(sight=sight)
    await aged(street, 6)
    await street.beat(sight=sight)
    await actions.deactivate_camera(street.admin, street.camera.id)
    await actions.watch_over()
    state = await CameraState.get(camera_id=street.camera.id)
    assert (state.trouble, state.problem, state.urgency) == ("", "", 0)
