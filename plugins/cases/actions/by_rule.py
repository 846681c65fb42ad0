"""派遣 by a rule: at once, but only after a person has accepted the case."""

from typing import Any

from liuhe import Unit, Viewer, announce, atomic
from plugins.cases.actions.changing import Details, change
from plugins.cases.actions.given import Given, Named
from plugins.cases.actions.moment import now
from plugins.cases.actions.task_moving import called_units
from plugins.cases.facts import CaseMoved
from plugins.cases.models import Case, Step, flow_of
from plugins.cases.permissions import neighbouring_units
from plugins.cases.rules import Move

RULE_ACTOR = "派遣规则"
DISPATCH = "dispatch"
#: Stands where a viewer is asked for; it has no account and may do nothing by itself.
_RULE = Viewer(person_id=0, username="", name=RULE_ACTOR)


@atomic
async def dispatch_by_rule(
    case_id: int, *, unit_id: int, rule: dict[str, Any], text: str
) -> Case | None:
    """Send a case that a person has accepted to the unit of a rule; None leaves it to people.

    `rule` (its number and version) is kept with the step, `text` is what the timeline shows. A
    case that was ever sent to a unit, by whomever, is left alone, so that a second call does
    nothing; so is one for which the unit does not work (any more).
    """
    if await Case.select_for_update().get_or_none(id=case_id) is None:
        return None
    case = await Case.get(id=case_id).select_related("area", "type", "unit")
    chosen = flow_of(case).move(DISPATCH, case.stage)
    if chosen is None or not chosen.fits(case.marks) or not await _is_ours(case_id):
        return None
    unit = await Unit.filter(neighbouring_units(case), id=unit_id).first()
    return None if unit is None else await _send(case, chosen, unit, rule, text)


async def _is_ours(case_id: int) -> bool:
    """Whether a named person has accepted it and nobody has sent it anywhere yet."""
    known = Step.filter(case_id=case_id)
    accepted = await known.filter(action="accept", person_id__not_isnull=True).exists()
    return accepted and not await known.filter(action=DISPATCH).exists()


async def _send(case: Case, chosen: Move, unit: Unit, rule: dict[str, Any], text: str) -> Case:
    given = Given(unit_id=unit.id, note=text)
    before, at = case.stage, now()
    details: Details = await change(case, chosen, given, Named(unit=unit), _RULE, at)
    case.version += 1
    await case.save()
    await Step.create(
        case_id=case.id,
        seq=case.version,
        at=at,
        person_id=None,
        actor=RULE_ACTOR,
        unit_id=unit.id,
        action=chosen.action,
        from_stage=before,
        to_stage=case.stage,
        note=text,
        details={**details, "rule": rule},
    )
    await announce(
        CaseMoved(
            area_path=case.area.path,
            case_id=case.id,
            also_unit_ids=tuple(sorted(await called_units(case.id) - {unit.id})),
            action=chosen.action,
            from_stage=before.value,
            to_stage=case.stage.value,
            unit_id=case.unit_id,
            person_id=None,
        )
    )
    return case
