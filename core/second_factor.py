"""第二道验证: codes of an authenticator app (TOTP, RFC 6238), and recovery codes for a lost phone.

A code is accepted once; the secret lies encrypted, recovery codes as keyed fingerprints.
"""

import hmac
import secrets
import time
from datetime import UTC, datetime

import pyotp
from tortoise import fields

from core.audit import record
from core.database import atomic
from core.errors import BadInput, Conflict, Forbidden
from core.house import house
from core.people import Person, Post, Session, in_force, oneself, today
from core.permissions import Viewer, demand_held
from core.sealing import mark, seal, unseal
from core.tables import Model

STEP = 30  # seconds
RECOVERY_CODES = 10
#: Without what is easily misread.
_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"


class SecondFactor(Model):
    """An authenticator app; counts only once a first code was right."""

    id = fields.BigIntField(primary_key=True)
    person: fields.OneToOneRelation[Person] = fields.OneToOneField(
        "core.Person", related_name="second_factor", on_delete=fields.CASCADE
    )
    person_id: int
    secret = fields.TextField()  # sealed
    last_step = fields.BigIntField(default=0)  # of the last accepted code
    created_at = fields.DatetimeField(auto_now_add=True)
    confirmed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "core_second_factor"


class RecoveryCode(Model):
    """Opens once in place of a code; used by deleting it."""

    id = fields.BigIntField(primary_key=True)
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "core.Person", related_name="recovery_codes", on_delete=fields.CASCADE, db_index=True
    )
    person_id: int
    fingerprint = fields.CharField(max_length=64, unique=True)

    class Meta:
        table = "core_recovery_code"


async def has_factor(person_id: int) -> bool:
    return await SecondFactor.exists(person_id=person_id, confirmed_at__isnull=False)


async def is_demanded(person_id: int) -> bool:
    """Whether one of the person's roles may not do without."""
    roles = house().settings.demand_second_factor
    held = Post.filter(in_force(today()), person_id=person_id, role__in=roles)
    return bool(roles) and await held.exists()


async def codes_left(person_id: int) -> int:
    return await RecoveryCode.filter(person_id=person_id).count()


@atomic
async def offer(person_id: int) -> str:
    """The secret to put into an app; the same until it is confirmed."""
    row = await SecondFactor.get_or_none(person_id=person_id)
    if row is not None and row.confirmed_at is not None:
        raise Conflict("已经开启了第二道验证。")
    known = _secret(row) if row else None
    if known is not None:
        return known
    fresh = pyotp.random_base32()
    sealed = seal("second_factor", fresh, str(person_id))
    if row is not None:
        await row.delete()
    await SecondFactor.create(person_id=person_id, secret=sealed)
    return fresh


def _secret(row: SecondFactor) -> str | None:
    return unseal("second_factor", row.secret, str(row.person_id))


def address(secret: str, username: str) -> str:
    """What the QR code says (otpauth://…)."""
    district = house().settings.district
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=f"六和{district}")


@atomic
async def confirm(person_id: int, code: str) -> list[str]:
    """Turn it on with a first code; the recovery codes, shown once."""
    row = await SecondFactor.get_or_none(person_id=person_id, confirmed_at__isnull=True)
    if row is None or not await _accept_app(row, _plain(code)):
        raise BadInput("验证码不对，请看手机上现在的六位数字。", field="code", reason="wrong")
    row.confirmed_at = datetime.now(UTC)
    await row.save(update_fields=["confirmed_at"])
    await record(oneself(person_id), "people.set_factor", ("core.Person", person_id))
    return await _fresh_codes(person_id)


@atomic
async def renew_codes(person_id: int) -> list[str]:
    """Ten new recovery codes in place of the old."""
    await record(oneself(person_id), "people.renew_codes", ("core.Person", person_id))
    return await _fresh_codes(person_id)


async def _fresh_codes(person_id: int) -> list[str]:
    codes = ["".join(secrets.choice(_LETTERS) for _ in range(10)) for _ in range(RECOVERY_CODES)]
    await RecoveryCode.filter(person_id=person_id).delete()
    await RecoveryCode.bulk_create(
        [RecoveryCode(person_id=person_id, fingerprint=_print(person_id, one)) for one in codes]
    )
    return [f"{one[:5]}-{one[5:]}" for one in codes]


def _print(person_id: int, code: str) -> str:
    return mark("recovery_code", str(person_id), code)


def _plain(code: str) -> str:
    return "".join(code.lower().replace("-", " ").split())


@atomic
async def accept(person_id: int, code: str) -> bool:
    """Whether the code opens now; then it never does again."""
    plain = _plain(code)
    if len(plain) == 10:
        used = RecoveryCode.filter(person_id=person_id, fingerprint=_print(person_id, plain))
        return bool(await used.delete())
    row = await SecondFactor.get_or_none(person_id=person_id, confirmed_at__isnull=False)
    return row is not None and await _accept_app(row, plain)


async def _accept_app(row: SecondFactor, code: str) -> bool:
    secret = _secret(row)
    step = matching_step(secret, code, time.time()) if secret else None
    if step is None:
        return False
    # Two who come with the same code at once: the database lets one through.
    fresh = SecondFactor.filter(id=row.id, last_step__lt=step)
    return bool(await fresh.update(last_step=step))


def matching_step(secret: str, code: str, now: float) -> int | None:
    """The step that the code belongs to: this one, the last or the next."""
    totp, current = pyotp.TOTP(secret, interval=STEP), int(now) // STEP
    for step in (current, current - 1, current + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode()):
            return step
    return None


@atomic
async def turn_off(person_id: int) -> None:
    if await is_demanded(person_id):
        raise Conflict("您的岗位要求第二道验证，不能关闭。")
    await record(oneself(person_id), "people.drop_factor", ("core.Person", person_id))
    await _forget(person_id)


@atomic
async def reset(viewer: Viewer | None, person_id: int) -> None:
    """For a person whose phone and codes are lost; whatever was open ends."""
    if demand_held(viewer, "people.manage").person_id == person_id:
        raise Forbidden("不能重置自己的第二道验证，请另一位安全管理员办理。")
    await record(viewer, "people.reset_factor", ("core.Person", person_id))
    await _forget(person_id)
    await Session.filter(person_id=person_id).delete()


async def _forget(person_id: int) -> None:
    await SecondFactor.filter(person_id=person_id).delete()
    await RecoveryCode.filter(person_id=person_id).delete()
