"""How a case moves: held, checked, changed, written down, announced, in one transaction."""

from liuhe import Conflict, Forbidden, Viewer, announce, atomic
from plugins.cases.actions import writing
from plugins.cases.actions.changing import Details, change
from plugins.cases.actions.given import Given, checked
from plugins.cases.actions.locking import hold, refuse_stale
from plugins.cases.actions.moment import now
from plugins.cases.actions.task_following import follow, refuse_while_open
from plugins.cases.actions.task_moving import called_units
from plugins.cases.facts import CaseMoved
from plugins.cases.models import Case, Step, flow_of, flows, label_of
from plugins.cases.permissions import may_make
from plugins.cases.rules import EvidenceKind, Mark, Move, Need, Stage


@atomic
async def move(viewer: Viewer | None, case_id: int, action: str, given: Given) -> Case:
    """Make one move; the case comes back changed, with area, type and unit loaded."""
    case = await hold(viewer, case_id)
    assert viewer is not None  # held
    chosen = await _chosen(viewer, case, action)
    if given.version is not None and given.version != case.version:
        await refuse_stale(viewer, case, "和您打开时不同")
    await _keep_apart(viewer, case, chosen)
    await refuse_while_open(case, chosen)
    named = await checked(viewer, case, chosen, given)
    before, acting, at = case.stage, case.unit_id, now()
    details = await change(case, chosen, given, named, viewer, at)
    case.version += 1
    await case.save()
    step = _step(case, chosen, given, details)
    step.from_stage, step.at = before, at
    step.person_id, step.actor = viewer.person_id, viewer.name
    step.unit_id = _unit_concerned(case, chosen, acting)
    await step.save()
    await _add_pictures(step, given, viewer)
    await follow(case, chosen, viewer, at)
    await announce(await _moved(case, action, before, viewer))
    return case


async def _chosen(viewer: Viewer, case: Case, action: str) -> Move:
    """The move that the action is in this stage. Who may never do it hears just that."""
    found = flow_of(case).move(action, case.stage)
    ways = [found] if found else [way for flow in flows() for way in flow.of(action)]
    if not any(may_make(viewer, case, way) for way in ways):
        raise Forbidden()
    if found and Mark.PHASED in found.bars and Mark.PHASED in case.marks:
        raise Conflict(f"还有后面的阶段：做完这一段请先“完成一段”，到最后一段再“{found.label}”。")
    if found is None or not found.fits(case.marks):
        await refuse_stale(viewer, case, f"不能“{label_of(case, action)}”")
    return found


async def _keep_apart(viewer: Viewer, case: Case, chosen: Move) -> None:
    """Duties are kept apart: whoever handled a case neither verifies nor rates it."""
    if chosen.apart and await Step.exists(
        case_id=case.id, person_id=viewer.person_id, action__in=chosen.apart
    ):
        raise Forbidden(f"您处置过这件案件，“{chosen.label}”要由别人来做。")


def _step(case: Case, chosen: Move, given: Given, details: Details) -> Step:
    return Step(
        case_id=case.id,
        seq=case.version,
        action=chosen.action,
        to_stage=case.stage,
        note=given.note.strip(),
        details=details,
    )


async def _add_pictures(step: Step, given: Given, viewer: Viewer) -> None:
    """How it looks now; after a part of the work, it is that part which they show."""
    phase = step.details.get("phase")
    kind = EvidenceKind.OTHER if phase else EvidenceKind.AFTER
    caption = f"{phase['name']}完成后" if phase else ""
    await writing.add_uploads(step, kind, given.file_ids, viewer, caption=caption)
    await writing.add_blurred(step, kind, given.evidence, caption=caption)


def _unit_concerned(case: Case, chosen: Move, acting: int | None) -> int | None:
    """The unit that a step is addressed to, or whose own act it is."""
    if Need.UNIT in chosen.needs:
        return case.unit_id
    return acting if chosen.handles or chosen.permission == "cases.handle" else None


async def _moved(case: Case, action: str, before: Stage, viewer: Viewer) -> CaseMoved:
    return CaseMoved(
        area_path=case.area.path,
        case_id=case.id,
        also_unit_ids=tuple(sorted(await called_units(case.id) - {case.unit_id})),
        action=action,
        from_stage=before.value,
        to_stage=case.stage.value,
        unit_id=case.unit_id,
        person_id=viewer.person_id,
    )
