"""Cameras are found in the network, where that is allowed; what they answer is taken with care."""

import asyncio
import html
import re
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import pytest

from liuhe import BadInput, Conflict, Forbidden
from plugins.video import actions
from plugins.video.actions import discovery
from plugins.video.models import Camera
from tests.audit import audited
from tests.factories import only
from tests.plugins.video.conftest import Street, given_camera, make_street
from tests.plugins.video.onvif_camera import PASSWORD, USER, OnvifCamera, answering, onvif_camera

pytestmark = only("sqlite")
FIND = "/admin/video/find"


@pytest.fixture
async def street(kernel_on: Any) -> AsyncIterator[Street]:
    section = {"video": {"onvif_networks": ["127.0.0.0/8", "::1", "fd00::/16"]}}
    async with kernel_on(["video"], sections=section) as kernel:
        yield await make_street(kernel)


@pytest.fixture
def device() -> Iterator[OnvifCamera]:
    with onvif_camera() as made:
        yield made


async def test_a_camera_is_found_and_added_and_its_password_never_shown(
    street: Street, device: OnvifCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    device.clock = timedelta(days=-4000)
    async with await street.browser("admin") as browser:
        with answering(device) as ear:
            monkeypatch.setattr(discovery, "PROBE_AT", ear)
            page = (await browser.post(FIND)).text
        assert "找到 1 台" in page
        assert "桥头" in page
        assert "8.8.8.8" not in page
        given = {"address": device.address, "user": USER, "password": PASSWORD}
        page = (await browser.post(f"{FIND}/streams", data=given)).text
        assert "虚构 M-1 &lt;b&gt;" in page
        assert "H264 640×360" in page
        tickets = re.findall(r'name="found" value="([^"]+)"', page)
        assert len(tickets) == 2
        form = (await browser.post("/admin/video/new/found", data={"found": tickets[1]})).text
        shown = "rtsp://***@127.0.0.1:554/live?…"
        assert shown in form
        data = {"name": "新的", "area": str(street.area.id), "found": tickets[1]}
        wrong = await browser.post("/admin/video/new", data={**data, "name": ""})
        assert wrong.status_code == 422
        assert html.escape(tickets[1]) in wrong.text
        assert (await browser.post("/admin/video/new", data=data)).status_code == 303
        for text in (page, form, wrong.text):
            assert "pa%3A" not in text
            assert PASSWORD not in html.unescape(text)
    camera = await Camera.get(name="新的")
    assert camera.source == "rtsp://admin:pa%3Ass%40%3C1%3E@127.0.0.1:554/live?channel=1"
    assert [row[0] for row in await audited("video.find")] == ["video.find"] * 2


async def test_a_ticket_is_its_finders_alone_and_grows_old(
    street: Street, device: OnvifCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    from plugins.video.pages import finding

    ticket = finding._ticket(street.admin, "rtsp://a:b@127.0.0.1/1", "x")
    assert finding.open_ticket(street.admin, ticket) == ("rtsp://a:b@127.0.0.1/1", "x")
    assert finding.open_ticket(street.dispatcher, ticket) is None
    assert finding.open_ticket(street.admin, "rubbish") is None
    monkeypatch.setattr(finding, "TICKET_LASTS", -1)
    old = finding._ticket(street.admin, "rtsp://a:b@127.0.0.1/1", "x")
    async with await street.browser("admin") as browser:
        answer = await browser.post("/admin/video/new/found", data={"found": old})
        assert (answer.status_code, answer.headers["location"]) == (303, FIND)
        data = {"name": "新的", "area": str(street.area.id), "found": old}
        assert "重新查找" in (await browser.post("/admin/video/new", data=data)).text
    assert not await Camera.filter(name="新的").exists()


@pytest.mark.parametrize(
    ("address", "field", "sentence"),
    [
        ("10.0.0.8", "address", "不在允许查找的网段里"),
        ("http://169.254.169.254/latest/meta-data", "address", "不在允许查找的网段里"),
        ("localhost", "address", "不在允许查找的网段里"),
        ("file:///etc/passwd", "address", "请填摄像机的 IP 地址"),
        ("http://127.0.0.1:99999/", "address", "请填摄像机的 IP 地址"),
        ("2001:db8::8", "address", "“2001:db8::8”不在允许查找的网段里"),
        ("127.0.0.1:9", "address", "连不上这台摄像机（地址打不开）"),
        ("", "address", "请填摄像机的 IP 地址"),
    ],
)
async def test_only_plain_addresses_in_the_named_networks_are_called(
    street: Street, address: str, field: str, sentence: str
) -> None:
    with pytest.raises(BadInput, match=sentence) as error:
        await actions.streams_of(street.admin, address, USER, PASSWORD)
    assert error.value.field == field


@pytest.mark.parametrize(
    ("call", "said", "sentence"),
    [
        ("GetCapabilities", b"<html>", "不是 ONVIF"),
        ("GetCapabilities", b"<a/>", "不是 ONVIF"),
        ("GetProfiles", b"<!DOCTYPE a [<!ENTITY b 'bb'>]><a>&b;</a>", "不是 ONVIF"),
        ("GetProfiles", b"<a>" + b"x" * 300_000 + b"</a>", "不是 ONVIF"),
        ("GetProfiles", (302, b""), "不是 ONVIF"),
        ("GetStreamUri", b"<Uri>file:///etc/passwd</Uri>", "不是 ONVIF"),
        ("GetDeviceInformation", (401, b""), "不认这个用户名和密码"),
    ],
    ids=str,
)
async def test_strange_answers_are_refused_with_a_sentence(
    street: Street, device: OnvifCamera, call: str, said: Any, sentence: str
) -> None:
    device.says[call] = said
    with pytest.raises(BadInput, match=sentence):
        await actions.streams_of(street.admin, device.address, USER, PASSWORD)


async def test_a_camera_is_asked_by_ipv6(street: Street) -> None:
    with onvif_camera("::1") as device:
        _, (main, *_) = await actions.streams_of(street.admin, device.address, USER, PASSWORD)
    assert main.source == "rtsp://admin:pa%3Ass%40%3C1%3E@[::1]:554/live?channel=1"
    given = given_camera(street.area, name="新的", source=main.source)
    assert (await actions.create_camera(street.admin, given)).source == main.source
    assert discovery._address("fd00::8") == ("fd00::8", 80, "/onvif/device_service")
    assert discovery._address("[fd00::8]:8080")[:2] == ("fd00::8", 8080)


async def test_a_wrong_password_keeps_what_was_typed_but_itself(
    street: Street, device: OnvifCamera
) -> None:
    given = {"address": device.address, "user": USER, "password": "wrong-one"}
    async with await street.browser("admin") as browser:
        answer = await browser.post(f"{FIND}/streams", data=given)
    assert answer.status_code == 422
    assert "不认这个用户名和密码" in answer.text
    assert device.address in answer.text
    assert "wrong-one" not in answer.text


async def test_a_device_that_does_not_end_is_left(
    street: Street, device: OnvifCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: Any) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(discovery, "AT_MOST", 0.1)
    monkeypatch.setattr(discovery, "_ask", never)
    with pytest.raises(BadInput, match="没有在时间内答完"):
        await actions.streams_of(street.admin, device.address, USER, PASSWORD)


async def test_only_who_manages_cameras_may_look_for_them(
    street: Street, device: OnvifCamera
) -> None:
    for name in ("grid", "dispatcher", "auditor"):
        async with await street.browser(name) as browser:
            assert (await browser.get(FIND)).status_code == 403
            assert (await browser.post(FIND)).status_code == 403
            given = {"address": device.address}
            assert (await browser.post(f"{FIND}/streams", data=given)).status_code == 403
            assert (await browser.post("/admin/video/new/found")).status_code == 403
        with pytest.raises(Forbidden):
            await actions.streams_of(getattr(street, name), device.address, "", "")
    assert device.asked == []


async def test_without_a_named_network_nothing_is_called(kernel_on: Any) -> None:
    async with kernel_on(["video"]) as kernel:
        street = await make_street(kernel)
        with pytest.raises(Conflict, match="onvif_networks"):
            await actions.find_cameras(street.admin)
        async with await street.browser("admin") as browser:
            assert "还没有允许查找的网段" in (await browser.get(FIND)).text
