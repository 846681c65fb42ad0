"""Where a picture comes from: which addresses are taken, and how one is shown."""

import re
from urllib.parse import urlsplit

STREAMS = ("rtsp", "rtsps", "http", "https")
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
    if known and not re.search(r"\s", source):
        return ""
    return (
        "视频地址要以 rtsp://、rtsps://、http:// 或 https:// 开头，例如 rtsp://10.0.0.8:554/live。"
    )


def code_problem(code: str) -> str:
    """The national device id (GB/T 28181) has 20 digits; "" means the camera has none yet."""
    if not code or re.fullmatch(r"[0-9]{20}", code):
        return ""
    return "国标编码是 20 位数字；还没有编码就留空。"
