"""What the plugin announces."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from liuhe import Fact


@dataclass(frozen=True, kw_only=True)
class CaseFact(Fact):
    """Base of what is announced about one case."""

    case_id: int


@dataclass(frozen=True, kw_only=True)
class CaseOpened(CaseFact):
    """A case was reported. `source_ref` is what the source calls it (a finding's id, say)."""

    name: ClassVar[str] = "cases.opened"
    type_code: str
    source: str
    source_ref: str | None = None


@dataclass(frozen=True, kw_only=True)
class CaseMoved(CaseFact):
    """A case went from one stage to another. `unit_id`: the unit that has it now."""

    name: ClassVar[str] = "cases.moved"
    action: str
    from_stage: str
    to_stage: str
    unit_id: int | None
    person_id: int


@dataclass(frozen=True, kw_only=True)
class ClockFact(CaseFact):
    """Base of what is announced about one clock. `unit_id`: the unit that has the case now."""

    clock_id: int
    kind: str
    due_at: datetime
    unit_id: int | None


@dataclass(frozen=True, kw_only=True)
class CaseDueSoon(ClockFact):
    """The last quarter of a clock's time has begun; once for each due time of a clock."""

    name: ClassVar[str] = "cases.due_soon"


@dataclass(frozen=True, kw_only=True)
class CaseOverdue(ClockFact):
    """A clock ran on beyond its due time; once for each due time of a clock."""

    name: ClassVar[str] = "cases.overdue"
