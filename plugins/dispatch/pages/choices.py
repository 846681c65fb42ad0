"""What the selects of the rule form offer, and a rule as the form shows it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tortoise.expressions import Q

from liuhe import Area, Scope, Unit, Viewer, within
from plugins.cases.actions import street_of
from plugins.cases.schema import Case, CaseType
from plugins.dispatch.actions import zone
from plugins.dispatch.models import Rule
from plugins.dispatch.permissions import RULES, ruled_units
from plugins.dispatch.rules import DAYS_LABELS, Mode, clock_text

MOST = 600
LEVELS = ("district", "street", "community")
DAYS = [(days.value, label) for days, label in DAYS_LABELS.items()]
MODES = [
    (Mode.SUGGEST.value, "建议", "派单员派遣时替他选好，由他决定"),
    (Mode.AUTO.value, "自动", "有人受理以后马上派出，不再等派单员"),
]
Options = list[tuple[Any, ...]]


async def types(who: Viewer) -> Options:
    """A class stands before its types: ("event:05", "05 街面秩序（全部）")."""
    options: Options = []
    for row in await CaseType.seen_by(who).order_by("kind", "code"):
        whole = (f"{row.kind.value}:{row.class_code}", f"{row.class_code} {row.class_name}（全部）")
        if whole not in options:
            options.append(whole)
        options.append((f"{row.kind.value}:{row.code}", f"　{row.code} {row.name}"))
    return options


async def areas(who: Viewer, also: int | None) -> Options:
    """Areas of today that the viewer rules, and the one that is chosen already."""
    today = datetime.now(zone()).date()
    standing = Q(valid_to__isnull=True) | Q(valid_to__gt=today)
    inside = within(who, RULES, Scope(area="path"))
    wanted = Q(level__in=LEVELS) | Q(id=also or 0)
    rows = await Area.filter(standing, inside, wanted).order_by("path").limit(MOST)
    ids = {int(part) for row in rows for part in row.path.split(".") if part}
    names = dict(await Area.filter(id__in=ids).values_list("id", "name")) if ids else {}
    found = [(row.id, _name(row, names)) for row in rows]
    return sorted(found, key=lambda option: str(option[1]))


def _name(row: Area, names: dict[int, str]) -> str:
    """The district's own name says nothing where everything lies in it."""
    chain = [names[int(part)] for part in row.path.split(".") if part and int(part) in names]
    return " / ".join(chain[1:] or chain)


async def units(who: Viewer) -> Options:
    rows = await Unit.filter(ruled_units(who)).order_by("name").limit(MOST)
    return [(row.id, row.name) for row in rows]


async def from_case(who: Viewer, case_id: int) -> dict[str, Any]:
    """A rule for cases such as this one: its type, in its street."""
    case = await Case.seen_by(who).filter(id=case_id).select_related("type", "area").first()
    if case is None:
        return {}
    kind = f"{case.type.kind.value}:{case.type.code}"
    return {"type": kind, "areaId": await street_of(case.area), "title": case.title}


def of_rule(rule: Rule) -> dict[str, Any]:
    """A rule as the values of the form."""
    code = rule.type_code or rule.class_code
    last = rule.valid_until - timedelta(seconds=1) if rule.valid_until else None
    ahead = rule.valid_from > datetime.now(UTC)
    return {
        "type": f"{rule.kind}:{code}" if code else "",
        "areaId": rule.area_id or "",
        "days": rule.days,
        "begins": "" if rule.begins is None else clock_text(rule.begins),
        "ends": "" if rule.ends is None else clock_text(rule.ends),
        "unitId": rule.unit_id,
        "mode": rule.mode,
        "rank": rule.rank,
        "validFrom": _day(rule.valid_from) if ahead else "",
        "validUntil": _day(last) if last else "",
    }


def _day(at: datetime) -> str:
    return at.astimezone(zone()).date().isoformat()
