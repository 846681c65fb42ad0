"""协办任务: the tasks of units that were called to help with a case; steps are only ever added."""

from datetime import datetime
from typing import Any

from tortoise import fields
from tortoise.expressions import Q

from liuhe import File, Model, Person, Unit, personal
from plugins.cases.models.tables import Case
from plugins.cases.rules import LET_GO, WHISTLED, LimitUnit, TaskStage


class Task(Model):
    """One unit's part in a case. `number` counts within the case, `version` counts its steps.

    `caller`: who blew the whistle. `due_at`: the earliest end among the clocks that run.
    """

    id = fields.BigIntField(primary_key=True)
    case: fields.ForeignKeyRelation[Case] = fields.ForeignKeyField(
        "cases.Case", related_name="tasks", on_delete=fields.RESTRICT
    )
    case_id: int
    number = fields.IntField()
    unit: fields.ForeignKeyRelation[Unit] = fields.ForeignKeyField(
        "core.Unit", related_name="case_tasks", on_delete=fields.RESTRICT
    )
    unit_id: int
    wanted = fields.TextField()  # what the unit is to do
    arrive_by = fields.DatetimeField(null=True)
    stage = fields.CharEnumField(TaskStage, description="TaskStage", max_length=10)
    caller: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "core.Person", related_name="whistled_tasks", on_delete=fields.RESTRICT, db_index=True
    )
    caller_id: int
    called_at = fields.DatetimeField()
    signed_at = fields.DatetimeField(null=True)
    reported_at = fields.DatetimeField(null=True)
    ended_at = fields.DatetimeField(null=True)
    due_at = fields.DatetimeField(null=True)
    version = fields.IntField(default=0)

    steps: fields.ReverseRelation["TaskStep"]
    clocks: fields.ReverseRelation["TaskClock"]

    class Meta:
        table = "cases_task"
        unique_together = (("case_id", "number"),)
        indexes = (("unit_id", "stage"), ("stage", "due_at"), ("called_at", "id"))

    def overdue(self, now: datetime) -> bool:
        """Whether something that it waits for should have happened before `now`."""
        return self.due_at is not None and self.due_at < now


class TaskStep(Model):
    """One entry of a task's course. The actor's name is kept as it was on the day."""

    id = fields.BigIntField(primary_key=True)
    task: fields.ForeignKeyRelation[Task] = fields.ForeignKeyField(
        "cases.Task", related_name="steps", on_delete=fields.RESTRICT
    )
    task_id: int
    seq = fields.IntField()
    at = fields.DatetimeField()
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "core.Person", related_name="case_task_steps", on_delete=fields.RESTRICT, db_index=True
    )
    person_id: int
    actor = personal(fields.CharField(max_length=40))
    action = fields.CharField(max_length=30)
    from_stage = fields.CharEnumField(TaskStage, description="TaskStage", max_length=10, null=True)
    to_stage = fields.CharEnumField(TaskStage, description="TaskStage", max_length=10)
    note = fields.TextField(default="")

    class Meta:
        table = "cases_task_step"
        unique_together = (("task_id", "seq"),)


class TaskClock(Model):
    """时限 of a task; the columns mean what those of a case's `Clock` mean."""

    id = fields.BigIntField(primary_key=True)
    task: fields.ForeignKeyRelation[Task] = fields.ForeignKeyField(
        "cases.Task", related_name="clocks", on_delete=fields.RESTRICT, db_index=True
    )
    task_id: int
    kind = fields.CharField(max_length=12)
    started_at = fields.DatetimeField()
    due_at = fields.DatetimeField()
    stopped_at = fields.DatetimeField(null=True)
    rule = fields.CharField(max_length=200)
    unit = fields.CharEnumField(LimitUnit, description="LimitUnit", max_length=12, null=True)
    hours = fields.CharField(max_length=60, null=True)
    paused_at = fields.DatetimeField(null=True)
    left_seconds = fields.BigIntField(null=True)
    warn_at = fields.DatetimeField(null=True)
    soon_told_at = fields.DatetimeField(null=True)
    late_told_at = fields.DatetimeField(null=True)

    class Meta:
        table = "cases_task_clock"
        indexes = (("stopped_at", "due_at"), ("stopped_at", "warn_at"))

    def late(self, now: datetime) -> bool:
        """Whether it ended, or still runs, after its due time."""
        return (self.paused_at or self.stopped_at or now) > self.due_at


class TaskEvidence(Model):
    """A picture that came with a step of a task."""

    id = fields.BigIntField(primary_key=True)
    task: fields.ForeignKeyRelation[Task] = fields.ForeignKeyField(
        "cases.Task", related_name="evidence", on_delete=fields.RESTRICT, db_index=True
    )
    task_id: int
    step: fields.ForeignKeyRelation[TaskStep] = fields.ForeignKeyField(
        "cases.TaskStep", related_name="evidence", on_delete=fields.RESTRICT, db_index=True
    )
    step_id: int
    file: fields.ForeignKeyRelation[File] = fields.ForeignKeyField(
        "core.File", related_name="task_evidence", on_delete=fields.RESTRICT, db_index=True
    )
    file_id: Any

    class Meta:
        table = "cases_task_evidence"


def concerning() -> Q:
    """Tasks that let their unit see the case: not given back or taken away before it signed."""
    return ~Q(stage__in=LET_GO) | Q(signed_at__isnull=False)


def under_way() -> Q:
    """Tasks on which somebody can work: their case is under way and not suspended."""
    return Q(case__stage__in=WHISTLED, case__suspended_at__isnull=True)
