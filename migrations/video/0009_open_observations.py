"""What has not ended is found without reading what has; when a camera was given to other eyes."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from plugins.video.models.observations import OpenIndex
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0001_initial"),
        ("core", "0002_audit"),
        ("core", "0003_people"),
        ("core", "0004_sessions"),
        ("core", "0005_second_factor"),
        ("core", "0006_posts"),
        ("core", "0007_personal"),
        ("core", "0008_oidc"),
        ("core", "0009_storage"),
        ("core", "0010_imports"),
        ("core", "0011_documents"),
        ("core", "0012_sheets"),
        ("core", "0013_audit_kinds"),
        ("video", "0008_hours"),
    ]

    initial = False

    operations = [
        ops.AddField(
            model_name="CameraState",
            name="handed_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddIndex(
            model_name="Observation",
            index=OpenIndex(fields=["started_at", "id"]),
        ),
    ]
