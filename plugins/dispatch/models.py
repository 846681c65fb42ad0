"""Rules with their versions, what they made of each case, and who is on duty when."""

from typing import Any

from tortoise import fields
from tortoise.expressions import Q

from liuhe import Area, Model, Person, Scope, Unit
from plugins.dispatch import rules
from plugins.dispatch.rules import Days, Mode

#: A rule is reached through its area, a shift through its unit.
SCOPE = Scope(area="area__path")
UNIT_SCOPE = Scope(area="area__path", unit="id")


class Rule(Model):
    """派遣规则, one version of it. `number` is the same for all versions: the id of the first.

    A version is never changed but for its end. `narrowness` is what the rule asks (see `rules`),
    so that lists come in the order in which rules are tried. `text` is the rule as a sentence.
    """

    id = fields.BigIntField(primary_key=True)
    number = fields.BigIntField(null=True)
    version = fields.IntField()
    kind = fields.CharField(max_length=8, default="")
    class_code = fields.CharField(max_length=4, default="")
    type_code = fields.CharField(max_length=8, default="")
    area: fields.ForeignKeyNullableRelation[Area] = fields.ForeignKeyField(
        "core.Area",
        related_name="dispatch_rules",
        null=True,
        on_delete=fields.RESTRICT,
        db_index=True,
    )
    area_id: int | None
    days = fields.CharField(max_length=4, default=Days.ANY.value)
    begins = fields.IntField(null=True)  # minutes from midnight, both or neither
    ends = fields.IntField(null=True)
    unit: fields.ForeignKeyRelation[Unit] = fields.ForeignKeyField(
        "core.Unit", related_name="dispatch_rules", on_delete=fields.RESTRICT, db_index=True
    )
    unit_id: int
    mode = fields.CharField(max_length=8, default=Mode.SUGGEST.value)
    rank = fields.IntField(default=100)
    narrowness = fields.IntField()
    text = fields.CharField(max_length=300)
    valid_from = fields.DatetimeField()
    valid_until = fields.DatetimeField(null=True)  # the first moment without it
    made_at = fields.DatetimeField()
    made_by: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "core.Person", related_name="dispatch_rules", on_delete=fields.RESTRICT, db_index=True
    )
    made_by_id: int

    class Meta:
        table = "dispatch_rule"
        unique_together = (("number", "version"),)
        indexes = (("valid_until", "narrowness"),)

    @property
    def hours(self) -> rules.Hours | None:
        return None if self.begins is None or self.ends is None else (self.begins, self.ends)


class Assignment(Model):
    """What the rules said when a case was accepted, as they read then; one for each case.

    Without a rule nobody was named. `sent`: it was dispatched at once.
    """

    id = fields.BigIntField(primary_key=True)
    case: Any = fields.OneToOneField(
        "cases.Case", related_name="assignment", on_delete=fields.RESTRICT
    )
    case_id: int
    rule: fields.ForeignKeyNullableRelation[Rule] = fields.ForeignKeyField(
        "dispatch.Rule",
        related_name="assignments",
        null=True,
        on_delete=fields.RESTRICT,
        db_index=True,
    )
    rule_id: int | None
    text = fields.CharField(max_length=300, default="")
    sent = fields.BooleanField(default=False)
    at = fields.DatetimeField()

    class Meta:
        table = "dispatch_assignment"


class Shift(Model):
    """值班: a person of a unit, from one moment to another; `day` is the one on which it begins."""

    id = fields.BigIntField(primary_key=True)
    unit: fields.ForeignKeyRelation[Unit] = fields.ForeignKeyField(
        "core.Unit", related_name="duty_shifts", on_delete=fields.RESTRICT
    )
    unit_id: int
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "core.Person", related_name="duty_shifts", on_delete=fields.RESTRICT, db_index=True
    )
    person_id: int
    day = fields.DateField()
    begins = fields.IntField()  # minutes from midnight
    ends = fields.IntField()  # not after `begins`: on the next day
    begins_at = fields.DatetimeField()
    ends_at = fields.DatetimeField(db_index=True)

    class Meta:
        table = "dispatch_shift"
        indexes = (("unit_id", "day"),)


def in_force(at: Any) -> Q:
    """The rules that hold at a moment."""
    return Q(valid_from__lte=at) & not_ended(at)


def not_ended(at: Any) -> Q:
    """The rules that hold at a moment or will later."""
    return Q(valid_until__isnull=True) | Q(valid_until__gt=at)


def on_duty(at: Any) -> Q:
    """The shifts that are on at a moment."""
    return Q(begins_at__lte=at, ends_at__gt=at)
