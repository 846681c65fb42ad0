"""What video announces."""

from dataclasses import dataclass
from datetime import datetime

from liuhe import Fact


@dataclass(frozen=True, kw_only=True)
class ObservationStarted(Fact):
    """Something was seen in a zone that is watched. Nothing has been judged yet.

    `evidence` is the id of a blurred picture, or "" where none came; `score` is 0 to 1.
    """

    name = "video.observation_started"
    observation_id: int
    camera_id: int
    area_id: int
    zone_id: int
    watch_id: int
    scene: str
    object: str
    count: int
    score: float
    at: datetime
    evidence: str = ""


@dataclass(frozen=True, kw_only=True)
class ObservationEnded(Fact):
    """It is over; `lost` where nobody saw it end (the eyes were away)."""

    name = "video.observation_ended"
    observation_id: int
    camera_id: int
    zone_id: int
    watch_id: int
    scene: str
    at: datetime
    lost: bool = False


@dataclass(frozen=True, kw_only=True)
class CameraStateChanged(Fact):
    """A camera came, went or failed: states as in `CameraState.state`, and "offline"."""

    name = "video.camera_state_changed"
    camera_id: int
    state: str
    before: str


@dataclass(frozen=True, kw_only=True)
class CameraTroubleChanged(Fact):
    """Something has been the matter with a camera for a while ("dark", "offline" …), or no more."""

    name = "video.camera_trouble_changed"
    camera_id: int
    trouble: str
    before: str


@dataclass(frozen=True, kw_only=True)
class ConfigurationChanged(Fact):
    """What the eyes are to watch is no longer what it was."""

    name = "video.configuration_changed"
