"""案件类型: the limits of each type, and the parts in which it is handled."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from liuhe import BadInput, NotFound, demand_everywhere
from liuhe.pages import Form, Request, Response, form, page, see_other, viewer
from plugins.cases import actions
from plugins.cases.actions import Wished
from plugins.cases.models import CaseType, TypePhase, phases_of_type
from plugins.cases.rules import LIMIT_UNIT_LABELS, MOST_PHASES

HERE = "/admin/cases/types"
MOST = 400
UNITS = [(unit.value, label) for unit, label in LIMIT_UNIT_LABELS.items()]


async def types_page(request: Request) -> Response:
    demand_everywhere(viewer(request), "cases.types")
    phases: dict[int, list[str]] = defaultdict(list)
    for phase in await TypePhase.all().order_by("type_id", "seq").limit(MOST * MOST_PHASES):
        phases[phase.type_id].append(f"{phase.name} {phase.phase.limit.text}")
    found = await CaseType.filter(active=True).order_by("kind", "code").limit(MOST)
    rows = [
        {
            "title": f"{one.code} {one.name}",
            "href": f"{HERE}/{one.id}",
            "class": one.class_name,
            "limit": "分段" if phases[one.id] else one.limit.text,
            "phases": " → ".join(phases[one.id]),
        }
        for one in found
    ]
    return await page(request, "cases/types.html", {"page_title": "案件类型", "rows": rows})


async def type_page(request: Request) -> Response:
    demand_everywhere(viewer(request), "cases.types")
    kind = await _kind(request)
    values: dict[str, Any] = {"limitAmount": kind.limit_amount, "limitUnit": kind.limit_unit.value}
    for number, phase in enumerate(await phases_of_type(kind.id), 1):
        values |= {
            f"phaseName{number}": phase.name,
            f"phaseAmount{number}": phase.limit.amount,
            f"phaseUnit{number}": phase.limit.unit.value,
        }
    return await page(request, "cases/type.html", _context(kind, values))


async def save_type(request: Request) -> Response:
    given, who = await form(request), demand_everywhere(viewer(request), "cases.types")
    kind = await _kind(request)
    try:
        limit, *phases = [_wished(given, field) for field in FIELDS]
        await actions.set_limits(who, kind.id, limit=limit, phases=phases)
    except BadInput as error:
        context = _context(kind, given.values(), error)
        return await page(request, "cases/type.html", context, status=422)
    said = f"“{kind.name}”的时限改好了。以后开始的处置照此计算，正在办的不变。"
    return see_other(request, HERE, said)


#: Names of the inputs: of the limit, and of each phase.
FIELDS = (
    ("limit", "", "limitAmount", "limitUnit"),
    *(
        (f"phase{n}", f"phaseName{n}", f"phaseAmount{n}", f"phaseUnit{n}")
        for n in range(1, MOST_PHASES + 1)
    ),
)


def _wished(given: Form, names: tuple[str, str, str, str]) -> Wished:
    """What was typed; what is no whole number is said at the field of its row."""
    field, name, amount, unit = names
    try:
        number = given.whole(amount)
    except BadInput as error:
        error.field = field
        raise
    return Wished(name=given.text(name) if name else "", amount=number, unit=given.text(unit))


async def _kind(request: Request) -> CaseType:
    kind = await CaseType.get_or_none(id=request.path_params["id"], active=True)
    if kind is None:
        raise NotFound()
    return kind


def _context(
    kind: CaseType, values: Mapping[str, Any], error: BadInput | None = None
) -> dict[str, Any]:
    return {
        "page_title": f"{kind.code} {kind.name}",
        "kind": kind,
        "values": dict(values),
        "units": UNITS,
        "numbers": range(1, MOST_PHASES + 1),
        "problems": {error.field: error.message} if error else {},
    }
