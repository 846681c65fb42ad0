"""What the ground announces: for neighbours who keep something by area."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from liuhe import Fact


@dataclass(frozen=True, kw_only=True)
class DivisionChanged(Fact):
    """One division changed from `on`: "open", "close", "rename", "move" (its border), "draw" (the
    drawing was wrong and is corrected)."""

    name: ClassVar[str] = "places.changed"
    area_id: int
    change: str
    on: date


@dataclass(frozen=True, kw_only=True)
class DivisionSucceeded(Fact):
    """From `on`, `successor_id` stands where `area_id` stood; one for each pair."""

    name: ClassVar[str] = "places.succeeded"
    area_id: int
    successor_id: int
    kind: str
    on: date
