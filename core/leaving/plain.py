"""One value as JSON tells it, the same from both engines."""

import base64
import json
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any


def plain(kind: str, value: Any) -> Any:
    """None stays None; what is not of its kind goes as it lies there, and is not lost."""
    if value is None:
        return None
    try:
        return READERS[kind](value)
    except (KeyError, ValueError, TypeError):
        return _as_it_is(value)


def _as_it_is(value: Any) -> Any:
    if isinstance(value, bytes | bytearray | memoryview):
        return base64.b64encode(bytes(value)).decode("ascii")
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)


def _moment(value: Any) -> str:
    """In UTC with microseconds, as the audit's chain is counted over it."""
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat(timespec="microseconds")


def _day(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else date.fromisoformat(value).isoformat()


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str | bytes) else value


def _uuid(value: Any) -> str:
    return str(value if isinstance(value, uuid.UUID) else uuid.UUID(str(value)))


def _decimal(value: Any) -> str:
    return str(Decimal(str(value)))


READERS: Mapping[str, Callable[[Any], Any]] = {
    "boolean": bool,
    "json": _json,
    "datetime": _moment,
    "date": _day,
    "uuid": _uuid,
    "decimal": _decimal,
}
