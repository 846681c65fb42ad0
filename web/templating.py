"""Jinja with what every template may use; plugins bring `templates/<name>/…`."""

import hashlib
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

HERE = Path(__file__).parent
STATIC = HERE / "static"


def environment(folders: Iterable[Path], zone: str) -> Environment:
    """`folders` are the plugins' own template folders; the shell's come first."""
    loaders = [FileSystemLoader(HERE / "templates"), *(FileSystemLoader(f) for f in folders)]
    env = Environment(
        loader=ChoiceLoader(loaders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.globals["asset"] = asset
    env.filters.update(filters(ZoneInfo(zone)))
    return env


@cache
def asset(path: str) -> str:
    """A static file's address, with its content's mark so that browsers may keep it for ever."""
    digest = hashlib.sha256((STATIC / path).read_bytes()).hexdigest()[:12]
    return f"/static/{path}?v={digest}"


def filters(zone: ZoneInfo) -> dict[str, Callable[..., Any]]:
    """Times are shown in the district's zone: `when` (minute), `brief`, `day`, `iso`, `ago`."""

    def when(value: datetime | None) -> str:
        return value.astimezone(zone).strftime("%Y-%m-%d %H:%M") if value else ""

    def brief(value: datetime | None) -> str:
        """Without the year where it is this one."""
        this_year = f"{datetime.now(zone):%Y}-"
        return when(value).removeprefix(this_year)

    def day(value: datetime | date | None) -> str:
        if isinstance(value, datetime):
            value = value.astimezone(zone).date()
        return value.isoformat() if value else ""

    def clock(value: datetime | None) -> str:
        return value.astimezone(zone).strftime("%H:%M") if value else ""

    def iso(value: datetime | None) -> str:
        return value.astimezone(zone).isoformat(timespec="seconds") if value else ""

    known: list[Callable[..., Any]] = [when, brief, day, clock, iso, ago, span]
    return {one.__name__: one for one in known}


def ago(value: datetime | None, now: datetime | None = None) -> str:
    """ "3 分钟前" or "2 小时后"; empty for no time."""
    if value is None:
        return ""
    seconds = (value - (now or datetime.now(UTC))).total_seconds()
    if abs(seconds) < 45:
        return "刚刚" if seconds <= 0 else "马上"
    return f"{span(abs(seconds))}{'后' if seconds > 0 else '前'}"


def span(seconds: float) -> str:
    """A length of time in the largest unit that still tells something."""
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{max(minutes, 1)} 分钟"
    if minutes < 48 * 60:
        hours, rest = divmod(minutes, 60)
        return f"{hours} 小时" if not rest or hours >= 10 else f"{hours} 小时 {rest} 分"
    return f"{round(minutes / 1440)} 天"


def safe(html: str) -> Markup:
    """Mark HTML that a template of ours has made."""
    return Markup(html)  # noqa: S704 - the input is a template's output
