"""Devices that register by the national standard GB/T 28181, and what their catalogues name."""

from tortoise import fields

from liuhe import Model, seal, unseal

SEALED_FOR = "video.device"


class Device(Model):
    """接入设备: a recorder or a platform below. Its password is sealed with this house's key.

    `told_at` is when the eyes last spoke of it; what they said of it is only as fresh as that.
    """

    id = fields.BigIntField(primary_key=True)
    name = fields.CharField(max_length=60)
    code = fields.CharField(max_length=20, unique=True)
    sealed_password = fields.TextField(default="", db_default="")
    online = fields.BooleanField(default=False)
    registered_at = fields.DatetimeField(null=True)
    heard_at = fields.DatetimeField(null=True)
    told_at = fields.DatetimeField(null=True)
    address = fields.CharField(max_length=120, default="")
    complete = fields.BooleanField(default=True)
    catalogued_at = fields.DatetimeField(null=True)
    trouble = fields.CharField(max_length=300, default="")
    created_at = fields.DatetimeField(auto_now_add=True)
    channels: fields.ReverseRelation["Channel"]

    class Meta:
        table = "video_device"

    @property
    def password(self) -> str:
        """For the eyes alone; "" where it was sealed with another key."""
        return unseal(SEALED_FOR, self.sealed_password, str(self.id)) or ""

    def seal_password(self, password: str) -> None:
        """Once the device has its number: opened for that one only."""
        self.sealed_password = seal(SEALED_FOR, password, str(self.id))


class Channel(Model):
    """目录项: what a device says it has. Not watched before somebody enters it as a camera."""

    id = fields.BigIntField(primary_key=True)
    device: fields.ForeignKeyRelation[Device] = fields.ForeignKeyField(
        "video.Device", related_name="channels", on_delete=fields.CASCADE, db_index=True
    )
    device_id: int
    code = fields.CharField(max_length=20, db_index=True)
    name = fields.CharField(max_length=120, default="")
    online = fields.BooleanField(default=False)
    address = fields.CharField(max_length=120, default="")
    longitude = fields.FloatField(null=True)
    latitude = fields.FloatField(null=True)

    class Meta:
        table = "video_channel"
        unique_together = (("device", "code"),)
