"""How times and identifiers are written, in and out."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Final
from uuid import UUID

import strawberry
from strawberry.exceptions import StrawberryInputCoercionError
from strawberry.types.scalar import ScalarDefinition


def _write_time(value: datetime) -> str:
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()


def _read_time(value: object) -> datetime:
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
        if time is not None and time.tzinfo is not None:
            time.astimezone(UTC)  # fails at either end of time
            return time
    except (ValueError, OverflowError):
        pass
    raise StrawberryInputCoercionError(
        "时间要写成带时区的 ISO 8601，例如 2026-03-01T08:00:00+08:00。"
    )


def _read_date(value: object) -> date:
    try:
        return date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise StrawberryInputCoercionError("日期要写成 2026-03-01 这样。") from None


def _read_uuid(value: object) -> UUID:
    try:
        return UUID(value if isinstance(value, str) else "")
    except ValueError:
        raise StrawberryInputCoercionError("这里要一个 UUID。") from None


MOMENT: Final[ScalarDefinition] = strawberry.scalar(
    name="DateTime",
    description="时刻，带时区的 ISO 8601 · a moment, ISO 8601 with offset",
    serialize=_write_time,
    parse_value=_read_time,
)
SCALARS: Final[Mapping[object, ScalarDefinition]] = {
    datetime: MOMENT,
    date: strawberry.scalar(
        name="Date",
        description="日期，如 2026-03-01 · a day",
        serialize=date.isoformat,
        parse_value=_read_date,
    ),
    UUID: strawberry.scalar(name="UUID", description="UUID", serialize=str, parse_value=_read_uuid),
}
