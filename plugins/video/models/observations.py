"""What the eyes saw, and the messages that told of it."""

from typing import Any

from tortoise import fields
from tortoise.indexes import Index

from liuhe import File, Model, Scope
from plugins.video.models.cameras import Camera, Watch, Zone
from plugins.video.rules.labels import object_label

OBSERVATION_SCOPE = Scope(area="camera__area__path")


class OpenIndex(Index):
    """Over what has not ended: a handful, however much has."""

    def __init__(self, *, fields: list[str], name: str | None = None) -> None:
        super().__init__(fields=fields, name=name)
        self.extra = " WHERE ended_at IS NULL"


class Observation(Model):
    """观察: something in a zone, from `started_at` until `ended_at` (None: still so).

    `told` is the eyes' own number of it (the latest, where it went on after their restart) and
    `told_at` when they last spoke of it, by their clock. `lost`: nobody saw it end. `evidence` is
    a picture blurred before it came; `referred`: someone builds on it, keep it.
    """

    id = fields.BigIntField(primary_key=True)
    camera: fields.ForeignKeyRelation[Camera] = fields.ForeignKeyField(
        "video.Camera", related_name="observations", on_delete=fields.CASCADE
    )
    camera_id: int
    zone: fields.ForeignKeyRelation[Zone] = fields.ForeignKeyField(
        "video.Zone", related_name="observations", on_delete=fields.CASCADE, db_index=True
    )
    zone_id: int
    watch: fields.ForeignKeyRelation[Watch] = fields.ForeignKeyField(
        "video.Watch", related_name="observations", on_delete=fields.CASCADE
    )
    watch_id: int
    scene = fields.CharField(max_length=20, default="")
    kind = fields.CharField(max_length=8)
    object = fields.CharField(max_length=40, default="")
    count = fields.IntField(default=1)
    score = fields.FloatField(default=0.0)
    box: Any = fields.JSONField()
    started_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)
    told = fields.CharField(max_length=200)
    told_at = fields.DatetimeField()
    lost = fields.BooleanField(default=False)
    evidence: fields.ForeignKeyNullableRelation[File] = fields.ForeignKeyField(
        "core.File",
        related_name="observations",
        null=True,
        on_delete=fields.SET_NULL,
        db_index=True,
    )
    evidence_id: Any
    referred = fields.BooleanField(default=False)
    model = fields.CharField(max_length=80, default="")

    class Meta:
        table = "video_observation"
        indexes = (
            ("camera_id", "started_at"),
            ("watch_id", "ended_at"),
            ("started_at",),
            OpenIndex(fields=["started_at", "id"]),
        )

    @property
    def object_label(self) -> str:
        return object_label(self.object)


class Message(Model):
    """A message of the eyes that was taken in: its key once, and what became of it.

    `told` is the eyes' own number of the observation; after their restart several numbers may lead
    to one row.
    """

    id = fields.BigIntField(primary_key=True)
    key = fields.CharField(max_length=220, unique=True)
    told = fields.CharField(max_length=200, db_index=True)
    phase = fields.CharField(max_length=8)
    observation: fields.ForeignKeyRelation[Observation] = fields.ForeignKeyField(
        "video.Observation", related_name="messages", on_delete=fields.CASCADE, db_index=True
    )
    observation_id: int
    received_at = fields.DatetimeField(auto_now_add=True, db_index=True)

    class Meta:
        table = "video_message"
