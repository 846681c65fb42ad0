"""What may be watched for in a zone."""

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

from gpu.messages import AT_ONCE, DAY, FOUND, MINUTES, OUT_OF_SIGHT
from plugins.video.rules.labels import KIND_LABELS

MOST_OBJECTS = 20
_OBJECT = re.compile(r"[a-z][a-z0-9 -]{0,39}")  # as manifests of models have it


class Problem(NamedTuple):
    """What is wrong with a rule, and with which field of it."""

    field: str
    sentence: str


def watch_problem(
    *,
    kind: str,
    objects: Sequence[str],
    seconds: float,
    count: int,
    grace: float,
    scene: str,
    begins: int | None = None,
    ends: int | None = None,
    least_score: float = 0.0,
) -> Problem | None:
    if kind not in KIND_LABELS:
        return Problem("kind", f"规则只能是{'、'.join(KIND_LABELS.values())}之一。")
    if (not objects and kind not in FOUND) or len(objects) > MOST_OBJECTS:
        return Problem("objects", f"请选 1 到 {MOST_OBJECTS} 种目标。")
    if unknown := [name for name in objects if not _OBJECT.fullmatch(name)]:
        return Problem("objects", f"目标“{unknown[0]:.40}”要用模型的类别名，例如 car。")
    if not (math.isfinite(seconds) and 0 <= seconds <= DAY):
        return Problem("seconds", f"时长在 0 到 {DAY:.0f} 秒之间。")
    if kind in ("dwell", "left") and seconds <= 0:
        return Problem("seconds", f"{KIND_LABELS[kind]}的时长要大于 0 秒。")
    if not 1 <= count <= AT_ONCE:
        return Problem("count", f"数量在 1 到 {AT_ONCE} 之间。")
    if not (math.isfinite(grace) and 0 <= grace <= OUT_OF_SIGHT):
        return Problem("grace", f"容许看不见的时间在 0 到 {OUT_OF_SIGHT:.0f} 秒之间。")
    if not (math.isfinite(least_score) and 0 <= least_score <= 1):
        return Problem("least_score", "把握在 0% 到 100% 之间。")
    if problem := hours_problem(begins, ends):
        return problem
    return None if len(scene) <= 20 else Problem("scene", "场景代码最多 20 个字符。")


def hours_problem(begins: int | None, ends: int | None) -> Problem | None:
    """What is wrong with the hours of a rule, in minutes of the day."""
    if begins is None and ends is None:
        return None
    if begins is None or ends is None:
        missing = "begins" if begins is None else "ends"
        return Problem(missing, "从几点到几点要都填；整天都看就都不填。")
    for name, minute in (("begins", begins), ("ends", ends)):
        if not 0 <= minute < MINUTES:
            return Problem(name, "钟点在 00:00 到 23:59 之间。")
    if begins == ends:
        return Problem("ends", "从几点到几点不能一样；整天都看就都不填。")
    return None
