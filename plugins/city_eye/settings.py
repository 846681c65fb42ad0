"""`[city_eye]` in the settings file, `LIUHE_CITY_EYE__…` in the environment."""

from datetime import timedelta

from pydantic import Field

from liuhe import Section


class CityEyeSettings(Section):
    """`quiet_minutes`: after a false alarm a place says nothing for so long. `pending_hours`: a
    finding that nobody has looked at for so long is put aside."""

    quiet_minutes: int = Field(default=120, ge=0, le=10_080)
    pending_hours: int = Field(default=72, ge=1, le=720)

    @property
    def quiet(self) -> timedelta:
        return timedelta(minutes=self.quiet_minutes)

    @property
    def patience(self) -> timedelta:
        return timedelta(hours=self.pending_hours)
