"""密钥 keys: given to one program for a time, for what it needs; shown once, kept as a mark."""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from liuhe import (
    BadInput,
    Forbidden,
    NotFound,
    Viewer,
    atomic,
    demand_everywhere,
    mark,
    record,
    settings_of,
)
from plugins.open311.models import Key
from plugins.open311.permissions import KEY_ENDED, KEY_MADE, MANAGE
from plugins.open311.settings import Open311Settings
from plugins.residents.actions import Bound, look, phone_us, take

SCOPES = (("report", "上报"), ("update", "补充说明、要求重办"))
LIVES = ((30, "30 天"), (90, "90 天"), (180, "半年"), (365, "一年"))
MOST_AN_HOUR = 1_000
MOST_KEYS = 50
MINUTE = timedelta(minutes=1)
TEN_MINUTES = 600


@atomic
async def make_key(
    viewer: Viewer | None, *, name: str, scopes: Sequence[str], days: int, most_an_hour: int
) -> tuple[str, Key]:
    """A new key in the clear, now and never again."""
    viewer = demand_everywhere(viewer, MANAGE)
    _check(name, scopes, days, most_an_hour)
    if await Key.filter(ended_at=None, expires_at__gt=datetime.now(UTC)).count() >= MOST_KEYS:
        raise BadInput(f"最多 {MOST_KEYS} 把有效的密钥，请先停用不用的。", reason="too_many")
    secret, now = secrets.token_urlsafe(24), datetime.now(UTC)
    key = await Key.create(
        name=name.strip(),
        mark=_mark(secret),
        tail=secret[-4:],
        scopes=sorted(set(scopes)),
        most_an_hour=most_an_hour,
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    told = {"scopes": sorted(set(scopes)), "days": days, "most": most_an_hour}
    await record(viewer, KEY_MADE, key, details=told)
    return secret, key


def _check(name: str, scopes: Sequence[str], days: int, most: int) -> None:
    if not name.strip() or len(name) > 60:
        raise BadInput("请写明给谁用，最多 60 个字。", field="name", reason="required")
    if not scopes or not set(scopes) <= {scope for scope, _ in SCOPES}:
        raise BadInput("请选择可以做什么。", field="scopes", reason="required")
    if days not in {known for known, _ in LIVES}:
        raise BadInput("请选择有效期。", field="days", reason="required")
    if not 1 <= most <= MOST_AN_HOUR:
        raise BadInput(f"请填 1 到 {MOST_AN_HOUR}。", field="most", reason="out_of_range")


@atomic
async def end_key(viewer: Viewer | None, key_id: int) -> Key:
    """It opens nothing from now on; twice is harmless."""
    viewer = demand_everywhere(viewer, MANAGE)
    key = await Key.filter(id=key_id).select_for_update().first()
    if key is None:
        raise NotFound()
    if key.ended_at is None:
        key.ended_at = datetime.now(UTC)
        await key.save(update_fields=["ended_at"])
        await record(viewer, KEY_ENDED, key)
    return key


async def key_for(secret: str, scope: str, side: str) -> Key:
    """The key, if it works and is good for this; wrong ones are counted by address."""
    wrong = Bound(
        kind="open311.wrong",
        who=side,
        most=settings_of(Open311Settings).wrong_keys,
        seconds=TEN_MINUTES,
        words=phone_us("密钥错了太多次。"),
    )
    await look((wrong,))
    now = datetime.now(UTC)
    key = await Key.get_or_none(mark=_mark(secret)) if secret else None
    if key is None or not key.works(now):
        await take((wrong,))
        raise Forbidden("api_key 没有写，或者不对、过期、已经停用。请向区里的管理员要一把新的。")
    if scope not in key.scopes:
        raise Forbidden("这把 api_key 不能做这件事，请向区里的管理员要。")
    if key.used_at is None or key.used_at < now - MINUTE:
        await Key.filter(id=key.id).update(used_at=now)
    return key


def _mark(secret: str) -> str:
    return mark("open311.key", secret)
