"""Devices of GB/T 28181: who may register, what the eyes tell, and the pages of both."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from gpu.national import messages
from liuhe import BadInput, Forbidden, rows
from plugins.video import actions
from plugins.video.models import Camera, Channel, Device
from tests.audit import audited
from tests.factories import only
from tests.plugins.video.conftest import NOW, Street, make_street

pytestmark = only("sqlite")

US, RECORDER = "33010500002000000001", "33010500001180000001"
BRIDGE, GATE = "33010500001310000001", "33010500001310000002"
SECTION = {"national_code": US, "national_port": 15060}


@pytest.fixture
async def street(kernel_on: Any) -> AsyncIterator[Street]:
    async with kernel_on(["video"], sections={"video": SECTION}) as kernel:
        yield await make_street(kernel)


async def registry(street: Street) -> messages.Registry:
    return messages.Registry.from_json((await street.eyes.get("/video/registry")).content)


def presence(*channels: messages.Channel, **given: Any) -> dict[str, Any]:
    known = {"code": RECORDER, "online": True, "registered_at": NOW, "heard_at": NOW}
    told = messages.Presence(**{**known, "channels": channels or None, **given})
    return messages.Presences(devices=(told,)).to_json()


def channel(code: str, name: str, *, online: bool = True) -> messages.Channel:
    return messages.Channel(code=code, name=name, online=online, longitude=120.138, latitude=30.32)


async def tell(street: Street, told: dict[str, Any]) -> None:
    answer = await street.eyes.post("/video/presences", json=told)
    assert answer.status_code == 204, answer.text


async def test_a_device_gets_a_password_that_only_the_eyes_are_told(street: Street) -> None:
    before = await registry(street)
    async with await street.browser("admin") as browser:
        data = {"name": "小河街道录像机", "code": RECORDER}
        answer = await browser.post("/admin/video/devices", data=data)
        password = re.search(r"<code>(\d{12})</code>", answer.text)
        assert password
        assert password[1] not in (await browser.get("/admin/video/devices")).text
    told = await registry(street)
    assert told.version != before.version
    assert (told.code, told.port) == (US, 15060)
    assert told.devices == (messages.Account(code=RECORDER, password=password[1]),)
    [stored] = await rows("SELECT * FROM video_device")
    assert password[1] not in str(dict(stored))
    device = await Device.get()
    entries = [("video.device", street.admin.person_id, [f"video.Device {device.id}"])]
    assert await audited("video.device") == entries


async def test_what_is_the_matter_with_a_device_or_the_door_is_said_in_chinese(
    street: Street,
) -> None:
    device, _ = await actions.add_device(street.admin, "录像机", RECORDER)
    told = presence(fault="catalogue_silent", trouble="No answer to the question.")
    await tell(street, {**told, "fault": "port", "trouble": "Port 5060 cannot be opened."})
    async with await street.browser("admin") as browser:
        door = (await browser.get("/admin/video/devices")).text
        page = (await browser.get(f"/admin/video/devices/{device.id}")).text
    assert "注册服务的端口打不开" in door
    assert "原话：Port 5060 cannot be opened." in door
    assert "设备没有回答目录查询" in page
    assert "No answer" not in page


async def test_only_who_manages_the_whole_district_lets_devices_in(street: Street) -> None:
    device, _ = await actions.add_device(street.admin, "录像机", RECORDER)
    for name in ("dispatcher", "supervisor", "auditor", "stranger"):
        with pytest.raises(Forbidden):
            await actions.add_device(street.viewers[name], "x", GATE)
        async with await street.browser(name) as browser:
            for path in ("", f"/{device.id}"):
                answer = await browser.get(f"/admin/video/devices{path}")
                assert answer.status_code == 403, (name, path)
                assert RECORDER not in answer.text
    assert (await street.eyes.get("/video/registry")).status_code == 200
    bare = {"authorization": "Bearer no-such-token-of-eyes"}
    assert (await street.eyes.get("/video/registry", headers=bare)).status_code == 401


@pytest.mark.parametrize("code", ["", "123", "3301050000118000000x", "3" * 21])
async def test_a_device_needs_twenty_digits(street: Street, code: str) -> None:
    with pytest.raises(BadInput):
        await actions.add_device(street.admin, "录像机", code)


async def test_a_code_is_given_once(street: Street) -> None:
    await actions.add_device(street.admin, "录像机", RECORDER)
    async with await street.browser("admin") as browser:
        data = {"name": "另一台", "code": RECORDER}
        answer = await browser.post("/admin/video/devices", data=data)
        assert answer.status_code == 422
        assert "已有一台设备用了这个国标编码。" in answer.text
        assert 'value="另一台"' in answer.text


async def test_other_eyes_than_those_at_the_door_neither_listen_nor_tell(street: Street) -> None:
    await actions.add_device(street.admin, "录像机", RECORDER)
    token = await actions.issue_worker_token(street.admin, "机房二号")
    other = {"authorization": f"Bearer {token}"}
    told = (await street.eyes.get("/video/registry", headers=other)).json()
    assert (told["code"], told["devices"]) == ("", [])
    answer = await street.eyes.post("/video/presences", json=presence(), headers=other)
    assert answer.status_code == 409
    assert (await Device.get()).told_at is None


async def test_a_catalogue_is_listed_and_becomes_cameras_by_hand(street: Street) -> None:
    device, _ = await actions.add_device(street.admin, "小河街道录像机", RECORDER)
    await Camera.filter(id=street.camera.id).update(code=BRIDGE)
    told = presence(channel(BRIDGE, "桥头"), channel(GATE, "公园东门", online=False))
    await tell(street, told)
    await tell(street, told)
    async with await street.browser("admin") as browser:
        page = (await browser.get(f"/admin/video/devices/{device.id}")).text
        assert f'href="/admin/video/{street.camera.id}"' in page
        link = re.search(r'href="(/admin/video/new\?[^"]+)"', page)
        assert link
        form = (await browser.get(link[1].replace("&amp;", "&"))).text
        for value in ("公园东门", GATE, "120.138"):
            assert f'value="{value}"' in form
        camera = (await browser.get(f"/admin/video/{street.camera.id}")).text
        assert "“小河街道录像机”说它在线" in camera


async def test_a_catalogue_takes_the_place_of_the_one_before(street: Street) -> None:
    await actions.add_device(street.admin, "录像机", RECORDER)
    await tell(street, presence(channel(BRIDGE, "桥头"), channel(GATE, "东门")))
    await tell(street, presence(channel(GATE, "东门二"), channel(GATE, "东门三")))
    assert await Channel.all().values_list("name", flat=True) == ["东门三"]
    await tell(street, presence())
    assert await Channel.all().count() == 1, "nothing new was told of it"


async def test_a_catalogue_that_broke_off_takes_nothing_away(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    await actions.add_device(street.admin, "录像机", RECORDER)
    names = Channel.all().order_by("code").values_list("name", flat=True)
    await tell(street, presence(channel(BRIDGE, "桥头"), channel(GATE, "东门")))
    await tell(street, presence(channel(GATE, "东门二"), complete=False))
    assert await names == ["桥头", "东门二"]
    monkeypatch.setattr(messages, "MOST_CHANNELS", 1)  # nor does it add up without bound
    await tell(street, presence(channel(GATE, "东门三"), complete=False))
    assert await names == ["东门三"]


async def test_silence_of_the_eyes_is_no_presence(street: Street) -> None:
    device, _ = await actions.add_device(street.admin, "录像机", RECORDER)
    await tell(street, presence())
    async with await street.browser("admin") as browser:
        assert ">在线<" in (await browser.get("/admin/video/devices")).text
        await Device.filter(id=device.id).update(told_at=datetime(2026, 1, 1, tzinfo=UTC))
        assert ">离线<" in (await browser.get("/admin/video/devices")).text


async def test_a_removed_device_is_gone_and_its_cameras_stay(street: Street) -> None:
    device, _ = await actions.add_device(street.admin, "录像机", RECORDER)
    await tell(street, presence(channel(BRIDGE, "桥头")))
    async with await street.browser("admin") as browser:
        answer = await browser.post(f"/admin/video/devices/{device.id}/remove", data={})
        assert answer.status_code == 303
        assert (await browser.get(f"/admin/video/devices/{device.id}")).status_code == 404
    assert await Channel.all().count() == 0
    assert await Camera.filter(id=street.camera.id).exists()
    assert (await registry(street)).devices == ()
    await tell(street, presence(channel(BRIDGE, "桥头")))
    assert await Channel.all().count() == 0


@pytest.mark.parametrize(
    "told",
    [
        b"",
        b"[]",
        b'{"devices": [{"code": "1"}]}',
        b'{"devices": [{"code": "33010500001180000001", "online": true, '
        b'"registered_at": "9999-12-31T23:59:59Z", "heard_at": "2026-01-01T00:00:00Z"}]}',
    ],
)
async def test_a_message_that_cannot_be_right_is_refused(street: Street, told: bytes) -> None:
    answer = await street.eyes.post("/video/presences", content=told)
    assert answer.status_code == 422, answer.text


async def test_a_hundred_lines_of_a_catalogue_are_shown_at_a_time(street: Street) -> None:
    device, _ = await actions.add_device(street.admin, "录像机", RECORDER)
    many = [channel(str(int(BRIDGE) + number), f"路口{number:03}") for number in range(150)]
    await tell(street, presence(*many))
    async with await street.browser("admin") as browser:
        first = (await browser.get(f"/admin/video/devices/{device.id}")).text
        assert "路口099" in first
        assert "路口100" not in first
        more = re.search(r'href="([^"]+\?after=\d+)"', first)
        assert more
        assert "路口149" in (await browser.get(more[1])).text
