"""Where a picture comes from: which addresses are taken, and how one is shown."""

import re
from urllib.parse import urlsplit

STREAMS = ("rtsp", "rtsps")
TRANSPORTS = {"tcp": "TCP", "udp": "UDP", "tls": "TLS"}
_CLIP = re.compile(r"clip:[a-z0-9_-]{1,40}")
_CREDENTIALS = re.compile(r"(?<=://)\S*@")  # up to the last: passwords may hold anything
_QUERY = re.compile(r"(://[^\s?]*)\?\S+")
#: Some cameras want user and password within the path: /user=admin_password=…_channel=1
_NAMED = re.compile(r"(?i)((?:user|usr|pass|pwd|token|auth|secret|key)\w*?=)[^/\s?&]+")


def mask(text: str) -> str:
    """The address, or a message that quotes one, without user, password and query."""
    return _NAMED.sub(r"\1…", _QUERY.sub(r"\1?…", _CREDENTIALS.sub("***@", text)))


def source_problem(source: str) -> str:
    """A sentence about what is wrong with a camera's address, or ""."""
    if _CLIP.fullmatch(source):
        return ""
    try:
        parts = urlsplit(source)
        known = parts.scheme in STREAMS and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        known = False
    if known and source.isprintable() and not re.search(r"\s", source):
        return ""
    return "视频地址要以 rtsp:// 或 rtsps:// 开头，例如 rtsp://10.0.0.8:554/live。"


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
