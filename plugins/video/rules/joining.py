"""Whether something seen after a restart of the eyes is what was there before."""

from datetime import datetime, timedelta

from gpu.geometry import overlap
from gpu.messages import Box


def goes_on(
    *,
    kind: str,
    old_box: Box,
    old_told_at: datetime,
    new_box: Box,
    new_started_at: datetime,
    new_at: datetime,
    session_at: datetime | None,
    patience: timedelta,
    least_overlap: float,
) -> bool:
    """An earlier run told of the old one, or other eyes did, and the new one was there once the
    eyes were open again.

    `patience` is how long after their start still counts as "once open". A crowd is one whatever
    its outline.
    """
    if session_at is None or not old_told_at < session_at <= new_at:
        return False
    if new_started_at > session_at + patience:
        return False
    return kind == "crowd" or overlap(old_box, new_box) >= least_overlap
