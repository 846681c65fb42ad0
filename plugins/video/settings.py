"""`[video]` in the settings file, `LIUHE_VIDEO__…` in the environment."""

from datetime import timedelta

from pydantic import Field

from liuhe import Section


class VideoSettings(Section):
    """`join_…`: how much two boxes must share, and how soon after a restart of the eyes, to be the
    same object. `lost_hours`: so long after a restart an observation without news is closed.
    """

    offline_seconds: int = Field(default=60, ge=10, le=3600)
    evidence_days: int = Field(default=30, ge=30, le=3650)
    evidence_megabytes: int = Field(default=4, ge=1, le=20)
    join_overlap: float = Field(default=0.3, ge=0.05, le=1.0)
    join_seconds: int = Field(default=120, ge=0, le=3600)
    lost_hours: int = Field(default=168, ge=1, le=720)

    @property
    def silence(self) -> timedelta:
        return timedelta(seconds=self.offline_seconds)
