"""Idempotency keys: the same key and input give the same object back, other input is a conflict."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from tortoise import fields

from core.database import in_transaction_now
from core.errors import BadInput, Conflict
from core.sealing import mark
from core.tables import Model

LONGEST_KEY = 100
KEEP = timedelta(days=30)


class Receipt(Model):
    """What came of a key. `result` is the created object's id."""

    id = fields.BigIntField(primary_key=True)
    who = fields.CharField(max_length=40)
    action = fields.CharField(max_length=60)
    key = fields.CharField(max_length=100)
    digest = fields.CharField(max_length=64)
    result = fields.CharField(max_length=60, default="")
    created_at = fields.DatetimeField(auto_now_add=True, db_index=True)

    class Meta:
        table = "core_receipt"
        unique_together = (("who", "action", "key"),)


async def redeem(
    who: str, action: str, key: str | None, given: Mapping[str, Any]
) -> Receipt | None:
    """The receipt for this key: with a `result` if the work was done before, else to be filled.

    Only inside `atomic`; None without a key. On PostgreSQL a second caller waits here until the
    first has committed or failed.
    """
    if not key:
        return None
    if len(key) > LONGEST_KEY:
        raise BadInput(
            f"idempotencyKey 最长 {LONGEST_KEY} 个字符。", field="idempotencyKey", reason="too_long"
        )
    if not in_transaction_now():
        raise RuntimeError("redeem() outside a transaction")
    # Keyed: what was given may be a phone number, which a plain hash would let one guess.
    digest = mark("receipt", orjson.dumps(given, option=orjson.OPT_SORT_KEYS, default=str).decode())
    new = Receipt(who=who, action=action, key=key, digest=digest)
    await Receipt.bulk_create([new], ignore_conflicts=True)
    receipt = await Receipt.get(who=who, action=action, key=key)
    if receipt.digest != digest:
        raise Conflict("这个 idempotencyKey 已经用于另一份内容，请换一个新的。")
    return receipt


async def fill(receipt: Receipt | None, result: object) -> None:
    """Record what the work gave, in the same transaction."""
    if receipt is not None:
        receipt.result = str(result)
        await receipt.save(update_fields=["result"])


async def forget_old_receipts(_: dict[str, Any]) -> None:
    """Nobody repeats a request after a month."""
    await Receipt.filter(created_at__lt=datetime.now(UTC) - KEEP).delete()
