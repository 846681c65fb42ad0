"""案件类型 types: how long their handling may take, and in which parts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from liuhe import BadInput, NotFound, Viewer, atomic, demand_everywhere, record
from plugins.cases.models import CaseType, TypePhase, phases_of_type
from plugins.cases.permissions import LIMITS_CHANGED
from plugins.cases.rules import MOST_PHASES, Limit, LimitUnit, Phase

LONGEST = 999
LONGEST_NAME = 20


@dataclass(frozen=True, kw_only=True)
class Wished:
    """A limit as somebody typed it."""

    amount: int | None = None
    unit: str = ""
    name: str = ""

    @property
    def empty(self) -> bool:
        return self.amount is None and not self.name.strip()


@atomic
async def set_limits(
    viewer: Viewer | None, type_id: int, *, limit: Wished, phases: Sequence[Wished] = ()
) -> CaseType:
    """Set a type's limit and phases, for handling that begins from now on; what is under way keeps
    the rule that it has. The audit keeps both, in the codes of units."""
    viewer = demand_everywhere(viewer, "cases.types")
    kind = await CaseType.select_for_update().get_or_none(id=type_id)
    if kind is None:
        raise NotFound()
    whole = _limit(limit, "limit")
    parts = _phases(phases)
    before = _codes(kind.limit, await phases_of_type(kind.id))
    kind.limit_amount, kind.limit_unit = whole.amount, whole.unit
    await kind.save(update_fields=["limit_amount", "limit_unit"])
    await TypePhase.filter(type_id=kind.id).delete()
    await TypePhase.bulk_create(
        TypePhase(
            type_id=kind.id,
            seq=seq,
            name=phase.name,
            limit_amount=phase.limit.amount,
            limit_unit=phase.limit.unit,
        )
        for seq, phase in enumerate(parts, 1)
    )
    told = {"before": before, "after": _codes(whole, parts)}
    await record(viewer, LIMITS_CHANGED, kind, details=told)
    return kind


def _phases(wished: Sequence[Wished]) -> list[Phase]:
    given = [(number, one) for number, one in enumerate(wished, 1) if not one.empty]
    if len(given) == 1:
        number = given[0][0]
        raise BadInput("分段至少两段；不分段就都不填。", field=f"phase{number}", reason="too_few")
    if len(given) > MOST_PHASES:
        raise BadInput(f"最多 {MOST_PHASES} 段。", field="phase1", reason="too_many")
    return [_phase(number, one) for number, one in given]


def _phase(number: int, wished: Wished) -> Phase:
    field, name = f"phase{number}", wished.name.strip()
    if not name:
        raise BadInput("请填写这一段的名称，如“现场围护”。", field=field, reason="required")
    if len(name) > LONGEST_NAME:
        raise BadInput(f"名称最多 {LONGEST_NAME} 个字。", field=field, reason="too_long")
    return Phase(name=name, limit=_limit(wished, field))


def _limit(wished: Wished, field: str) -> Limit:
    if wished.amount is None or not 1 <= wished.amount <= LONGEST:
        raise BadInput(f"时限请填 1 到 {LONGEST} 的整数。", field=field, reason="out_of_range")
    try:
        return Limit(amount=wished.amount, unit=LimitUnit(wished.unit))
    except ValueError:
        raise BadInput("请选择时限的单位。", field=field, reason="unknown") from None


def _codes(limit: Limit, phases: Sequence[Phase]) -> dict[str, Any]:
    parts = [[phase.limit.amount, phase.limit.unit.value] for phase in phases]
    return {"limit": [limit.amount, limit.unit.value], "phases": parts}
