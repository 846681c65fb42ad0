"""How many cameras are in which state, for whoever watches the machines."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime

from liuhe import Gauge, settings_of
from plugins.video.models.cameras import CameraState
from plugins.video.rules.health import TROUBLES, present_state
from plugins.video.rules.labels import STATE_LABELS
from plugins.video.settings import VideoSettings


async def cameras() -> Mapping[str, float]:
    silence, now = settings_of(VideoSettings).silence, datetime.now(UTC)
    found = await CameraState.all().select_related("camera")
    present = Counter(
        present_state(row.state, row.heard_at, now, silence, row.camera.active) for row in found
    )
    return {state: present[state] for state in STATE_LABELS}


async def troubles() -> Mapping[str, float]:
    """Cameras with a trouble that has lasted; those without are not told of."""
    found = await CameraState.filter(camera__active=True).exclude(trouble="")
    return {**dict.fromkeys(TROUBLES, 0), **Counter(row.trouble for row in found)}


GAUGES = (
    Gauge(name="video.cameras", title="Cameras by state", read=cameras),
    Gauge(name="video.troubles", title="Cameras that need a person, by trouble", read=troubles),
)
