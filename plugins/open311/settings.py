"""`[open311]` in the settings file, `LIUHE_OPEN311__…` in the environment."""

from pydantic import Field

from liuhe import Section


class Open311Settings(Section):
    """`jurisdiction`: the `jurisdiction_id` that others must name if they name one; empty: any.
    `most_waiting`: reports by this door that nobody has accepted yet. `wrong_keys`: tries with a
    key that does not fit, and `reads`: what is looked up, from one address within 10 minutes."""

    jurisdiction: str = Field(default="", max_length=100)
    most_waiting: int = Field(default=300, ge=1)
    most_pictures: int = Field(default=3, ge=0, le=9)
    wrong_keys: int = Field(default=20, ge=3)
    reads: int = Field(default=600, ge=1)
    contact_days: int = Field(default=90, ge=1)
    reopen_days: int = Field(default=30, ge=1)
    most_reopenings: int = Field(default=2, ge=0, le=9)
