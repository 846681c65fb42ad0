"""Where a picture comes from: which addresses are taken, and how one is shown."""

import ipaddress
import re
import socket
from urllib.parse import urlsplit

STREAMS = ("rtsp", "rtsps")
TRANSPORTS = {"tcp": "TCP", "udp": "UDP", "tls": "TLS"}
NEAR = (
    "视频地址不能指向视频处理程序自己的机器（如 127.0.0.1）或链路本地的网段（169.254）。"
    "请填摄像机的地址；确实要这样用，请管理全区摄像机的人来登记。"
)
_CLIP = re.compile(r"clip:[a-z0-9_-]{1,40}")


def plain_source(source: str) -> str:
    """RTSP:// is rtsp://, which is all that those who open it know."""
    scheme, mark, rest = source.partition("://")
    return f"{scheme.lower()}{mark}{rest}" if mark else source


def source_problem(source: str, *, near: bool = False) -> str:
    """A sentence about what is wrong with a camera's address, or "".

    `near`: it may be on the machine of the eyes itself, or in its link-local network. Elsewhere
    nobody is to find out through a camera which doors are open there.
    """
    if _CLIP.fullmatch(source):
        return ""
    try:
        parts = urlsplit(source)
        known = parts.scheme in STREAMS and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        known = False
    if known and source.isprintable() and not re.search(r"\s", source):
        return "" if near or not is_near(parts.hostname or "") else NEAR
    return "视频地址要以 rtsp:// 或 rtsps:// 开头，例如 rtsp://10.0.0.8:554/live。"


def is_near(host: str) -> bool:
    """Whether it plainly is this machine or its link; where other names lead is not asked here."""
    name = host.rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    address = _literal(name)
    if address is None:
        return False
    within = getattr(address, "ipv4_mapped", None) or address
    return within.is_loopback or within.is_link_local or within.is_unspecified


def _literal(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that is written there, in any of the ways that machines read one: 127.1 too."""
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except (OSError, ValueError):
        pass
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def transport_problem(address: str, transport: str) -> str:
    """A sentence about how the pictures are to come, or ""; the address may be a masked one."""
    if transport not in TRANSPORTS:
        return f"传输方式只能是{'、'.join(TRANSPORTS.values())}之一。"
    safe = urlsplit(address).scheme == "rtsps"
    if safe and transport != "tls":
        return "rtsps:// 的地址要选 TLS。"
    if transport == "tls" and not safe:
        return "选了 TLS，视频地址要以 rtsps:// 开头（端口多为 322）。"
    return ""
