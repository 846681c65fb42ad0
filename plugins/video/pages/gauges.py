"""How many cameras are in which state, for whoever watches the machines."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime

from liuhe import Gauge
from plugins.video.models.cameras import Camera, CameraState
from plugins.video.rules.health import TROUBLES
from plugins.video.rules.labels import STATE_LABELS


async def cameras() -> Mapping[str, float]:
    now = datetime.now(UTC)
    found = await Camera.all().select_related("condition")
    present = Counter(camera.state_at(now) for camera in found)
    return {state: present[state] for state in STATE_LABELS}


async def troubles() -> Mapping[str, float]:
    """Cameras with a trouble that has lasted; those without are not told of."""
    found = await CameraState.filter(camera__active=True).exclude(trouble="")
    return {**dict.fromkeys(TROUBLES, 0), **Counter(row.trouble for row in found)}


GAUGES = (
    Gauge(name="video.cameras", title="Cameras by state", read=cameras),
    Gauge(name="video.troubles", title="Cameras that need a person, by trouble", read=troubles),
)
