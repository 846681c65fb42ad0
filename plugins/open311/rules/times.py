"""Times as the interface writes and reads them, and the ninety days that one may ask for."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

SPAN = timedelta(days=90)
#: A "+" that nobody escaped comes as a space.
LOST_PLUS = re.compile(r" (\d\d:?\d\d)$")


@dataclass(frozen=True, kw_only=True)
class Period:
    """From `since` to `until`, both included."""

    since: datetime
    until: datetime


def w3(moment: datetime, zone: tzinfo) -> str:
    return moment.astimezone(zone).isoformat(timespec="seconds")


def moment(text: str, zone: tzinfo) -> datetime | None:
    """The moment in UTC; None for what is no time. Without an offset it is the district's."""
    try:
        found = datetime.fromisoformat(LOST_PLUS.sub(r"+\1", text.strip()))
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def period(since: datetime | None, until: datetime | None, now: datetime) -> Period | None:
    """The last ninety days where nothing is said, ninety days from or to what is said; None for
    more than that, or for the end before the beginning."""
    try:
        if since is None:
            until = until or now
            since = until - SPAN
        until = until or min(now, since + SPAN)
    except OverflowError:
        return None
    if until - since > SPAN or (until < since and since <= now):
        return None
    return Period(since=since, until=until)
