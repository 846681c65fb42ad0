"""JSON into frozen dataclasses and back, strictly: what is not foreseen is refused by name."""

import dataclasses
import difflib
import json
import math
import re
import types
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal, Self, TypeVar, Union, get_args, get_origin, get_type_hints

_M = TypeVar("_M", bound="Message")


class Message:
    """The root of what travels: frozen dataclasses whose own checks raise ValueError."""

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Take a decoded JSON object, or the text or bytes of one."""
        if isinstance(data, str | bytes):
            data = _decode(data, cls.__name__)
        return _build(cls, data, cls.__name__)

    def to_json(self) -> dict[str, Any]:
        """What `json.dumps` takes; times are ISO 8601 in UTC."""
        return {field.name: _plain(getattr(self, field.name)) for field in _fields(type(self))}


def require(right: bool, sentence: str) -> None:
    """For a message's own checks."""
    if not right:
        raise ValueError(sentence)


def nearest(name: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown name: which known one was meant."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else f"known are: {', '.join(names)}."


def _decode(text: str | bytes, where: str) -> object:
    try:
        return json.loads(text)
    except ValueError as error:
        raise ValueError(f"{where}: this is no JSON: {error}.") from None
    except RecursionError:
        raise ValueError(f"{where}: its brackets are nested too deeply.") from None


def _fields(cls: type) -> tuple[dataclasses.Field[Any], ...]:
    return dataclasses.fields(cls)


def _build(cls: type[_M], data: object, where: str) -> _M:
    if not isinstance(data, Mapping):
        raise ValueError(f"{where}: an object is needed, not {_named(data)}.")
    fields, hints = _fields(cls), get_type_hints(cls)
    _check_names(data, fields, where)
    values = {
        field.name: read(hints[field.name], data[field.name], f"{where}.{field.name}")
        for field in fields
        if field.name in data
    }
    try:
        return cls(**values)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None


def _check_names(
    data: Mapping[Any, Any], fields: tuple[dataclasses.Field[Any], ...], where: str
) -> None:
    known = [field.name for field in fields]
    for name in data:
        if name not in known:
            raise ValueError(f"{where}: {name!r} is unknown; {nearest(str(name), known)}")
    for field in fields:
        if field.name not in data and field.default is dataclasses.MISSING:
            raise ValueError(f"{where}: {field.name!r} is missing.")


def read(kind: Any, value: object, where: str) -> Any:
    """One value as `kind`, a type annotation; nothing is converted that JSON could have said."""
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _read_optional(kind, value, where)
    if origin is Literal:
        if value not in get_args(kind):
            raise ValueError(
                f"{where}: {value!r} is unknown; {nearest(str(value), get_args(kind))}"
            )
        return value
    if origin is tuple:
        return _read_tuple(kind, value, where)
    if origin is dict:
        return _read_names(value, where)
    if isinstance(kind, type) and issubclass(kind, Message):
        return _build(kind, value, where)
    return _read_scalar(kind, value, where)


def _read_optional(kind: Any, value: object, where: str) -> Any:
    inner = next(arg for arg in get_args(kind) if arg is not types.NoneType)
    return None if value is None else read(inner, value, where)


def _read_tuple(kind: Any, value: object, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise ValueError(f"{where}: a list is needed, not {_named(value)}.")
    kinds = get_args(kind)
    if kinds[-1] is Ellipsis:
        kinds = (kinds[0],) * len(value)
    if len(kinds) != len(value):
        raise ValueError(f"{where}: {len(kinds)} values are needed, not {len(value)}.")
    pairs = enumerate(zip(kinds, value, strict=True))
    return tuple(read(each, item, f"{where}[{index}]") for index, (each, item) in pairs)


def _read_names(value: object, where: str) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise ValueError(f"{where}: an object is needed, not {_named(value)}.")
    return {str(name): read(str, item, f"{where}.{name}") for name, item in value.items()}


def _read_scalar(kind: type, value: object, where: str) -> Any:
    if kind is datetime:
        return _read_time(value, where)
    if kind is float and type(value) in (int, float):
        return _finite(value, where)
    if type(value) is not kind:
        raise ValueError(f"{where}: {_WORDS[kind]} is needed, not {_named(value)}.")
    if isinstance(value, str) and _UNWRITABLE.search(value):
        raise ValueError(f"{where}: {_named(value)} holds characters that cannot be kept.")
    return value


def _finite(value: Any, where: str) -> float:
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ValueError(f"{where}: a finite number is needed.")
    return number


def _read_time(value: object, where: str) -> datetime:
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise ValueError(f"{where}: an ISO 8601 time with offset is needed, not {value!r}.")
    return time.astimezone(UTC)


def _plain(value: Any) -> Any:
    if isinstance(value, Message):
        return value.to_json()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


_UNWRITABLE = re.compile("[\x00\ud800-\udfff]")  # no database takes them
_WORDS: dict[type, str] = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
}


def _named(value: object) -> str:
    return "null" if value is None else f"{value!r:.60}"
