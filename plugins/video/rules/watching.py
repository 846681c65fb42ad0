"""What may be watched for in a zone."""

import math
import re
from collections.abc import Sequence

from gpu.messages import AT_ONCE, DAY, FOUND, MINUTES, OUT_OF_SIGHT
from plugins.video.rules.labels import KIND_LABELS

MOST_OBJECTS = 20
_OBJECT = re.compile(r"[a-z][a-z0-9 -]{0,39}")  # as manifests of models have it


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
) -> str:
    """A sentence about what is wrong with a rule, or ""."""
    if kind not in KIND_LABELS:
        return f"规则只能是{'、'.join(KIND_LABELS.values())}之一。"
    if (not objects and kind not in FOUND) or len(objects) > MOST_OBJECTS:
        return f"请选 1 到 {MOST_OBJECTS} 种目标。"
    if unknown := [name for name in objects if not _OBJECT.fullmatch(name)]:
        return f"目标“{unknown[0]:.40}”要用模型的类别名，例如 car。"
    if not (math.isfinite(seconds) and 0 <= seconds <= DAY):
        return f"时长在 0 到 {DAY:.0f} 秒之间。"
    if kind in ("dwell", "left") and seconds <= 0:
        return f"{KIND_LABELS[kind]}的时长要大于 0 秒。"
    if not 1 <= count <= AT_ONCE:
        return f"数量在 1 到 {AT_ONCE} 之间。"
    if not (math.isfinite(grace) and 0 <= grace <= OUT_OF_SIGHT):
        return f"容许看不见的时间在 0 到 {OUT_OF_SIGHT:.0f} 秒之间。"
    if not (math.isfinite(least_score) and 0 <= least_score <= 1):
        return "把握在 0% 到 100% 之间。"
    if problem := hours_problem(begins, ends):
        return problem
    return "" if len(scene) <= 20 else "场景代码最多 20 个字符。"


def hours_problem(begins: int | None, ends: int | None) -> str:
    """A sentence about what is wrong with the hours of a rule, in minutes of the day, or ""."""
    if begins is None and ends is None:
        return ""
    if begins is None or ends is None:
        return "从几点到几点要都填；整天都看就都不填。"
    if not (0 <= begins < MINUTES and 0 <= ends < MINUTES):
        return "钟点在 00:00 到 23:59 之间。"
    return "从几点到几点不能一样；整天都看就都不填。" if begins == ends else ""
