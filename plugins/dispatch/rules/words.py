"""A rule as a sentence, and what an edit has changed."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from plugins.dispatch.rules.times import DAYS_LABELS, Days, Hours, clock_text


class Mode(StrEnum):
    """auto: sent at once after somebody has accepted; suggest: offered to the dispatcher."""

    SUGGEST = "suggest"
    AUTO = "auto"


MODE_LABELS = {Mode.SUGGEST: "建议", Mode.AUTO: "自动"}


def sentence(*, matter: str, area: str, time: str, unit: str, mode: Mode) -> str:
    """“0505 机动车乱停放 · 祥符街道 · 工作日 08:00–20:00 → 交警中队（自动）”."""
    asked = " · ".join((matter or "所有类型", area or "所有区域", time))
    return f"{asked} → {unit}（{MODE_LABELS[mode]}）"


def time_words(days: Days, hours: Hours | None) -> str:
    if hours is None:
        return "不限时间" if days == Days.ANY else DAYS_LABELS[days]
    begins, ends = hours
    over = "次日 " if ends <= begins else ""
    return f"{DAYS_LABELS[days]} {clock_text(begins)}–{over}{clock_text(ends)}"


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Field by field what was and what is, only where it differs."""
    return {name: [old[name], new[name]] for name in new if old[name] != new[name]}
