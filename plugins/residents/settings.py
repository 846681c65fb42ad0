"""`[residents]` in the settings file, `LIUHE_RESIDENTS__…` in the environment."""

from pydantic import Field

from liuhe import Section


class ResidentsSettings(Section):
    """Bounds of the open door.

    `hotline`: whom to phone when the page takes no more. `address`: how residents reach this
    server ("https://…"), for the posters; empty: as the request came.
    `reports_*`: reports from one address, and from all of them. `tries`: forms of any kind from
    one address within 10 minutes. `wrong_codes*`: codes that lead nowhere. `most_waiting`:
    reports that nobody has accepted yet.
    """

    hotline: str = Field(default="12345", max_length=30)
    address: str = Field(default="", max_length=200)
    reports_in_10_minutes: int = Field(default=5, ge=1)
    reports_a_day: int = Field(default=20, ge=1)
    reports_an_hour_in_all: int = Field(default=120, ge=1)
    tries: int = Field(default=60, ge=5)
    wrong_codes: int = Field(default=10, ge=3)
    wrong_codes_an_hour_in_all: int = Field(default=500, ge=10)
    most_waiting: int = Field(default=300, ge=1)
    most_pictures: int = Field(default=3, ge=0, le=9)
    most_questions: int = Field(default=5, ge=1, le=20)
    most_reopenings: int = Field(default=2, ge=0, le=9)
    reopen_days: int = Field(default=30, ge=1)
    code_days: int = Field(default=180, ge=1)
    contact_days: int = Field(default=90, ge=1)
