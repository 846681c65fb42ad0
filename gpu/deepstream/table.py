"""The elements that we use and what may be set on them: names, types, ranges, values.

GStreamer only warns when a value is out of range and NVIDIA's elements differ from release to
release, so every property is checked here before anything is built.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from gpu.wire import nearest

Value = bool | int | str
FILE = Path(__file__).parent / "elements.json"
_RANGE = re.compile(r"Range: (-?\d+) - (-?\d+)")
_KINDS = {
    "Boolean": "bool",
    "Enum": "enum",
    "Caps": "str",
    "String": "str",
    "Integer": "int",
    "Integer64": "int",
    "Unsigned Integer": "int",
    "Unsigned Integer64": "int",
}


class PropertyError(ValueError):
    """Something that no element would take; the sentence says what it would."""


@dataclass(frozen=True, kw_only=True)
class Property:
    """`kind` is bool, int, str or enum; `live` when it may change while frames flow."""

    kind: str
    low: int = 0
    high: int = 0
    values: Mapping[str, int] = field(default_factory=dict)
    live: bool = True

    def check(self, value: Value) -> None:
        """Raises PropertyError; an enum is given by its name."""
        if self.kind == "enum":
            self._check_name(value)
        elif type(value).__name__ != self.kind:
            raise PropertyError(f"{_WORDS[self.kind]} is needed, not {value!r}.")
        elif self.kind == "int" and not self.low <= int(value) <= self.high:
            raise PropertyError(f"{value} is outside {self.low} to {self.high}.")

    def native(self, value: Value) -> Value:
        """As the element takes it: the number of an enum's name."""
        return self.values[value] if self.kind == "enum" and isinstance(value, str) else value

    def _check_name(self, value: Value) -> None:
        if value not in self.values:
            raise PropertyError(f"{value!r} is no value; {nearest(str(value), self.values)}")


_WORDS = {"bool": "true or false", "int": "a whole number", "str": "text"}

Properties = Mapping[str, Property]


@cache
def elements() -> Mapping[str, Properties]:
    """Our table, by the element's name."""
    data = json.loads(FILE.read_text("utf-8"))["elements"]
    return {
        element: {name: _property(row) for name, row in rows.items()}
        for element, rows in data.items()
    }


def checked(element: str, properties: Mapping[str, Value]) -> dict[str, Value]:
    """The properties as the element takes them; raises PropertyError for the first wrong one."""
    known = properties_of(element)
    for name, value in properties.items():
        if name not in known:
            raise PropertyError(f"{element}: there is no {name!r}; {nearest(name, known)}")
        try:
            known[name].check(value)
        except PropertyError as error:
            raise PropertyError(f"{element}: {name}: {error}") from None
    return {name: known[name].native(value) for name, value in properties.items()}


def changed(element: str, properties: Mapping[str, Value]) -> dict[str, Value]:
    """The same for what is set while frames flow."""
    for name in properties:
        known = properties_of(element).get(name)
        if known is not None and not known.live:
            raise PropertyError(f"{element}: {name} cannot be changed while frames flow.")
    return checked(element, properties)


def properties_of(element: str) -> Properties:
    if element not in elements():
        raise PropertyError(f"There is no element {element!r}; {nearest(element, elements())}")
    return elements()[element]


def kind_of(text: str) -> Property:
    """`Unsigned Integer. Range: 1 - 1024 Default: 1` as gst-inspect says it."""
    word = re.split(r"[.\"]| (?=\")", text, maxsplit=1)[0].strip()
    span = _RANGE.search(text)
    low, high = (int(span[1]), int(span[2])) if span else (0, 0)
    return Property(kind=_KINDS.get(word, "other"), low=low, high=high)


def inspected(text: str) -> dict[str, Property]:
    """The properties in what `gst-inspect-1.0 <element>` prints."""
    found: dict[str, Property] = {}
    for name, lines in _paragraphs(text):
        kind = next((each for line in lines if (each := kind_of(line)).kind != "other"), None)
        if kind is not None:
            values = {m[2]: int(m[1]) for line in lines if (m := _VALUE.match(line))}
            found[name] = Property(kind=kind.kind, low=kind.low, high=kind.high, values=values)
    return found


_NAME = re.compile(r"^  ([a-zA-Z][\w-]*) *: ")
_VALUE = re.compile(r"^\s+\((-?\d+)\): (\S+)")


def _paragraphs(text: str) -> Iterable[tuple[str, list[str]]]:
    """Each property's name and the lines that follow it."""
    name, lines = "", list[str]()
    _, _, rest = text.partition("Element Properties:")
    for line in rest.splitlines():
        if line.startswith("Element "):  # signals, actions; drivers may speak in between
            break
        if (match := _NAME.match(line)) is not None:
            if name:
                yield name, lines
            name, lines = match[1], []
        else:
            lines.append(line.rstrip() if _VALUE.match(line) else line.strip())
    if name:
        yield name, lines


def _property(row: Mapping[str, object]) -> Property:
    kind = kind_of(str(row["type"]))
    values = row.get("enum", {})
    assert isinstance(values, dict), "elements.json"
    return Property(
        kind=kind.kind,
        low=kind.low,
        high=kind.high,
        values=values,
        live=row.get("when") != "ready",
    )
