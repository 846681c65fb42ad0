"""Finding cameras that speak ONVIF, and asking one for its streams.

Only within the networks that the settings name, one search at a time, with bounded answers: a
server that calls addresses for people must not become a door into the rest of the network.
"""

import asyncio
import ipaddress
import os
import socket
import uuid
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

import httpx2

from liuhe import BadInput, Conflict, Viewer, atomic, demand_held, record, settings_of
from plugins.video.permissions import CAMERAS_SOUGHT, MANAGE
from plugins.video.rules import onvif
from plugins.video.settings import VideoSettings

T = TypeVar("T")

PROBE_AT = ("239.255.255.250", 3702)
LISTEN = 3.0  # seconds
MOST_DEVICES = 200
LONGEST_LETTER = 65_535
PATIENCE = httpx2.Timeout(5.0, connect=3.0)
AT_MOST = 20.0  # seconds for all calls to one device
ANSWER_AT_MOST = 262_144  # bytes

_searching = asyncio.Lock()


@dataclass(frozen=True, kw_only=True)
class Stream:
    """`source` holds the sign-in: it is for the eyes, not for a page."""

    name: str
    encoding: str
    width: int
    height: int
    source: str


async def find_cameras(viewer: Viewer) -> list[onvif.Device]:
    """Who answers a probe from one of the networks that may be searched."""
    demand_held(viewer, MANAGE)
    networks = _networks()
    if _searching.locked():
        raise Conflict("正在查找，请过几秒钟再试。")
    await _write_down(viewer, {"by": "multicast"})
    async with _searching:
        answers = await _ask_all(networks)
    found = {device.address: device for answer in answers for device in _devices(answer)}
    return sorted(
        (one for one in found.values() if onvif.allowed(one.host, networks)),
        key=lambda one: (one.host, one.address),
    )[:MOST_DEVICES]


async def streams_of(
    viewer: Viewer, address: str, user: str, password: str
) -> tuple[str, list[Stream]]:
    """What the device calls itself, and its streams."""
    demand_held(viewer, MANAGE)
    networks = _networks()
    parts = _address(address)
    host = parts[0]
    if not onvif.allowed(host, networks):
        raise BadInput(
            f"“{host}”不在允许查找的网段里（{'、'.join(networks)}）。请填摄像机的 IP 地址。",
            field="address",
            reason="not_allowed",
        )
    await _write_down(viewer, {"by": "address"})
    return await _in_time(_ask(*parts, user, password))


def _address(text: str) -> tuple[str, int, str]:
    """Host, port and path of a device service; a bare IP address will do."""
    try:
        parts = urlsplit(text if "://" in text else f"http://{onvif.in_url(text)}")
        host, port = parts.hostname or "", parts.port or 80
    except ValueError:
        host, port, parts = "", 80, urlsplit("")
    if not host or parts.scheme != "http":
        raise BadInput("请填摄像机的 IP 地址，例如 10.0.0.8。", field="address", reason="unknown")
    path = parts.path if len(parts.path) > 1 else "/onvif/device_service"
    return host, port, path


def _networks() -> Sequence[str]:
    networks = settings_of(VideoSettings).onvif_networks
    if not networks:
        raise Conflict("还没有允许查找摄像机的网段：请在设置 [video] 的 onvif_networks 里写。")
    return networks


@atomic
async def _write_down(viewer: Viewer, details: dict[str, str]) -> None:
    await record(viewer, CAMERAS_SOUGHT, details=details)


# ------------------------------------------------------------------------------------- the probe


class _Listener(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.answers: list[bytes] = []

    def datagram_received(self, data: bytes, addr: object) -> None:
        if len(self.answers) < MOST_DEVICES:
            self.answers.append(data[:LONGEST_LETTER])


async def _ask_all(networks: Sequence[str]) -> list[bytes]:
    """From the machine's address in each network; letters get lost: the question goes out twice."""
    froms = {one for network in networks if (one := _own_address(network))}
    answers = await asyncio.gather(*map(_ask_from, sorted(froms)))
    return [answer for some in answers for answer in some]


def _own_address(network: str) -> str:
    """With which the machine would speak into this network, "" if it cannot; nothing is sent."""
    known = ipaddress.ip_network(network)
    somebody = known[min(1, known.num_addresses - 1)]
    if somebody.version != 4:
        return ""  # cameras are looked for by IPv4; one by IPv6 can be asked by its address
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect((str(somebody), 9))
        except OSError:
            return ""
        return str(asking.getsockname()[0])


async def _ask_from(address: str) -> list[bytes]:
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(address))
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
        sender.bind(("", 0))
        transport, listener = await loop.create_datagram_endpoint(_Listener, sock=sender)
        try:
            for _ in range(2):
                transport.sendto(onvif.probe(str(uuid.uuid4())), PROBE_AT)
                await asyncio.sleep(LISTEN / 2)
        finally:
            transport.close()
    return listener.answers


def _devices(answer: bytes) -> list[onvif.Device]:
    with suppress(onvif.NotOnvif):
        return onvif.devices(answer)
    return []


# ------------------------------------------------------------------------------------ one device


async def _in_time(work: Awaitable[T]) -> T:
    try:
        async with asyncio.timeout(AT_MOST):
            return await work
    except TimeoutError:
        raise _nobody("没有在时间内答完") from None
    except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, OSError) as error:
        raise _nobody(_why(error)) from None
    except onvif.NotOnvif as error:
        raise BadInput(
            f"这不是 ONVIF 摄像机的答复（{error}）。请核对地址、端口和摄像机里的 ONVIF 开关。",
            field="address",
            reason="not_onvif",
        ) from None


def _why(error: Exception) -> str:
    if isinstance(error, httpx2.TimeoutException):
        return "没有回答"
    return "地址打不开" if isinstance(error, httpx2.ConnectError | OSError) else "答到一半断了"


def _nobody(reason: str) -> BadInput:
    return BadInput(
        f"连不上这台摄像机（{reason}）。请检查地址、网络，和摄像机里的 ONVIF 开关。",
        field="address",
        reason="unreachable",
    )


async def _ask(
    host: str, port: int, path: str, user: str, password: str
) -> tuple[str, list[Stream]]:
    """All calls go to the one host that was checked, whatever addresses it answers with."""
    base = f"http://{onvif.in_url(host)}:{port}"
    auth = httpx2.DigestAuth(user, password) if user else None
    async with httpx2.AsyncClient(
        base_url=base, auth=auth, timeout=PATIENCE, trust_env=False, follow_redirects=False
    ) as client:
        device = _Device(client, user, password)
        await device.set_clock(path)
        media = onvif.media_path(await device.call(path, onvif.SERVICES))
        name = onvif.about(await device.call(path, onvif.ABOUT))
        found = onvif.profiles(await device.call(media, onvif.PROFILES))
        return name, [await device.stream(media, one, host) for one in found]


class _Device:
    """Signs each call both ways that cameras know: in the message, and by HTTP when asked to."""

    def __init__(self, client: httpx2.AsyncClient, user: str, password: str) -> None:
        self._client, self._user, self._password = client, user, password
        self._ahead = timedelta()

    async def set_clock(self, path: str) -> None:
        """Digests hold the time by the device's clock, which may be years behind."""
        answer = await self._post(path, onvif.request(onvif.CLOCK))
        told = onvif.clock(onvif.read(answer[1])) if answer[0] == 200 else None
        if told is not None:
            self._ahead = told - datetime.now(UTC)

    async def call(self, path: str, body: str) -> Element:
        status, answer = await self._post(path, onvif.request(body, self._sign_in()))
        if status in (401, 403) or b"NotAuthorized" in answer:
            raise BadInput(
                "摄像机不认这个用户名和密码。请填 ONVIF 用户的，不一定和网页登录的一样。",
                field="password",
                reason="refused",
            )
        if status != 200:
            raise onvif.NotOnvif(f"HTTP {status}")
        return onvif.read(answer)

    def _sign_in(self) -> onvif.SignIn | None:
        if not self._user:
            return None
        at = datetime.now(UTC) + self._ahead
        return onvif.SignIn(user=self._user, password=self._password, at=at, nonce=os.urandom(16))

    async def stream(self, media: str, profile: onvif.Profile, host: str) -> Stream:
        uri = onvif.uri_of(await self.call(media, onvif.stream_uri(profile.token)))
        return Stream(
            name=profile.name,
            encoding=profile.encoding,
            width=profile.width,
            height=profile.height,
            source=onvif.source_of(uri, host, self._user, self._password),
        )

    async def _post(self, path: str, content: bytes) -> tuple[int, bytes]:
        headers = {"content-type": "application/soap+xml; charset=utf-8"}
        async with self._client.stream("POST", path, content=content, headers=headers) as answer:
            taken = bytearray()
            async for part in answer.aiter_bytes():
                taken += part
                if len(taken) > ANSWER_AT_MOST:
                    raise onvif.NotOnvif("答复太长")
            return answer.status_code, bytes(taken)
