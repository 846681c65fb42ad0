"""A way to change something, and what ways have in common."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

#: Columns of the street's row of a table; of "+table" a second row is made, `{second}`.
Standing = tuple[tuple[str, Mapping[str, Any]], ...]

NOW = datetime.now(UTC)
SOON = NOW + timedelta(days=20)
LATER = f"{NOW + timedelta(days=40):%Y-%m-%dT%H:%M}"
TODAY, TOMORROW = f"{NOW:%Y-%m-%d}", f"{NOW + timedelta(days=1):%Y-%m-%d}"


@dataclass(frozen=True, kw_only=True)
class Way:
    """`door`: the address as the routes say it, or the mutation's name. `by`: the role that does it
    at work in the street ("" where nobody can, there: what is missing says `why`); `whole`: with a
    post over the whole district. `also`: the other roles whose work it is, at work in the street.
    `reads`: it changes nothing but the audit. `anywhere`: roles that may do it in every street.
    """

    door: str
    given: Mapping[str, Any] = field(default_factory=dict)
    stands: Standing = ()
    by: str = ""
    whole: bool = False
    also: tuple[str, ...] = ()
    reads: bool = False
    anywhere: tuple[str, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    file: str = ""
    why: str = ""

    @property
    def name(self) -> str:
        """What tells one way through a door from another."""
        more = " ".join((*self.words.values(), *map(str, self.given.get("input", self.given))))
        return f"{self.door} {more}".strip()


REASON, NOTE = {"reason": "理由"}, {"note": "说明"}
