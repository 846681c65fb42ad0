"""Addresses of cameras hold passwords: each is sealed, and beside it stays what may be shown."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields

from liuhe import seal
from plugins.video.models.cameras import SEALED_FOR
from gpu.addresses import masked as shown


async def leave_nothing(apps, editor):
    """SQLite overwrites what it deletes; or the passwords would stay in the file's empty pages."""
    if str(editor.client.capabilities.dialect) == "sqlite":
        await editor.client.execute_script("PRAGMA secure_delete = ON;")


async def seal_all(apps, editor):
    rows = await editor.client.execute_query_dict("SELECT id, masked_source FROM video_camera")
    addresses = {row["id"]: row["masked_source"] for row in rows}
    sqlite = str(editor.client.capabilities.dialect) == "sqlite"
    sealed, masked, number = ("?", "?", "?") if sqlite else ("$1", "$2", "$3")
    if addresses:
        await editor.client.execute_many(
            f"UPDATE video_camera SET sealed_source = {sealed}, masked_source = {masked} "
            f"WHERE id = {number}",
            [
                [seal(SEALED_FOR, address, str(id)), shown(address)[:500], id]
                for id, address in addresses.items()
            ],
        )


class Migration(migrations.Migration):
    dependencies = [('video', '0001_initial'), ('core', '0001_initial')]

    initial = False

    operations = [
        ops.RunPython(leave_nothing),
        ops.RenameField(
            model_name='Camera',
            old_name='source',
            new_name='masked_source',
        ),
        ops.AddField(
            model_name='Camera',
            name='sealed_source',
            field=fields.TextField(default='', db_default='', unique=False),
        ),
        ops.RunPython(seal_all),
    ]
