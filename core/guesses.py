"""Wrong passwords, counted in the database for all processes: after too many, growing pauses.

Counted three ways: one account from one address; one account from anywhere, against guesses from
many machines; one address over all accounts, against one machine that tries many names. So one
who guesses cannot shut out the owner elsewhere. An unknown account is counted like a known one.
"""

import time
from typing import Any

from tortoise import fields
from tortoise.expressions import Q

from core.audit import record
from core.database import atomic
from core.errors import NotFound, RateLimited
from core.people import Person
from core.permissions import Scope, Viewer, demand_held, within
from core.sealing import mark
from core.tables import Model

WINDOW = 600.0  # seconds in which wrong ones count
LIMITS = {"pair": 10, "account": 50, "address": 100}
SHORTEST, LONGEST = 60.0, 3_600.0  # seconds; each pause is twice the last one
KEPT = 86_400.0  # seconds without a wrong one after which all is forgotten
MOST = 20_000  # rows; the oldest go first


class Guesses(Model):
    """What went wrong for one key. Times are seconds since 1970.

    The key is a fingerprint: people type passwords where the account belongs.
    """

    key = fields.CharField(max_length=64, primary_key=True)
    kind = fields.CharField(max_length=8)  # of LIMITS
    person: fields.ForeignKeyNullableRelation[Person] = fields.ForeignKeyField(
        "core.Person", related_name="guesses", null=True, on_delete=fields.CASCADE, db_index=True
    )
    person_id: int | None
    address = fields.CharField(max_length=64, default="")
    wrong: Any = fields.JSONField()
    pauses = fields.IntField(default=0)
    until = fields.FloatField(default=0, db_index=True)
    touched = fields.FloatField(db_index=True)

    class Meta:
        table = "core_guesses"

    def add(self, now: float) -> None:
        """One more wrong one; the one that fills the measure begins a pause."""
        limit = LIMITS[self.kind]
        self.wrong = [*(at for at in self.wrong if now - at < WINDOW), now][-limit:]
        self.touched = now
        if len(self.wrong) >= limit:
            self.until = now + min(LONGEST, SHORTEST * 2.0 ** min(self.pauses, 10))
            self.pauses += 1


def _keys(account: str, address: str) -> dict[str, str]:
    """Each kind's key."""
    return {
        "pair": mark("guess.pair", account, address),
        "account": mark("guess.account", account),
        "address": mark("guess.address", address),
    }


async def admit(account: str, address: str) -> None:
    """Refuse at once while a pause lasts; the password is not even looked at."""
    await _admit(list(_keys(account, address[:64]).values()))


async def admit_from(address: str) -> None:
    """The same for signing in elsewhere, where no account is named."""
    await _admit([_keys("", address[:64])["address"]])


async def _admit(keys: list[str]) -> None:
    now = time.time()
    paused = await Guesses.filter(key__in=keys, until__gt=now).order_by("-until").first()
    if paused:
        _refuse(paused.until - now)


async def settle(account: str, address: str, person: Person | None, *, right: bool) -> None:
    """Count what was found out. Of guesses made at the same time, only so many are answered:
    when a pause began meanwhile, the right one is refused as well."""
    address = address[:64]
    keys = _keys(account, address)
    wait = await _settle(keys, address, person.id if person else None, right)
    if wait > 0:
        _refuse(wait)


async def blame(address: str) -> None:
    """Count something wrong for an address alone."""
    address = address[:64]
    await _settle({"address": _keys("", address)["address"]}, address, None, right=False)


@atomic
async def _settle(keys: dict[str, str], address: str, person_id: int | None, right: bool) -> float:
    now = time.time()
    if not right:
        fresh = [
            Guesses(
                key=key,
                kind=kind,
                person_id=None if kind == "address" else person_id,
                address="" if kind == "account" else address,
                wrong=[],
                touched=now,
            )
            for kind, key in keys.items()
        ]
        fresh.sort(key=lambda row: row.key)  # everyone locks in the same order
        await Guesses.bulk_create(fresh, ignore_conflicts=True)
    found = Guesses.filter(key__in=list(keys.values())).order_by("key")
    rows = await found.select_for_update()
    wait = max((row.until - now for row in rows), default=0.0)
    if not right and wait <= 0:
        for row in rows:
            row.add(now)
            await row.save(update_fields=["wrong", "pauses", "until", "touched"])
    return wait


def _refuse(wait: float) -> None:
    seconds = int(wait) + 1
    words = f"{seconds} 秒" if seconds <= 90 else f"{-(-seconds // 60)} 分钟"
    raise RateLimited(f"错误次数太多，请 {words}后再试。", retry_after=seconds)


@atomic
async def forgive(account: str, address: str) -> None:
    """Who has signed in starts from zero at this address."""
    await Guesses.filter(key=_keys(account, address[:64])["pair"]).delete()


async def paused(viewer: Viewer | None) -> list[Guesses]:
    """The pauses that last now, for those who may lift them."""
    found = Guesses.filter(_liftable(viewer), until__gt=time.time()).distinct()
    return await found.order_by("-until").limit(100).select_related("person")


def _liftable(viewer: Viewer | None) -> Q:
    """Those of people in the own areas; of nobody, or of an address: over the whole district."""
    keeper = demand_held(viewer, "people.manage")
    if keeper.holds_everywhere("people.manage"):
        return Q()
    over, of_unit = "person__posts__area__path", "person__posts__unit__area__path"
    scopes = (Scope(area=over), Scope(area=of_unit))
    return Q(*(within(keeper, "people.manage", scope) for scope in scopes), join_type="OR")


@atomic
async def lift(viewer: Viewer | None, key: str) -> None:
    """End one pause; with an account's, all that was counted for this account."""
    row = await Guesses.filter(_liftable(viewer), key=key[:64]).first()
    if row is None:
        raise NotFound("这个暂停已经结束了。")
    about = [("core.Person", row.person_id)] if row.person_id is not None else []
    await record(viewer, "people.lift_pause", *about, details={"kind": row.kind})
    await row.delete()
    if row.person_id is not None:
        await Guesses.filter(person_id=row.person_id).delete()


async def forget_old_guesses(_: dict[str, Any]) -> None:
    """Keep the table small; a pause that lasts stays."""
    now = time.time()
    over = Guesses.filter(until__lt=now)
    await over.filter(touched__lt=now - KEPT).delete()
    oldest = await Guesses.all().order_by("-touched").offset(MOST).first()
    if oldest is not None:
        await over.filter(touched__lte=oldest.touched).delete()
