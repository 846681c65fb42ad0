"""What a finding is, where it belongs, and what its decision means."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class State(StrEnum):
    """Where a finding stands: a person confirms or discards it; nobody for too long: expired."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    DISCARDED = "discarded"
    EXPIRED = "expired"


STATE_LABELS = {
    State.PENDING: "待确认",
    State.CONFIRMED: "已确认",
    State.DISCARDED: "已排除",
    State.EXPIRED: "过期未看",
}
STATE_TONES = {
    State.PENDING: "info",
    State.CONFIRMED: "ok",
    State.DISCARDED: "",
    State.EXPIRED: "warn",
}


class Mode(StrEnum):
    """A scene on trial is counted only; an official one may become a case."""

    OFFICIAL = "official"
    TRIAL = "trial"


MODE_LABELS = {Mode.OFFICIAL: "正式", Mode.TRIAL: "试用"}


class Reason(StrEnum):
    """Why a finding is discarded."""

    FALSE_ALARM = "false_alarm"
    HANDLED = "handled"
    DUPLICATE = "duplicate"
    OTHER = "other"


REASON_LABELS = {
    Reason.FALSE_ALARM: "误报",
    Reason.HANDLED: "已处理",
    Reason.DUPLICATE: "重复",
    Reason.OTHER: "其他",
}
#: After these the place is left alone for a while.
QUIETING = frozenset({Reason.FALSE_ALARM, Reason.DUPLICATE})

#: Stages of a case after which its place may give a new finding.
CASE_ENDS = frozenset({"closed", "rated", "rejected", "withdrawn", "merged"})


@dataclass(frozen=True, kw_only=True)
class Starter:
    """A scene as it comes: on trial until the district makes it official."""

    code: str
    title: str
    type_code: str
    kind: str
    objects: tuple[str, ...]
    handle_hours: int


#: GB/T 30428 小类 where there is one. The bundled detector can see these, or they need none.
STARTERS = (
    Starter(
        code="0505",
        title="机动车乱停放",
        type_code="0505",
        kind="dwell",
        objects=("car", "truck", "bus"),
        handle_hours=3,
    ),
    Starter(
        code="0506",
        title="非机动车乱停放",
        type_code="0506",
        kind="dwell",
        objects=("bicycle", "motorcycle"),
        handle_hours=3,
    ),
    Starter(
        code="crowd",
        title="人群聚集",
        type_code="0409",
        kind="crowd",
        objects=("person",),
        handle_hours=2,
    ),
    Starter(
        code="0504",
        title="店外经营",
        type_code="0504",
        kind="left",
        objects=(),
        handle_hours=3,
    ),
    Starter(
        code="0507",
        title="乱堆物堆料",
        type_code="0507",
        kind="left",
        objects=(),
        handle_hours=24,
    ),
    Starter(
        code="2104",
        title="高空抛物",
        type_code="2104",
        kind="fall",
        objects=(),
        handle_hours=2,
    ),
)


def place_key(camera_id: int, zone_id: int, scene: str) -> str:
    """Where at most one finding is open at a time."""
    return f"{camera_id}/{zone_id}/{scene}"


def is_quiet(reason: str, decided_at: datetime | None, seen_at: datetime, quiet: timedelta) -> bool:
    """Whether something seen at a place falls into the silence after its last discarding."""
    return reason in QUIETING and decided_at is not None and seen_at < decided_at + quiet


#: The shape of a close-up, width over height.
WIDE = 16 / 9
#: Objects taller or wider than this part of the picture are seen well enough without one.
LARGE = 0.3


def close_up(box: Sequence[float], ratio: float) -> tuple[float, float, float, float] | None:
    """The part of a picture to show large: the object with as much again around it.

    `box` is x1, y1, x2, y2 in parts of the picture; the answer is x, y, width, height in heights of
    the picture, inside it; None for an object that is large already.
    """
    x1, y1, x2, y2 = box
    if max(x2 - x1, y2 - y1) >= LARGE:
        return None
    height = max(2.2 * (y2 - y1), 2.2 * (x2 - x1) * ratio / WIDE, 0.2)
    height = min(height, 1.0, ratio / WIDE)
    width = height * WIDE
    x = min(max((x1 + x2) / 2 * ratio - width / 2, 0.0), ratio - width)
    y = min(max((y1 + y2) / 2 - height / 2, 0.0), 1.0 - height)
    return round(x, 4), round(y, 4), round(width, 4), round(height, 4)
