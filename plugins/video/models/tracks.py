"""What moved before a camera, for trying zones out on it."""

from tortoise import fields

from liuhe import Model
from plugins.video.models.cameras import Camera


class Tracks(Model):
    """轨迹: two minutes of one camera as the eyes told them: kinds, boxes and times, no pictures.

    `data` is packed; numbers of objects begin anew in each row, so that a row follows nobody
    further. No page, no query lists it: it only answers how often a rule would have held.
    """

    id = fields.BigIntField(primary_key=True)
    camera: fields.ForeignKeyRelation[Camera] = fields.ForeignKeyField(
        "video.Camera", related_name="tracks", on_delete=fields.CASCADE
    )
    camera_id: int
    key = fields.CharField(max_length=200, unique=True)
    started_at = fields.DatetimeField()
    seconds = fields.FloatField()
    size = fields.IntField()
    received_at = fields.DatetimeField(auto_now_add=True, db_index=True)
    data = fields.TextField()

    class Meta:
        table = "video_tracks"
        indexes = (("camera_id", "started_at"),)
