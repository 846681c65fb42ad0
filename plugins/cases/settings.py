"""`[cases]` in the settings file, `LIUHE_CASES__…` in the environment."""

from datetime import time

from pydantic import Field, field_validator

from liuhe import Section
from plugins.cases.rules.calendar import spans_of, text_of


class CasesSettings(Section):
    """`office_hours`: local times between which 工作时 count, such as "9:00-12:00,13:30-17:30".
    `keep_days`: so long after a case is closed its personal data, words and pictures go.
    """

    office_hours: str = Field(default="9:00-12:00,13:30-17:30", max_length=60)
    keep_days: int = Field(default=1_096, ge=180, le=36_525)

    @field_validator("office_hours")
    @classmethod
    def _written_well(cls, value: str) -> str:
        try:
            return text_of(spans_of(value))
        except ValueError:
            raise ValueError("要写成“9:00-12:00,13:30-17:30”，从早到晚，不重叠") from None

    @property
    def hours(self) -> tuple[tuple[time, time], ...]:
        return spans_of(self.office_hours)
