"""期限 retention: each night, what is past its term goes, a part at a time, with a certificate.

Each part is one transaction with its line in the certificate: cut off anywhere, the certificate
tells what has gone and the next try goes on from there. What is held for a case at law stays.
"""

import hashlib
import json
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from tortoise import fields
from tortoise.expressions import Q

from core.audit import record
from core.contributions import Retention
from core.database import atomic, dialect, rows
from core.holds import held, held_of, key_in
from core.house import house
from core.inventory import forget_revived
from core.people import today
from core.personal import Personal, confirm, end, forget_indexes, remove_keys
from core.tables import Model

log = structlog.get_logger()

AT_ONCE = 200  # rows of one transaction


class Certificate(Model):
    """销毁证明: what one nightly run has deleted of one thing, and under which rule.

    `digest` is a chain of SHA-256 over the keys of all that went, in order; `rule` one over the
    rule as it was declared. Nothing of what was deleted is in it.
    """

    id = fields.BigIntField(primary_key=True)
    run = fields.CharField(max_length=10)  # the day
    name = fields.CharField(max_length=80)
    title = fields.CharField(max_length=80)
    basis = fields.CharField(max_length=200)
    starts = fields.CharField(max_length=80)
    days = fields.IntField()
    action = fields.CharField(max_length=10)
    rule = fields.CharField(max_length=64)
    cutoff = fields.DatetimeField()
    count = fields.IntField(default=0)
    first_key = fields.CharField(max_length=60, default="")
    last_key = fields.CharField(max_length=60, default="")
    digest = fields.CharField(max_length=64, default="")
    begun_at = fields.DatetimeField()
    finished_at = fields.DatetimeField(null=True)

    class Meta:
        table = "core_certificate"
        unique_together = (("run", "name"),)

    def add(self, keys: Sequence[str]) -> None:
        self.first_key, self.last_key = self.first_key or keys[0], keys[-1]
        self.digest = hashlib.sha256("\n".join((self.digest, *keys)).encode()).hexdigest()
        self.count += len(keys)
        self.finished_at = None


async def forget_what_is_due(_: dict[str, Any]) -> None:
    """The nightly job. What fails is named and does not keep the others."""
    run, failed = today().isoformat(), []
    for rule in house().retentions:
        try:
            await carry_out(rule, run)
        except Exception:
            log.exception("retention.failed", name=rule.name)
            failed.append(rule.title)
    await _finish_all()
    await forget_indexes()
    await forget_revived()
    if dialect() == "sqlite":
        await rows("PRAGMA wal_checkpoint(TRUNCATE)")  # or it would go on lying in the log
    if failed:
        raise RuntimeError(f"没有做成：{'、'.join(failed)}")


async def carry_out(rule: Retention, run: str) -> None:
    """All that is due of one thing."""
    days = days_of(rule)
    if days is None or rule.job:
        return
    cutoff = datetime.now(UTC) - timedelta(days=days)
    last: list[str] = []
    while gone := await _part(rule, run, cutoff):
        if gone == last:
            raise RuntimeError(f"{rule.name} is still due after forget()")
        last = gone


async def _part(rule: Retention, run: str, cutoff: datetime) -> list[str]:
    if isinstance(rule.of, str):
        return await _destroy(rule, run, cutoff)
    return await _delete(rule, rule.of, run, cutoff)


def days_of(rule: Retention) -> int | None:
    return rule.days() if callable(rule.days) else rule.days


def _over(rule: Retention, cutoff: datetime) -> Q:
    """The rows whose term is over."""
    if rule.due:
        return rule.due(cutoff)
    return Q(**dict[str, Any]({f"{rule.since or 'created_at'}__lt": cutoff}))


@atomic
async def _delete(rule: Retention, model: type[Model], run: str, cutoff: datetime) -> list[str]:
    stays = [key_in(model, key) for key in await held_of(rule.name)]
    due = _over(rule, cutoff) & (~Q(pk__in=stays) if stays else Q())
    # Keys first: PostgreSQL locks no rows of outer joins, which a condition may need.
    key = model._meta.pk_attr
    found = model.filter(due).order_by(key).limit(AT_ONCE)
    keys = list(await found.values_list(key, flat=True))
    rows = await model.filter(pk__in=keys).order_by(key).select_for_update()
    lately = await held_of(rule.name)  # who holds a row locks it first
    rows = [row for row in rows if str(row.pk) not in lately]
    if not rows:
        return []
    if rule.forget is not None:
        await rule.forget(rows)
    else:
        await model.filter(pk__in=[row.pk for row in rows]).delete()
    return await _certify(rule, run, cutoff, [str(row.pk) for row in rows])


async def _destroy(rule: Retention, run: str, cutoff: datetime) -> list[str]:
    """First nobody can read it any more, then the keys go, then it is certified."""
    kind = str(rule.of)
    await _end(rule, kind, cutoff)
    ended = Personal.filter(kind=kind, ended_at__isnull=False, destroyed_at__isnull=True)
    ids = [row.id for row in await ended.order_by("id").limit(AT_ONCE).only("id")]
    if not ids:
        return []
    await remove_keys(ids)
    return await _confirmed(rule, run, cutoff, ids)


@atomic
async def _end(rule: Retention, kind: str, cutoff: datetime) -> None:
    due = Q(kind=kind, ended_at__isnull=True) & _over(rule, cutoff) & await _free()
    await end(await Personal.filter(due).order_by("id").limit(AT_ONCE), f"{rule.title}：到期")


async def _free() -> Q:
    """Personal records whose subject is not held, nor they themselves."""
    found = Q()
    for kind, keys in (await held()).items():
        found &= ~(Q(subject_kind=kind) & Q(subject_key__in=list(keys)))
    return found


@atomic
async def _confirmed(
    rule: Retention, run: str, cutoff: datetime, ids: Sequence[uuid.UUID]
) -> list[str]:
    await confirm(ids)
    return await _certify(rule, run, cutoff, [str(one) for one in ids])


async def _certify(rule: Retention, run: str, cutoff: datetime, keys: Sequence[str]) -> list[str]:
    known = await Certificate.filter(run=run, name=rule.name).select_for_update().first()
    certificate = known or await Certificate.create(run=run, **_told(rule, cutoff))
    certificate.add(keys)
    certificate.cutoff = cutoff
    await certificate.save()
    return list(keys)


def _told(rule: Retention, cutoff: datetime) -> dict[str, Any]:
    told = {
        "name": rule.name,
        "title": rule.title,
        "basis": rule.basis,
        "starts": rule.starts,
        "days": days_of(rule),
        "action": rule.action,
    }
    version = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
    return {**told, "rule": version, "cutoff": cutoff, "begun_at": datetime.now(UTC)}


async def _finish_all() -> None:
    """Close the certificates, also those of a run that was cut off; each has a row in the audit."""
    for one in await Certificate.filter(finished_at__isnull=True).order_by("id"):
        await _finish(one)


@atomic
async def _finish(certificate: Certificate) -> None:
    certificate.finished_at = datetime.now(UTC)
    await certificate.save(update_fields=["finished_at"])
    details = {
        "name": certificate.name,
        "count": certificate.count,
        "cutoff": certificate.cutoff.isoformat(timespec="seconds"),
        "rule": certificate.rule,
        "digest": certificate.digest,
    }
    await record(None, "retention.certificate", certificate, details=details)
