"""The section `[figures]`."""

from pydantic import Field

from liuhe import Section


class FiguresSettings(Section):
    """`grace_days`: how long after its end a month stays open; `answer_days`: for an objection, at
    most those that are promised to everybody."""

    grace_days: int = Field(default=3, ge=0, le=20)
    answer_days: int = Field(default=15, ge=1, le=15)
