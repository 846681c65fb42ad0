"""保全 legal hold: what is wanted for a case at law is not deleted until a day."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta

from tortoise import fields
from tortoise.expressions import Q

from core.audit import Thing, named, record
from core.contributions import Retention
from core.database import atomic
from core.errors import BadInput, Conflict, NotFound
from core.house import house
from core.people import Person, today
from core.permissions import Viewer, demand_everywhere
from core.tables import Model
from core.values import demand_text

MANAGE = "holds.manage"
MOST = 1_000  # in force at a time
LONGEST = timedelta(days=2 * 366)


class Hold(Model):
    """One thing that is held: a kind as the audit names it ("cases.Case"), and what people call it
    (the case's number). `until` is the last day; what is needed longer is held anew."""

    id = fields.BigIntField(primary_key=True)
    kind = fields.CharField(max_length=60)
    key = fields.CharField(max_length=60)
    case_no = fields.CharField(max_length=80)
    reason = fields.CharField(max_length=500)
    until = fields.DateField(db_index=True)
    placed_by: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "core.Person", related_name="holds", on_delete=fields.RESTRICT, db_index=True
    )
    placed_by_id: int
    placed_at = fields.DatetimeField()
    lifted_by: fields.ForeignKeyNullableRelation[Person] = fields.ForeignKeyField(
        "core.Person",
        related_name="lifted_holds",
        null=True,
        on_delete=fields.RESTRICT,
        db_index=True,
    )
    lifted_by_id: int | None
    lifted_at = fields.DatetimeField(null=True)

    class Meta:
        table = "core_hold"
        indexes = (("kind", "key"),)

    @property
    def in_force(self) -> bool:
        return self.lifted_at is None and self.until >= today()


def in_force() -> Q:
    return Q(lifted_at__isnull=True, until__gte=today())


def kinds() -> dict[str, Retention]:
    """What can be held, by name."""
    return {rule.name: rule for rule in house().retentions if rule.thing}


@atomic
async def place_hold(
    viewer: Viewer | None, *, kind: str, key: str, case_no: str, reason: str, until: date | None
) -> Hold:
    """Keep a thing, whatever its term, until the day is over."""
    who = demand_everywhere(viewer, MANAGE)
    if kind not in kinds():
        raise BadInput("请选择保全哪一类记录。", field="kind", reason="unknown")
    key = _text(key, "key", "编号", 60)
    found = await _key_of(kind, key)
    if found is None:
        raise BadInput("没有找到这个编号的记录，请核对。", field="key", reason="unknown")
    await _lock(kind, found)
    if await Hold.filter(in_force()).count() >= MOST:
        raise Conflict("保全的记录太多了，请先解除不再需要的。")
    hold = await Hold.create(
        kind=kind,
        key=key,
        case_no=_text(case_no, "case_no", "案号", 80),
        reason=_text(reason, "reason", "原因", 500),
        until=_day(until),
        placed_by_id=who.person_id,
        placed_at=datetime.now(UTC),
    )
    await record(who, "holds.place", hold, (kind, found))
    return hold


async def _lock(kind: str, key: str) -> None:
    """Wait for a deletion that has begun; one that begins later sees the hold."""
    model = kinds()[kind].of
    if isinstance(model, str) or not await model.filter(pk=key).select_for_update():
        raise BadInput("这份记录刚刚已按期限销毁。", field="key", reason="unknown")


def _text(text: str, field: str, label: str, most: int) -> str:
    text = demand_text(text.strip(), field)
    if not text:
        raise BadInput(f"请填写{label}。", field=field, reason="required")
    if len(text) > most:
        raise BadInput(f"{label}最多 {most} 个字。", field=field, reason="too_long")
    return text


def _day(until: date | None) -> date:
    if until is None or until < today():
        raise BadInput("请填写保全到哪一天，不能早于今天。", field="until", reason="required")
    if until > today() + LONGEST:
        raise BadInput("一次最多保全两年，到期可以再保全。", field="until", reason="too_late")
    return until


@atomic
async def lift_hold(viewer: Viewer | None, id: int) -> None:
    """End a hold before its day; what is past its term goes the next night."""
    who = demand_everywhere(viewer, MANAGE)
    hold = await Hold.filter(id=id).select_for_update().first()
    if hold is None:
        raise NotFound("没有这一条保全。")
    if not hold.in_force:
        raise Conflict("这一条保全已经结束了。")
    hold.lifted_by_id, hold.lifted_at = who.person_id, datetime.now(UTC)
    await hold.save(update_fields=["lifted_by_id", "lifted_at"])
    await record(who, "holds.lift", hold, (hold.kind, await _key_of(hold.kind, hold.key) or ""))


async def held_of(kind: str) -> set[str]:
    """The keys of what is held now of one kind."""
    return (await held(Q(kind=kind))).get(kind, set())


async def held(only: Q | None = None) -> dict[str, set[str]]:
    """The same of each kind."""
    found: dict[str, set[str]] = defaultdict(set)
    for hold in await Hold.filter(in_force(), only or Q()).limit(MOST):
        key = await _key_of(hold.kind, hold.key)
        found[hold.kind].add(hold.key if key is None else key)
    return found


async def demand_free(*things: Thing) -> None:
    """Refuse what would take one of these things away while it is held."""
    keys = await held()
    if any(key in keys.get(kind, ()) for kind, key in named(things)):
        raise Conflict("这份记录已被保全，保全结束以前不能销毁。")


async def _key_of(kind: str, text: str) -> str | None:
    """The row's key of what people call so; None if there is no such row."""
    rule = kinds().get(kind)
    if rule is None or isinstance(rule.of, str):
        return None
    if rule.find is not None:
        key = await rule.find(text)
        return None if key is None else str(key)
    key = key_in(rule.of, text)
    return None if key is None or not await rule.of.exists(pk=key) else str(key)


def key_in(model: type[Model], text: str) -> object | None:
    """A key as the model's column takes it; None for what cannot be one."""
    try:
        return model._meta.pk.to_python_value(text)  # type: ignore[no-any-return]
    except (ValueError, TypeError):
        return None
