"""How GeoReport v2 writes its answers: JSON, and the same as XML by its naming of elements.

A list of things is an element that holds one element for each: `services` of `service`.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

#: What each list's elements are called.
ONE_OF = {
    "services": "service",
    "service_requests": "request",
    "service_request_updates": "request_update",
    "attributes": "attribute",
    "values": "value",
    "endpoints": "endpoint",
    "formats": "format",
    "errors": "error",
}
#: What XML 1.0 cannot hold at all.
UNFIT = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """An error as the specification writes it."""

    code: int
    description: str

    @property
    def told(self) -> list[dict[str, Any]]:
        return [{"code": self.code, "description": self.description}]


def as_json(told: Any) -> bytes:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def as_xml(root: str, told: Any) -> bytes:
    element = _element(Element(root), root, told)
    body: bytes = tostring(element, encoding="utf-8", xml_declaration=True)
    return body


def _element(element: Element, name: str, told: Any) -> Element:
    if isinstance(told, Mapping):
        for key, value in told.items():
            _element(SubElement(element, key), key, value)
    elif isinstance(told, Sequence) and not isinstance(told, str):
        for value in told:
            _element(SubElement(element, ONE_OF[name]), ONE_OF[name], value)
    else:
        element.text = _text(told)
    return element


def _text(told: Any) -> str:
    if told is None:
        return ""
    if isinstance(told, bool):
        return "true" if told else "false"
    return UNFIT.sub("", str(told))
