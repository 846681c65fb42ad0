"""What the selects of the forms offer."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tortoise.expressions import Q

from liuhe import Area, Unit, Viewer
from plugins.cases import actions
from plugins.cases.models import Case, CaseType, Step, flows, label_of, unfinished
from plugins.cases.permissions import neighbouring_units, reachable_units, visible
from plugins.cases.rules import SENDS, STAGE_STATES, Need

MOST = 400
LATELY = timedelta(days=365)  # for what was done with the like: older habits tell little
Options = list[tuple[Any, ...]]


async def types() -> Options:
    """Every type in use, as (code, "机动车乱停放", "05 街面秩序")."""
    found = await CaseType.filter(active=True).order_by("kind", "code")
    return [(row.code, f"{row.code} {row.name}", row.class_name) for row in found]


async def types_and_classes() -> Options:
    """For narrowing a list: a class of its own code stands before its types."""
    options: Options = []
    for row in await CaseType.filter(active=True).order_by("kind", "code"):
        whole = (row.class_code, f"{row.class_code} {row.class_name}（全部）")
        if whole not in options:
            options.append(whole)
        options.append((row.code, f"　{row.code} {row.name}"))
    return options


def stages() -> Options:
    return [(stage.value, label) for stage, label in STAGE_STATES.items()]


async def areas(viewer: Viewer, permission: str, *levels: str) -> Options:
    """Areas of today in which the viewer holds the permission, as (id, "街道 / 社区")."""
    today = datetime.now(UTC).date()
    standing = Q(valid_to__isnull=True) | Q(valid_to__gt=today)
    rows = await Area.filter(standing, _inside(viewer, permission), level__in=levels).limit(MOST)
    names = await names_of(rows)
    # The district's own name says nothing where everything lies in it.
    return sorted(
        ((row.id, " / ".join(names[row.id][1:] or names[row.id])) for row in rows),
        key=lambda option: option[1],
    )


def _inside(viewer: Viewer, permission: str) -> Q:
    grants = [grant for grant in viewer.grants if permission in grant.names]
    if any(grant.reach != "area" for grant in grants):
        return Q()
    parts = [Q(path__startswith=grant.area_path) for grant in grants if grant.area_path]
    return Q(*parts, join_type="OR") if parts else Q(pk__isnull=True)


async def names_of(areas: list[Area]) -> dict[int, list[str]]:
    """For each area the names from the top down; one query."""
    chains = {area.id: [int(part) for part in area.path.split(".") if part] for area in areas}
    ids = {id for chain in chains.values() for id in chain}
    names = dict(await Area.filter(id__in=ids).values_list("id", "name")) if ids else {}
    return {id: [names[one] for one in chain if one in names] for id, chain in chains.items()}


async def units_seen(viewer: Viewer) -> Options:
    """For narrowing a list: units near the viewer's areas, or all of them."""
    near = reachable_units(viewer) if viewer.holds("cases.dispatch") else Q(active=True)
    return [(row.id, row.name) for row in await Unit.filter(near).order_by("name").limit(MOST)]


async def units_for(viewer: Viewer, case: Case, need: Need) -> Options:
    """Units to dispatch to or to propose, the suggested one first."""
    among = reachable_units(viewer) if need == Need.UNIT else neighbouring_units(case)
    rows = await Unit.filter(among).order_by("name").limit(MOST)
    options: Options = [(row.id, row.name) for row in rows if row.id != case.unit_id]
    if need == Need.UNIT and (found := await suggested(case)):
        id, why = found
        first = [(*option, why) for option in options if option[0] == id]
        options = [*first, *(option for option in options if option[0] != id)]
    return options


async def mains_for(viewer: Viewer, case: Case) -> Options:
    """Cases under way in the street that this one may be merged into; those of its type first."""
    street = await actions.street_of(case.area)
    path = (await Area.get(id=street)).path
    taking = [flow.name for flow in flows() if flow.of("absorb")]
    # By their ids: the street's cases under way are then a few stretches of an index.
    inside = await Area.filter(path__startswith=path).values_list("id", flat=True)
    among = visible(viewer) & unfinished() & Q(area_id__in=list(inside), flow__in=taking)
    rows = await Case.filter(among).exclude(id=case.id).order_by("-opened_at").limit(MOST)
    rows.sort(key=lambda row: row.type_id != case.type_id)
    return [(row.id, f"{row.number} {row.title}") for row in rows]


async def suggested(case: Case) -> tuple[int, str] | None:
    """Whose matter it probably is, and why we think so."""
    told = Step.filter(case_id=case.id, action__in=("return", "supervise", "reopen"))
    for step in await told.order_by("-seq"):
        if proposed := step.details.get("proposed_unit"):
            return int(proposed["id"]), f"{label_of(case, step.action)}时建议"
        if step.action == "reopen":
            sent = Step.filter(case_id=case.id, seq__lt=step.seq, action__in=SENDS)
            last = await sent.order_by("-seq").first()
            return (last.unit_id, "上次由它处置") if last and last.unit_id else None
    if advice := await advice_on(case):
        return advice
    street = ".".join(case.area.path.split(".")[:2]) + "."
    before = (
        await Step.filter(
            action="dispatch",
            at__gte=datetime.now(UTC) - LATELY,
            case__type_id=case.type_id,
            case__area__path__startswith=street,
        )
        .exclude(case_id=case.id)
        .order_by("-at")
        .first()
    )
    return (before.unit_id, "上次同类案件") if before and before.unit_id else None


async def advice_on(case: Case) -> tuple[int, str] | None:
    """What a neighbour's rules say; a case that came back is for people alone."""
    advice = None if case.returns else await actions.advice_on(case.id)
    return (advice.unit_id, advice.why) if advice else None
