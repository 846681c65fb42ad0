"""`[notes]` in the TOML file, `LIUHE_NOTES__KEEP_DAYS` in the environment."""

from pydantic import Field

from liuhe import Section


class NotesSettings(Section):
    """`greeting` is the first note on every new case; "" for none."""

    keep_days: int = Field(default=90, ge=1, le=90)
    greeting: str = "要交接的话写在这里。"
