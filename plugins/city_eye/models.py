"""Scenes, findings, and the sightings that each finding stands for."""

from typing import Any

from tortoise import fields

from liuhe import Area, File, Model, Person, Scope
from plugins.city_eye.rules import Mode, State

#: A finding is reached through the area of its camera.
SCOPE = Scope(area="area__path")


class Scene(Model):
    """场景: what to look for, and what kind of case it makes. `objects` are detector classes."""

    id = fields.BigIntField(primary_key=True)
    code = fields.CharField(max_length=20, unique=True)
    title = fields.CharField(max_length=40)
    type_code = fields.CharField(max_length=8)
    mode = fields.CharField(max_length=8, default=Mode.TRIAL.value)
    kind = fields.CharField(max_length=8)
    objects: Any = fields.JSONField()
    unit_code = fields.CharField(max_length=30, default="")
    handle_hours = fields.IntField(default=24)
    active = fields.BooleanField(default=True)

    class Meta:
        table = "city_eye_scene"

    @property
    def on_trial(self) -> bool:
        return self.mode == Mode.TRIAL


class Finding(Model):
    """线索: what a camera noticed at a place, until a person has decided.

    `place_key` is set while the place is taken: pending, or its case open; being unique, it keeps
    a second finding of the same place out. `joined` counts the observations that it stands for.
    `handed` is the copy of its picture that belongs to the case.
    """

    id = fields.BigIntField(primary_key=True)
    scene: fields.ForeignKeyRelation[Scene] = fields.ForeignKeyField(
        "city_eye.Scene", related_name="findings", on_delete=fields.RESTRICT, db_index=True
    )
    scene_id: int
    camera: Any = fields.ForeignKeyField(
        "video.Camera", related_name="findings", on_delete=fields.RESTRICT, db_index=True
    )
    camera_id: int
    zone: Any = fields.ForeignKeyField(
        "video.Zone", related_name="findings", on_delete=fields.RESTRICT, db_index=True
    )
    zone_id: int
    observation: Any = fields.ForeignKeyField(
        "video.Observation", related_name="findings", on_delete=fields.RESTRICT, db_index=True
    )
    observation_id: int
    area: fields.ForeignKeyRelation[Area] = fields.ForeignKeyField(
        "core.Area", related_name="findings", on_delete=fields.RESTRICT, db_index=True
    )
    area_id: int
    at = fields.DatetimeField()
    last_seen_at = fields.DatetimeField()
    picture: fields.ForeignKeyNullableRelation[File] = fields.ForeignKeyField(
        "core.File",
        related_name="findings",
        null=True,
        on_delete=fields.SET_NULL,
        db_index=True,
    )
    picture_id: Any
    object = fields.CharField(max_length=40, default="")
    score = fields.FloatField(default=0.0)
    count = fields.IntField(default=1)
    joined = fields.IntField(default=1)
    on_trial = fields.BooleanField(default=False)
    state = fields.CharField(max_length=10, default=State.PENDING.value)
    place_key = fields.CharField(max_length=80, null=True, unique=True)
    decided_by: fields.ForeignKeyNullableRelation[Person] = fields.ForeignKeyField(
        "core.Person",
        related_name="decided_findings",
        null=True,
        on_delete=fields.RESTRICT,
        db_index=True,
    )
    decided_by_id: int | None
    decided_at = fields.DatetimeField(null=True)
    reason = fields.CharField(max_length=12, default="")
    note = fields.CharField(max_length=500, default="")
    case: Any = fields.ForeignKeyField(
        "cases.Case", related_name="findings", null=True, on_delete=fields.SET_NULL, db_index=True
    )
    case_id: int | None
    handed: fields.ForeignKeyNullableRelation[File] = fields.ForeignKeyField(
        "core.File",
        related_name="handed_findings",
        null=True,
        on_delete=fields.SET_NULL,
        db_index=True,
    )
    handed_id: Any

    class Meta:
        table = "city_eye_finding"
        indexes = (
            ("state", "at"),
            ("at", "id"),
            ("decided_at", "id"),
            ("scene_id", "at"),
            ("camera_id", "zone_id", "scene_id", "decided_at"),
        )

    @property
    def shown_id(self) -> Any:
        """The id of the picture to look at, or None; the observation is loaded."""
        return self.picture_id or self.observation.evidence_id


class Sighting(Model):
    """One observation, and the finding that it became or joined; `quiet`: it fell into silence."""

    id = fields.BigIntField(primary_key=True)
    observation: Any = fields.OneToOneField(
        "video.Observation", related_name="sighting", on_delete=fields.CASCADE
    )
    observation_id: int
    finding: fields.ForeignKeyRelation[Finding] = fields.ForeignKeyField(
        "city_eye.Finding", related_name="sightings", on_delete=fields.CASCADE, db_index=True
    )
    finding_id: int
    at = fields.DatetimeField()
    quiet = fields.BooleanField(default=False)

    class Meta:
        table = "city_eye_sighting"
