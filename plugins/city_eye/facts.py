"""What city eye announces."""

from dataclasses import dataclass
from typing import ClassVar

from liuhe import Fact


@dataclass(frozen=True, kw_only=True)
class FindingRaised(Fact):
    """A camera noticed something at a place where nothing was open; a person has to look."""

    name: ClassVar[str] = "city_eye.finding_raised"
    finding_id: int
    camera_id: int
    scene: str
    on_trial: bool


@dataclass(frozen=True, kw_only=True)
class FindingDecided(Fact):
    """Confirmed (then with its case), discarded, or expired without a decision."""

    name: ClassVar[str] = "city_eye.finding_decided"
    finding_id: int
    camera_id: int
    scene: str
    state: str
    case_id: int | None = None
