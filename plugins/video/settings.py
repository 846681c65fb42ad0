"""`[video]` in the settings file, `LIUHE_VIDEO__…` in the environment."""

from datetime import timedelta

from pydantic import Field, field_validator

from liuhe import Section
from plugins.video.rules.onvif import network_problem

OWN = "本机"  # the eyes that this machine starts itself


class VideoSettings(Section):
    """`join_…`: how much two boxes must share, and how soon after a restart of the eyes, to be the
    same object. `tracks_…`: how long, and how much of each camera, what moved is kept for trying
    zones out (0 days: not at all). `lost_hours`: so long after a restart an observation without
    news is closed.
    `trouble_minutes`: what lasts so long is told to a person; `starting_minutes` for a camera that
    has shown nothing yet, as a graphics card prepares its models for long.
    `unsteady`: so many new connections in an hour are trouble.
    Between the hours `day_begins` and `day_ends` a picture is not dark.
    `national_code`: the 20 digits of this house as devices know it by GB/T 28181; empty: none may
    register. `national_worker`: the eyes that listen for them, at `national_host` (empty: every
    address of that machine) and `national_port`, UDP and TCP.
    `default_worker`: the eyes that watch the cameras for which none were chosen.
    `onvif_networks`: where cameras may be looked for, and nowhere else.
    """

    offline_seconds: int = Field(default=60, ge=10, le=3600)
    evidence_days: int = Field(default=30, ge=30, le=3650)
    evidence_megabytes: int = Field(default=4, ge=1, le=20)
    join_overlap: float = Field(default=0.3, ge=0.05, le=1.0)
    join_seconds: int = Field(default=120, ge=0, le=3600)
    tracks_days: int = Field(default=3, ge=0, le=7)
    tracks_megabytes: int = Field(default=50, ge=1, le=1000)
    lost_hours: int = Field(default=168, ge=1, le=720)
    trouble_minutes: int = Field(default=5, ge=1, le=1440)
    starting_minutes: int = Field(default=30, ge=1, le=1440)
    unsteady: int = Field(default=12, ge=2, le=1000)
    day_begins: int = Field(default=8, ge=0, le=23)
    day_ends: int = Field(default=17, ge=1, le=24)
    onvif_networks: tuple[str, ...] = ()
    vitals_days: int = Field(default=8, ge=1, le=90)
    national_code: str = Field(default="", pattern=r"^([0-9]{20})?$")
    national_host: str = Field(default="", max_length=100)
    national_port: int = Field(default=5060, ge=1, le=65535)
    national_worker: str = Field(default=OWN, max_length=60)
    default_worker: str = Field(default=OWN, min_length=1, max_length=60)

    @field_validator("onvif_networks")
    @classmethod
    def _inside(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        for one in networks:
            if problem := network_problem(one):
                raise ValueError(problem)
        return networks

    @property
    def silence(self) -> timedelta:
        return timedelta(seconds=self.offline_seconds)

    def dwell(self, problem: str) -> timedelta:
        """How long a problem lasts before a person is told."""
        starting = problem == "starting"
        return timedelta(minutes=self.starting_minutes if starting else self.trouble_minutes)
