"""Months: their first day names them, their bounds are the district's midnights."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def month_of(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date().replace(day=1)


def later(month: date, count: int = 1) -> date:
    """So many months later, or earlier where negative."""
    years, index = divmod(month.month - 1 + count, 12)
    return date(month.year + years, index + 1, 1)


def bounds(month: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first moment of the month, and the first after it."""
    return _midnight(month, zone), _midnight(later(month), zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def closes_at(month: date, zone: ZoneInfo, grace_days: int) -> datetime:
    """When a month is closed by the clock."""
    return bounds(month, zone)[1] + timedelta(days=grace_days)


def read_month(text: str) -> date | None:
    """ "2026-11", or None where it is no month."""
    parts = text.split("-")
    if len(parts) != 2 or not all(part.isascii() and part.isdecimal() for part in parts):
        return None
    year, month = parts
    if len(year) != 4 or len(month) != 2 or not 2000 <= int(year) <= 2100:
        return None
    return date(int(year), int(month), 1) if 1 <= int(month) <= 12 else None


def month_text(month: date) -> str:
    return f"{month:%Y-%m}"


def month_words(month: date) -> str:
    return f"{month.year} 年 {month.month} 月"
