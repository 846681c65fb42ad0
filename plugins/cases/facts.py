"""What the plugin announces."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from liuhe import Fact


@dataclass(frozen=True, kw_only=True)
class CaseFact(Fact):
    """Base of what is announced about one case. `also_unit_ids`: other units that take part."""

    case_id: int
    also_unit_ids: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CaseOpened(CaseFact):
    """A case was reported. `source_ref` is what the source calls it (a finding's id, say);
    `flow`: the way that it goes."""

    name: ClassVar[str] = "cases.opened"
    type_code: str
    source: str
    source_ref: str | None = None
    flow: str = "standard"


@dataclass(frozen=True, kw_only=True)
class CaseMoved(CaseFact):
    """A case went from one stage to another. `unit_id`: the unit that has it now; `person_id`: who
    moved it, None where a rule did."""

    name: ClassVar[str] = "cases.moved"
    action: str
    from_stage: str
    to_stage: str
    unit_id: int | None
    person_id: int | None


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


@dataclass(frozen=True, kw_only=True)
class TaskFact(CaseFact):
    """Base of what is announced about the task of one unit that was called to help."""

    task_id: int
    unit_id: int


@dataclass(frozen=True, kw_only=True)
class TaskCalled(TaskFact):
    """吹哨: a unit was called to help with a case; one fact for each unit."""

    name: ClassVar[str] = "cases.task_called"
    person_id: int


@dataclass(frozen=True, kw_only=True)
class TaskMoved(TaskFact):
    """A task went from one stage to another."""

    name: ClassVar[str] = "cases.task_moved"
    action: str
    from_stage: str
    to_stage: str
    person_id: int


@dataclass(frozen=True, kw_only=True)
class TaskClockFact(TaskFact):
    """Base of what is announced about one clock of a task."""

    clock_id: int
    kind: str
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class TaskDueSoon(TaskClockFact):
    """The last quarter of a task's clock has begun; once for each due time of a clock."""

    name: ClassVar[str] = "cases.task_due_soon"


@dataclass(frozen=True, kw_only=True)
class TaskOverdue(TaskClockFact):
    """A task's clock ran on beyond its due time; once for each due time of a clock."""

    name: ClassVar[str] = "cases.task_overdue"
