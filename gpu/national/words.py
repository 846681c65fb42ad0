"""The XML that devices speak (MANSCDP): keep-alives and catalogues; bounded and strict."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from gpu.national.messages import NAME_AT_MOST, Channel, is_code

_DECLARATION = re.compile(rb"^\s*<\?xml[^>]*\?>")
_UTF8 = re.compile(rb"(?i)encoding\s*=\s*['\"]utf-?8")

TYPE = "Application/MANSCDP+xml"
ALL_ITEMS = 1_000_000  # what a device may claim at most


@dataclass(frozen=True, kw_only=True)
class Said:
    """A message of a device: `kind` "Keepalive", "Catalog" or another; `root` Notify, Response …"""

    root: str
    kind: str
    number: int
    total: int = 0
    channels: tuple[Channel, ...] = ()


def read(body: bytes) -> Said:
    """ValueError where it is no such message. Without a declared UTF-8, it is GB 18030."""
    try:
        root: Element = fromstring(_text(body))
    except (ParseError, DefusedXmlException) as error:
        raise ValueError(f"this is no XML of a device: {error}") from None
    number, total = _of(root, "SN"), _of(root, "SumNum")
    return Said(
        root=root.tag,
        kind=_of(root, "CmdType"),
        number=_whole(number),
        total=min(_whole(total), ALL_ITEMS),
        channels=tuple(_channels(root)),
    )


def _text(body: bytes) -> str:
    declaration = _DECLARATION.match(body)
    rest = body[declaration.end() :] if declaration else body
    coding = "utf-8" if declaration and _UTF8.search(declaration.group()) else "gb18030"
    return rest.decode(coding, "replace")


def _channels(root: Element) -> Iterator[Channel]:
    for item in root.iterfind("./DeviceList/Item"):
        code = _of(item, "DeviceID")
        if is_code(code):
            parent = _of(item, "ParentID").rpartition("/")[2]
            yield Channel(
                code=code,
                name=_of(item, "Name")[:NAME_AT_MOST],
                online=_of(item, "Status").upper() in ("ON", "OK", "ONLINE"),
                parent=parent if is_code(parent) else "",
                address=_of(item, "Address")[:NAME_AT_MOST],
                longitude=_degrees(_of(item, "Longitude"), 180),
                latitude=_degrees(_of(item, "Latitude"), 90),
            )


def _of(element: Element, name: str) -> str:
    text = "".join(sign for sign in element.findtext(name, "") if sign.isprintable())
    return text.strip()


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else 0


def _degrees(text: str, most: int) -> float | None:
    """None for 0 as well: devices write it where they do not know."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if value and -most <= value <= most else None


def catalogue_query(device: str, number: int) -> bytes:
    return (
        '<?xml version="1.0" encoding="GB2312"?>\r\n<Query>\r\n'
        f"<CmdType>Catalog</CmdType>\r\n<SN>{number}</SN>\r\n<DeviceID>{device}</DeviceID>\r\n"
        "</Query>\r\n"
    ).encode("ascii")
