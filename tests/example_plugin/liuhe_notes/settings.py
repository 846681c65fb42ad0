"""`[notes]` in the TOML file, `LIUHE_NOTES__KEEP_DAYS` in the environment."""

from pydantic import Field

from liuhe import Section, settings_of


class NotesSettings(Section):
    """`greeting` is the first note on every new case; "" for none."""

    keep_days: int = Field(default=90, ge=1, le=90)
    greeting: str = "要交接的话写在这里。"


def keep_days() -> int:
    return settings_of(NotesSettings).keep_days
