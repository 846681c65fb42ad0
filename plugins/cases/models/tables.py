"""The tables. Only `actions` write them; steps and evidence are only ever added."""

from datetime import datetime
from typing import Any

from tortoise import fields

from liuhe import Area, File, Model, Person, Unit, personal
from plugins.cases.rules import (
    EvidenceKind,
    Kind,
    Limit,
    LimitUnit,
    Mark,
    Source,
    Stage,
)

#: The columns that are filled while a case bears a mark.
MARK_COLUMNS = {
    Mark.SUSPENDED: "suspended_at",
    Mark.ASKED: "extension_until",
    Mark.ESCALATED: "escalated_at",
    Mark.PHASED: "phases_left",
}


class CaseType(Model):
    """GB/T 30428 小类 with its 大类: 0505 机动车乱停放 in 05 街面秩序. Limits are the city's."""

    id = fields.BigIntField(primary_key=True)
    kind = fields.CharEnumField(Kind, description="Kind", max_length=8, default=Kind.EVENT)
    code = fields.CharField(max_length=8)
    name = fields.CharField(max_length=40)
    class_code = fields.CharField(max_length=4)
    class_name = fields.CharField(max_length=40)
    limit_amount = fields.IntField()
    limit_unit = fields.CharEnumField(LimitUnit, description="LimitUnit", max_length=12)
    active = fields.BooleanField(default=True)

    class Meta:
        table = "cases_type"
        unique_together = (("kind", "code"),)

    @property
    def limit(self) -> Limit:
        """How long handling may take."""
        return Limit(amount=self.limit_amount, unit=self.limit_unit)


class Case(Model):
    """案件. `version` counts its steps, so it is also the number of the last one.

    `due_at` is the earliest end among the clocks that run, None when nothing is timed; `soon_at` is
    when that clock's warning is due. `extension_until`: the due time that is asked for. `flow`: the
    name of the way that it goes (see `flows`). `phases`: the parts of its handling as they were
    when it began, None without; `phases_left`: how many come after the one in hand, None for none.
    """

    id = fields.BigIntField(primary_key=True)
    number = fields.CharField(max_length=32, unique=True)
    title = fields.CharField(max_length=120)
    description = fields.TextField(default="")
    type: fields.ForeignKeyRelation[CaseType] = fields.ForeignKeyField(
        "cases.CaseType", related_name="cases", on_delete=fields.RESTRICT, db_index=True
    )
    type_id: int
    flow = fields.CharField(max_length=30, default="standard", db_default="standard")
    stage = fields.CharEnumField(Stage, description="Stage", max_length=12)
    source = fields.CharEnumField(Source, description="Source", max_length=12)
    source_ref = fields.CharField(max_length=80, null=True)
    area: fields.ForeignKeyRelation[Area] = fields.ForeignKeyField(
        "core.Area", related_name="cases", on_delete=fields.RESTRICT, db_index=True
    )
    area_id: int
    address = fields.CharField(max_length=200, default="")
    longitude = fields.FloatField(null=True)  # WGS-84 degrees
    latitude = fields.FloatField(null=True)
    reporter: fields.ForeignKeyNullableRelation[Person] = fields.ForeignKeyField(
        "core.Person",
        related_name="reported_cases",
        null=True,
        on_delete=fields.RESTRICT,
        db_index=True,
    )
    reporter_id: int | None
    unit: fields.ForeignKeyNullableRelation[Unit] = fields.ForeignKeyField(
        "core.Unit", related_name="cases", null=True, on_delete=fields.RESTRICT, db_index=True
    )
    unit_id: int | None
    handler: fields.ForeignKeyNullableRelation[Person] = fields.ForeignKeyField(
        "core.Person",
        related_name="handled_cases",
        null=True,
        on_delete=fields.RESTRICT,
        db_index=True,
    )
    handler_id: int | None
    opened_at = fields.DatetimeField()
    due_at = fields.DatetimeField(null=True)
    closed_at = fields.DatetimeField(null=True)
    returns = fields.IntField(default=0)
    reworks = fields.IntField(default=0)
    rating = fields.IntField(null=True)
    rating_note = fields.CharField(max_length=1000, default="")
    version = fields.IntField(default=0)
    soon_at = fields.DatetimeField(null=True)
    suspended_at = fields.DatetimeField(null=True)
    extension_until = fields.DatetimeField(null=True)
    escalated_at = fields.DatetimeField(null=True)
    supervised_at = fields.DatetimeField(null=True)
    forgotten_at = fields.DatetimeField(null=True)  # its term was over: the skeleton is left
    phases: Any = fields.JSONField(null=True)
    phases_left = fields.IntField(null=True)
    merged_into: fields.ForeignKeyNullableRelation["Case"] = fields.ForeignKeyField(
        "cases.Case", related_name="merged", null=True, on_delete=fields.RESTRICT, db_index=True
    )
    merged_into_id: int | None

    steps: fields.ReverseRelation["Step"]
    clocks: fields.ReverseRelation["Clock"]
    evidence: fields.ReverseRelation["Evidence"]

    class Meta:
        table = "cases_case"
        unique_together = (("source", "source_ref"),)
        indexes = (
            ("opened_at", "id"),
            ("due_at", "id"),
            ("stage", "opened_at"),
            ("stage", "closed_at"),
            ("unit_id", "stage"),
            ("area_id", "opened_at"),
            ("area_id", "stage", "closed_at"),
            ("type_id", "opened_at"),
            ("unit_id", "opened_at"),
        )

    def overdue(self, now: datetime) -> bool:
        """Whether something that it waits for should have happened before `now`."""
        return self.due_at is not None and self.due_at < now

    @property
    def marks(self) -> frozenset[Mark]:
        return frozenset(mark for mark, column in MARK_COLUMNS.items() if getattr(self, column))


class Step(Model):
    """One entry of the timeline. The actor's name is kept as it was on the day."""

    id = fields.BigIntField(primary_key=True)
    case: fields.ForeignKeyRelation[Case] = fields.ForeignKeyField(
        "cases.Case", related_name="steps", on_delete=fields.RESTRICT
    )
    case_id: int
    seq = fields.IntField()
    at = fields.DatetimeField()
    person: fields.ForeignKeyNullableRelation[Person] = fields.ForeignKeyField(
        "core.Person",
        related_name="case_steps",
        null=True,
        on_delete=fields.RESTRICT,
        db_index=True,
    )
    person_id: int | None
    actor = personal(fields.CharField(max_length=40))
    unit: fields.ForeignKeyNullableRelation[Unit] = fields.ForeignKeyField(
        "core.Unit", related_name="case_steps", null=True, on_delete=fields.RESTRICT, db_index=True
    )
    unit_id: int | None
    action = fields.CharField(max_length=30)
    from_stage = fields.CharEnumField(Stage, description="Stage", max_length=12, null=True)
    to_stage = fields.CharEnumField(Stage, description="Stage", max_length=12)
    note = fields.TextField(default="")
    details: Any = fields.JSONField(default=dict)

    class Meta:
        table = "cases_step"
        unique_together = (("case_id", "seq"),)
        indexes = (("action", "at"),)


class Clock(Model):
    """时限: one timed stretch, with the rule as it read when the clock was set.

    `unit` and `hours` (office hours) are what the rule counts in; unknown for the oldest clocks,
    which count natural time. `left_seconds`: what was left when it was paused, None if it was late.
    `warn_at`: when it is soon due. `soon_told_at`, `late_told_at`: when that was announced.
    `phase`: the number of the part of handling that it times, from 1.
    """

    id = fields.BigIntField(primary_key=True)
    case: fields.ForeignKeyRelation[Case] = fields.ForeignKeyField(
        "cases.Case", related_name="clocks", on_delete=fields.RESTRICT, db_index=True
    )
    case_id: int
    kind = fields.CharField(max_length=12)
    started_at = fields.DatetimeField()
    due_at = fields.DatetimeField()
    stopped_at = fields.DatetimeField(null=True)
    rule = fields.CharField(max_length=200)
    unit = fields.CharEnumField(LimitUnit, description="LimitUnit", max_length=12, null=True)
    hours = fields.CharField(max_length=60, null=True)
    phase = fields.IntField(null=True)
    paused_at = fields.DatetimeField(null=True)
    left_seconds = fields.BigIntField(null=True)
    warn_at = fields.DatetimeField(null=True)
    soon_told_at = fields.DatetimeField(null=True)
    late_told_at = fields.DatetimeField(null=True)

    class Meta:
        table = "cases_clock"
        indexes = (("stopped_at", "due_at"), ("stopped_at", "warn_at"), ("kind", "due_at"))

    def late(self, now: datetime) -> bool:
        """Whether it ended, or still runs, after its due time."""
        return (self.paused_at or self.stopped_at or now) > self.due_at


class Evidence(Model):
    """A picture of a case. `taken_blurred`: it was never stored otherwise than blurred."""

    id = fields.BigIntField(primary_key=True)
    case: fields.ForeignKeyRelation[Case] = fields.ForeignKeyField(
        "cases.Case", related_name="evidence", on_delete=fields.RESTRICT, db_index=True
    )
    case_id: int
    step: fields.ForeignKeyRelation[Step] = fields.ForeignKeyField(
        "cases.Step", related_name="evidence", on_delete=fields.RESTRICT, db_index=True
    )
    step_id: int
    file: fields.ForeignKeyRelation[File] = fields.ForeignKeyField(
        "core.File", related_name="evidence", on_delete=fields.RESTRICT, db_index=True
    )
    file_id: Any
    kind = fields.CharEnumField(EvidenceKind, description="EvidenceKind", max_length=8)
    caption = fields.CharField(max_length=100, default="")
    taken_blurred = fields.BooleanField(default=False)

    class Meta:
        table = "cases_evidence"
