"""What is said to cameras that speak ONVIF, and what they answer; no network here.

Names of elements are read without their namespaces: devices disagree about prefixes and versions.
"""

import base64
import hashlib
import ipaddress
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import SplitResult, quote, unquote, urlsplit, urlunsplit
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

MOST_PROFILES = 8
_ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"'
    ' xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"'
    ' xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"'
    ' xmlns:tds="http://www.onvif.org/ver10/device/wsdl"'
    ' xmlns:trt="http://www.onvif.org/ver10/media/wsdl"'
    ' xmlns:tt="http://www.onvif.org/ver10/schema"'
    ' xmlns:dn="http://www.onvif.org/ver10/network/wsdl">'
    "<s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
)
_WSS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
_DIGEST = f"{_WSS}username-token-profile-1.0#PasswordDigest"
_BASE64 = f"{_WSS}soap-message-security-1.0#Base64Binary"

CLOCK = "<tds:GetSystemDateAndTime/>"
ABOUT = "<tds:GetDeviceInformation/>"
SERVICES = "<tds:GetCapabilities><tds:Category>Media</tds:Category></tds:GetCapabilities>"
PROFILES = "<trt:GetProfiles/>"


class NotOnvif(ValueError):
    """The answer is none that a camera gives."""


def host_of(address: str) -> str:
    """The host in it, "" where none can be read."""
    try:
        return _split(address).hostname or ""
    except NotOnvif:
        return ""


@dataclass(frozen=True, kw_only=True)
class Device:
    """`address` is that of its device service."""

    address: str
    name: str
    hardware: str

    @property
    def host(self) -> str:
        return host_of(self.address)


@dataclass(frozen=True, kw_only=True)
class Profile:
    token: str
    name: str
    encoding: str
    width: int
    height: int


def probe(message_id: str) -> bytes:
    """WS-Discovery: who is a video transmitter?"""
    header = (
        f"<a:MessageID>urn:uuid:{escape(message_id)}</a:MessageID>"
        "<a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To>"
        "<a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action>"
    )
    body = "<d:Probe><d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe>"
    return _ENVELOPE.format(header=header, body=body).encode()


@dataclass(frozen=True, kw_only=True)
class SignIn:
    """`at` is by the device's clock; `nonce` is another one for each call."""

    user: str
    password: str
    at: datetime
    nonce: bytes


def request(body: str, sign_in: SignIn | None = None) -> bytes:
    """A call, signed with a digest of the password where somebody signs in."""
    header = _signature(sign_in) if sign_in else ""
    return _ENVELOPE.format(header=header, body=body).encode()


def stream_uri(token: str) -> str:
    return (
        "<trt:GetStreamUri><trt:StreamSetup><tt:Stream>RTP-Unicast</tt:Stream>"
        "<tt:Transport><tt:Protocol>RTSP</tt:Protocol></tt:Transport></trt:StreamSetup>"
        f"<trt:ProfileToken>{escape(token)}</trt:ProfileToken></trt:GetStreamUri>"
    )


def _signature(given: SignIn) -> str:
    created = given.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    signed = given.nonce + created.encode() + given.password.encode()
    digest = hashlib.sha1(signed, usedforsecurity=False).digest()
    return (
        f'<w:Security xmlns:w="{_WSS}wssecurity-secext-1.0.xsd" s:mustUnderstand="true">'
        f"<w:UsernameToken><w:Username>{escape(given.user)}</w:Username>"
        f'<w:Password Type="{_DIGEST}">{base64.b64encode(digest).decode()}</w:Password>'
        f'<w:Nonce EncodingType="{_BASE64}">{base64.b64encode(given.nonce).decode()}</w:Nonce>'
        f'<u:Created xmlns:u="{_WSS}wssecurity-utility-1.0.xsd">{created}</u:Created>'
        "</w:UsernameToken></w:Security>"
    )


def read(answer: bytes) -> Element:
    """The answer's root; entities and document types are refused."""
    try:
        root: Element = fromstring(answer, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise NotOnvif(str(error)[:100]) from None
    return root


def devices(answer: bytes) -> list[Device]:
    """Those in an answer to a probe, each at all of its http addresses that can be read."""
    found = []
    for match in _all(read(answer), "ProbeMatch"):
        scopes = _text(match, "Scopes").split()
        for address in _text(match, "XAddrs").split()[:8]:
            if address.lower().startswith("http://") and host_of(address := address[:300]):
                names = _scope(scopes, "name"), _scope(scopes, "hardware")
                found.append(Device(address=address, name=names[0], hardware=names[1]))
    return found


def clock(root: Element) -> datetime | None:
    """What time the device believes it is."""
    parts = next(_all(root, "UTCDateTime"), None)
    if parts is None:
        return None
    names = ("Year", "Month", "Day", "Hour", "Minute", "Second")
    try:
        return datetime(*(int(_text(parts, name)) for name in names), tzinfo=UTC)  # type: ignore[misc,arg-type]
    except (ValueError, OverflowError):
        return None


def media_path(root: Element) -> str:
    """The path of its media service; where it says it is reached is left aside."""
    media = next(_all(root, "Media"), None)
    address = _text(media, "XAddr") if media is not None else ""
    parts = _split(address)
    if not parts.path:
        raise NotOnvif("no media service")
    return parts.path


def profiles(root: Element) -> list[Profile]:
    found = []
    for one in [*_all(root, "Profiles")][:MOST_PROFILES]:
        encoder = next(_all(one, "VideoEncoderConfiguration"), None)
        if encoder is not None and one.get("token"):
            found.append(_profile(one, encoder))
    return found


def _profile(one: Element, encoder: Element) -> Profile:
    return Profile(
        token=str(one.get("token"))[:100],
        name=_text(one, "Name")[:60],
        encoding=_text(encoder, "Encoding")[:20],
        width=_whole(_text(encoder, "Width")),
        height=_whole(_text(encoder, "Height")),
    )


def about(root: Element) -> str:
    return " ".join(filter(None, (_text(root, "Manufacturer"), _text(root, "Model"))))[:60]


def uri_of(root: Element) -> str:
    return _text(root, "Uri")[:400]


def source_of(uri: str, host: str, user: str, password: str) -> str:
    """The address for the eyes: at the host that was asked, with the sign-in within."""
    parts = _split(uri)
    if parts.scheme not in ("rtsp", "rtsps"):
        raise NotOnvif("no RTSP address")
    try:
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        raise NotOnvif("no port") from None
    secret = f"{quote(user, safe='')}:{quote(password, safe='')}@" if user else ""
    place = f"{secret}{in_url(host)}{port}"
    return urlunsplit((parts.scheme, place, parts.path, parts.query, ""))


def in_url(host: str) -> str:
    """As it is written in a URL: an address by IPv6 in brackets."""
    try:
        return f"[{host}]" if ipaddress.ip_address(host).version == 6 else host
    except ValueError:
        return host


def allowed(host: str, networks: Sequence[str]) -> bool:
    """Only a plain address within the networks of the settings: a name could lead anywhere."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return any(address in ipaddress.ip_network(one) for one in networks)


def network_problem(text: str) -> str:
    """A sentence about a network that cameras are looked for in, or ""."""
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return f"“{text}”不是网段，请写成 10.20.0.0/16 的样子"
    if not network.is_private or network.prefixlen < 8:
        return f"“{text}”不是内部网段，只能在内部网段里查找摄像机"
    if ipaddress.ip_address(text.partition("/")[0]) != network.network_address:
        return f"“{text}”不是网段的开头，请写成 {network}"
    return ""


def _split(address: str) -> SplitResult:
    """What was misspelt, such as http://[10.0.0.8]/, is NotOnvif."""
    try:
        return urlsplit(address)
    except ValueError:
        raise NotOnvif("no address") from None


def _all(root: Element, name: str) -> Iterator[Element]:
    return (one for one in root.iter() if one.tag.rpartition("}")[2] == name)


def _text(root: Element, name: str) -> str:
    found = next(_all(root, name), None)
    return (found.text or "").strip() if found is not None else ""


def _scope(scopes: Sequence[str], name: str) -> str:
    prefix = f"onvif://www.onvif.org/{name}/"
    found = next((one for one in scopes if one.startswith(prefix)), "")
    return re.sub(r"[\x00-\x1f]", "", unquote(found.removeprefix(prefix)))[:60]


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0
