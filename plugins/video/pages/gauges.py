"""How many cameras are in which state, for whoever watches the machines."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime

from liuhe import Gauge, settings_of
from plugins.video.models.cameras import CameraState
from plugins.video.rules.health import present_state
from plugins.video.settings import VideoSettings

STATES = ("connecting", "live", "stalled", "offline", "unknown", "off")


async def cameras() -> Mapping[str, float]:
    silence, now = settings_of(VideoSettings).silence, datetime.now(UTC)
    found = await CameraState.all().select_related("camera")
    present = Counter(
        present_state(row.state, row.heard_at, now, silence, row.camera.active) for row in found
    )
    return {state: present.get(state, 0) for state in {*STATES, *present}}


GAUGES = (Gauge(name="video.cameras", title="Cameras by state", read=cameras),)
