"""The programs that see: each signs in with a token of its own."""

from typing import Any

from tortoise import fields

from liuhe import Model


class Worker(Model):
    """视频处理程序. Only the SHA-256 of its token is kept; `health` is what it last told."""

    id = fields.BigIntField(primary_key=True)
    name = fields.CharField(max_length=60, unique=True)
    token_hash = fields.CharField(max_length=64, unique=True)
    last_seen_at = fields.DatetimeField(null=True)
    health: Any = fields.JSONField(null=True)
    national_trouble = fields.CharField(max_length=300, default="", db_default="")
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "video_worker"
