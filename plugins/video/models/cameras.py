"""Cameras, the zones drawn on their picture, and what is watched for in each zone."""

from datetime import datetime
from typing import Any

from tortoise import fields
from tortoise.expressions import Q

from gpu.addresses import masked
from liuhe import Area, File, Model, Scope, seal, settings_of, unseal
from plugins.video.models.workers import Worker
from plugins.video.rules.addresses import plain_source
from plugins.video.rules.health import present_state, unlawful
from plugins.video.settings import VideoSettings

#: A camera is reached through the area that it stands in.
CAMERA_SCOPE = Scope(area="area__path")
#: What the key of sealed addresses is for; another word opens none of them.
SEALED_FOR = "video.source"
LONGEST_SOURCE = 500
LONGEST_CODE = 20
#: Cameras that a person must see to.
ILL = Q(active=True, condition__urgency__gt=0)


class Camera(Model):
    """摄像机. `code` is the 20-digit national id, or None.

    The address of its pictures may hold a password: it is kept sealed with this installation's key,
    and beside it what of it may be shown. `view` counts how often it was pointed elsewhere on
    purpose; a `steered` one 球机 does so by itself. `worker`: the eyes that watch it; None: those
    that watch what no other does.
    """

    id = fields.BigIntField(primary_key=True)
    name = fields.CharField(max_length=60)
    code = fields.CharField(max_length=LONGEST_CODE, null=True, unique=True)
    sealed_source = fields.TextField(default="", db_default="")
    masked_source = fields.CharField(max_length=LONGEST_SOURCE, default="")
    loop = fields.BooleanField(default=False)
    detect_every = fields.IntField(default=5)
    model = fields.CharField(max_length=60, default="")
    transport = fields.CharField(max_length=3, default="tcp", db_default="tcp")
    view = fields.IntField(default=0, db_default=0)
    steered = fields.BooleanField(default=False, db_default=False)
    area: fields.ForeignKeyRelation[Area] = fields.ForeignKeyField(
        "core.Area", related_name="cameras", on_delete=fields.RESTRICT, db_index=True
    )
    area_id: int
    address = fields.CharField(max_length=120, default="")
    longitude = fields.FloatField(null=True)
    latitude = fields.FloatField(null=True)
    filing_number = fields.CharField(max_length=60, default="")
    signage = fields.BooleanField(default=False)
    signage_picture: fields.ForeignKeyNullableRelation[File] = fields.ForeignKeyField(
        "core.File", related_name="signage_of", null=True, on_delete=fields.SET_NULL, db_index=True
    )
    signage_picture_id: Any
    signage_note = fields.CharField(max_length=200, default="")
    private_space = fields.BooleanField(default=False)
    active = fields.BooleanField(default=False)
    worker: fields.ForeignKeyNullableRelation[Worker] = fields.ForeignKeyField(
        "video.Worker",
        related_name="cameras",
        null=True,
        on_delete=fields.SET_NULL,
        db_index=True,
    )
    worker_id: int | None
    created_at = fields.DatetimeField(auto_now_add=True)
    condition: fields.BackwardOneToOneRelation["CameraState"]

    class Meta:
        table = "video_camera"

    @property
    def source(self) -> str:
        """The address, for the eyes alone; "" where it was sealed with another key."""
        return unseal(SEALED_FOR, self.sealed_source, str(self.id)) or ""

    @property
    def point(self) -> tuple[float, float] | None:
        """Where it stands; half of a position, which could be entered once, is none."""
        if self.longitude is None or self.latitude is None:
            return None
        return self.longitude, self.latitude

    @classmethod
    def matching(cls, search: str) -> Q:
        """Those whose name or address has it, or whose code it is; all where nothing is sought."""
        if not search:
            return Q()
        named = Q(name__icontains=search) | Q(address__icontains=search)
        return named if len(search) > LONGEST_CODE else named | Q(code=search)

    def state_at(self, now: datetime) -> str:
        """How it does, as may be shown; its condition has been read with it."""
        known = self.condition
        state, heard_at = (known.state, known.heard_at) if known else ("unknown", None)
        silence = settings_of(VideoSettings).silence
        return present_state(state, heard_at, now, silence, self.active)

    @property
    def trouble(self) -> str:
        """What a person must see to, or ""."""
        return self.condition.trouble if self.active and self.condition else ""

    @property
    def unlawful(self) -> dict[str, str]:
        """What keeps it off, by field."""
        return unlawful(
            filing_number=self.filing_number,
            signage=self.signage,
            private_space=self.private_space,
        )

    def seal_source(self, address: str) -> None:
        """Once the camera has its number: opened for that one only."""
        address = plain_source(address)
        self.sealed_source = seal(SEALED_FOR, address, str(self.id))
        self.masked_source = masked(address)[:LONGEST_SOURCE]


class CameraState(Model):
    """What the eyes last told about a camera, and when (`heard_at`).

    `session_at` is when the present run of the eyes began, by their clock; `handed_at` when others
    were chosen to watch it. `sight`: whether it
    shows what it should. `problem` is what is the matter since `problem_since`, `trouble` what has
    lasted so long that a person is to see to it, and `urgency` puts cameras in that order.
    """

    id = fields.BigIntField(primary_key=True)
    camera: fields.OneToOneRelation[Camera] = fields.OneToOneField(
        "video.Camera", related_name="condition", on_delete=fields.CASCADE
    )
    camera_id: int
    state = fields.CharField(max_length=12, default="unknown")
    fps = fields.FloatField(default=0.0)
    detect_fps = fields.FloatField(default=0.0)
    last_frame_at = fields.DatetimeField(null=True)
    decode_errors = fields.BigIntField(default=0)
    reconnects = fields.BigIntField(default=0)
    dropped = fields.BigIntField(default=0)
    error = fields.CharField(max_length=300, default="")
    heard_at = fields.DatetimeField(null=True)
    session_at = fields.DatetimeField(null=True)
    handed_at = fields.DatetimeField(null=True)
    sight = fields.CharField(max_length=10, default="unknown", db_default="unknown")
    brightness = fields.FloatField(null=True)
    sharpness = fields.FloatField(null=True)
    likeness = fields.FloatField(null=True)
    problem = fields.CharField(max_length=12, default="", db_default="")
    problem_since = fields.DatetimeField(null=True)
    trouble = fields.CharField(max_length=12, default="", db_default="")
    urgency = fields.IntField(default=0, db_default=0)

    class Meta:
        table = "video_camera_state"

    @property
    def begun_at(self) -> datetime | None:
        """Since when its present eyes may have watched it without a break."""
        known = [at for at in (self.session_at, self.handed_at) if at]
        return max(known) if known else None


class Vital(Model):
    """运行记录: what the eyes told about a camera in the ten minutes from `at`, summed up.

    `beats` are how often they spoke, `good` how often of a running camera that showed what it
    should; `fps` is the sum over all beats.
    """

    id = fields.BigIntField(primary_key=True)
    camera: fields.ForeignKeyRelation[Camera] = fields.ForeignKeyField(
        "video.Camera", related_name="vitals", on_delete=fields.CASCADE
    )
    camera_id: int
    at = fields.DatetimeField(db_index=True)
    beats = fields.IntField(default=0)
    good = fields.IntField(default=0)
    fps = fields.FloatField(default=0.0)
    dropped = fields.BigIntField(default=0)
    decode_errors = fields.BigIntField(default=0)
    reconnects = fields.BigIntField(default=0)

    class Meta:
        table = "video_vital"
        unique_together = (("camera_id", "at"),)


class Zone(Model):
    """画面中的一块区域. `polygon` is [[x, y], …] in parts of the picture's width and height.

    A zone that was removed stays as inactive: what was observed there still names it.
    """

    id = fields.BigIntField(primary_key=True)
    camera: fields.ForeignKeyRelation[Camera] = fields.ForeignKeyField(
        "video.Camera", related_name="zones", on_delete=fields.CASCADE, db_index=True
    )
    camera_id: int
    name = fields.CharField(max_length=40)
    polygon: Any = fields.JSONField()
    active = fields.BooleanField(default=True)
    watches: fields.ReverseRelation["Watch"]

    class Meta:
        table = "video_zone"


class Watch(Model):
    """场景规则: `objects` for at least `seconds` in the zone (dwell, enter), or `count` at once.

    left and fall look for no kind of object: something stays that was not there, or falls through.
    `grace` are the seconds that an object may be lost from sight without having left. From `begins`
    until `ends`, minutes of the district's day, or always; `least_score`: how sure the model is.
    """

    id = fields.BigIntField(primary_key=True)
    zone: fields.ForeignKeyRelation[Zone] = fields.ForeignKeyField(
        "video.Zone", related_name="watches", on_delete=fields.CASCADE, db_index=True
    )
    zone_id: int
    scene = fields.CharField(max_length=20, default="")
    kind = fields.CharField(max_length=8)
    objects: Any = fields.JSONField()
    seconds = fields.FloatField(default=0.0)
    count = fields.IntField(default=1)
    grace = fields.FloatField(default=5.0)
    begins = fields.IntField(null=True)
    ends = fields.IntField(null=True)
    least_score = fields.FloatField(default=0.0, db_default=0.0)
    active = fields.BooleanField(default=True)

    class Meta:
        table = "video_watch"


class Revision(Model):
    """The mark of the present configuration: one row, rewritten with every change of it."""

    id = fields.IntField(primary_key=True)
    mark = fields.CharField(max_length=32)

    class Meta:
        table = "video_revision"
