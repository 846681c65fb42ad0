"""吹哨: calls several units to one case; each gets a task of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from liuhe import BadInput, Conflict, Forbidden, Unit, Viewer, announce, atomic, fill, redeem
from plugins.cases.actions import task_timing
from plugins.cases.actions.given import MOST_NOTE
from plugins.cases.actions.locking import hold, refuse_stale
from plugins.cases.actions.moment import now
from plugins.cases.actions.task_moving import others
from plugins.cases.facts import TaskCalled
from plugins.cases.models import Case, Task, TaskStep
from plugins.cases.permissions import may_whistle, reachable_units
from plugins.cases.rules import (
    CALL,
    FARTHEST_ARRIVAL,
    MOST_CALLED,
    MOST_TASKS,
    OPEN_TASKS,
    WHISTLED,
    TaskStage,
    state_words,
)


@dataclass(frozen=True, kw_only=True)
class Call:
    """One unit to call; `wanted`: what it is to do, "" for what all are to do."""

    unit_id: int
    wanted: str = ""


@atomic
async def blow_whistle(
    viewer: Viewer | None,
    case_id: int,
    *,
    calls: Sequence[Call],
    wanted: str = "",
    arrive_by: datetime | None = None,
    version: int | None = None,
    idempotency_key: str | None = None,
) -> list[Task]:
    """Call units to a case under way; their tasks come back with unit, case and the case's area.

    `wanted`: what each is to do that is told nothing else. `arrive_by`: when they have to be there,
    within 24 hours by default. `version`: the case's version that the person was looking at.
    """
    case = await hold(viewer, case_id)
    assert viewer is not None  # held
    if not may_whistle(viewer, case):
        raise Forbidden()
    told = {"case": case_id, "calls": [(c.unit_id, c.wanted) for c in calls]}
    told |= {"wanted": wanted, "by": arrive_by}
    receipt = await redeem(str(viewer.person_id), "cases.whistle", idempotency_key, told)
    if receipt and receipt.result:
        return await _again(case, receipt.result)
    if version is not None and version != case.version:
        await refuse_stale(viewer, case, "和您打开时不同")
    _check_case(case)
    texts, at = _texts(calls, wanted), now()
    units = await _units(viewer, case, calls)
    arrive_by = _arrival(arrive_by, at)
    tasks = await _call(viewer, case, [(units[id], text) for id, text in texts], arrive_by, at)
    await fill(receipt, f"{tasks[0].number}-{tasks[-1].number}")
    return tasks


async def _again(case: Case, result: str) -> list[Task]:
    """The tasks that have come of this before."""
    first, last = result.split("-")
    found = Task.filter(case_id=case.id, number__gte=int(first), number__lte=int(last))
    return await found.order_by("number").select_related("unit", "case__area")


def _check_case(case: Case) -> None:
    if case.stage not in WHISTLED or case.suspended_at is not None:
        state = state_words(case.stage, case.marks)
        raise Conflict(f"案件现在是“{state}”，不能吹哨。要先受理，没有挂起，也没有办结。")


def _texts(calls: Sequence[Call], wanted: str) -> list[tuple[int, str]]:
    """For each unit what it is to do."""
    if not calls:
        raise BadInput("请至少选择一个单位。", field="calls", reason="required")
    if len(calls) > MOST_CALLED:
        raise BadInput(f"一次最多叫 {MOST_CALLED} 个单位。", field="calls", reason="too_many")
    if len({call.unit_id for call in calls}) < len(calls):
        raise BadInput("同一个单位只能选一次。", field="calls", reason="same")
    found = [(call.unit_id, call.wanted.strip() or wanted.strip()) for call in calls]
    if not all(text for _, text in found):
        raise BadInput("请写清楚要单位做什么。", field="wanted", reason="required")
    if max(len(text) for _, text in found) > MOST_NOTE:
        raise BadInput(f"最多 {MOST_NOTE} 个字。", field="wanted", reason="too_long")
    return found


async def _units(viewer: Viewer, case: Case, calls: Sequence[Call]) -> dict[int, Unit]:
    ids = [call.unit_id for call in calls]
    reach = reachable_units(viewer, "cases.whistle")
    units = {unit.id: unit for unit in await Unit.filter(reach, id__in=ids)}
    if len(units) < len(ids):
        raise BadInput("没有这个单位，请重新选择。", field="calls", reason="unknown")
    if case.unit_id in units:
        name = units[case.unit_id].name
        raise BadInput(f"{name}就是这件案件的责任单位。", field="calls", reason="leads")
    await _check_known(case, units)
    return units


async def _check_known(case: Case, units: dict[int, Unit]) -> None:
    """No unit is called twice at a time, nor to escape the clock of what it has returned."""
    tasks = await Task.filter(case_id=case.id)
    for task in tasks:
        if task.unit_id not in units:
            continue
        name = units[task.unit_id].name
        if task.stage in OPEN_TASKS:
            raise BadInput(f"{name}已经在协办。", field="calls", reason="called")
        if task.stage == TaskStage.RETURNED:
            sentence = f"{name}退回过，请在协办 {task.number} 上“再办”或先撤销。"
            raise BadInput(sentence, field="calls", reason="returned")
    if len(tasks) + len(units) > MOST_TASKS:
        sentence = f"一件案件最多 {MOST_TASKS} 个协办任务。"
        raise BadInput(sentence, field="calls", reason="too_many")


def _arrival(arrive_by: datetime | None, at: datetime) -> datetime | None:
    if arrive_by is None:
        return None
    if arrive_by.tzinfo is None:
        raise BadInput("时间要写明时区。", field="arriveBy", reason="no_zone")
    arrive_by = arrive_by.astimezone(UTC).replace(microsecond=0)
    if arrive_by <= at:
        raise BadInput("到场时间要晚于现在。", field="arriveBy", reason="past")
    if arrive_by > at + FARTHEST_ARRIVAL:
        raise BadInput(f"最多提前 {FARTHEST_ARRIVAL.days} 天。", field="arriveBy", reason="too_far")
    return arrive_by


async def _call(
    viewer: Viewer,
    case: Case,
    texts: Sequence[tuple[Unit, str]],
    arrive_by: datetime | None,
    at: datetime,
) -> list[Task]:
    last = await Task.filter(case_id=case.id).order_by("-number").first()
    first = last.number + 1 if last else 1
    tasks = [
        await Task.create(
            case=case,
            number=number,
            unit=unit,
            wanted=text,
            arrive_by=arrive_by,
            stage=TaskStage.CALLED,
            caller_id=viewer.person_id,
            called_at=at,
            version=1,
        )
        for number, (unit, text) in enumerate(texts, first)
    ]
    await task_timing.start(tasks, case, at)
    for task in tasks:
        await task.save(update_fields=["due_at"])
        await TaskStep.create(
            task_id=task.id,
            seq=1,
            at=at,
            person_id=viewer.person_id,
            actor=viewer.name,
            action=CALL,
            to_stage=TaskStage.CALLED,
            note=task.wanted,
        )
        await announce(await _called(task, viewer))
    return tasks


async def _called(task: Task, viewer: Viewer) -> TaskCalled:
    return TaskCalled(
        area_path=task.case.area.path,
        case_id=task.case_id,
        also_unit_ids=await others(task),
        task_id=task.id,
        unit_id=task.unit_id,
        person_id=viewer.person_id,
    )
