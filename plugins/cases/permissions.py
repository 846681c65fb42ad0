"""Who may do what with cases, and where a case keeps its area, unit and reporter."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import reduce
from operator import or_
from typing import Any

from tortoise.expressions import Q, RawSQL, Subquery
from tortoise.queryset import QuerySet

from liuhe import (
    AnyOf,
    Audited,
    File,
    Model,
    Permission,
    Scope,
    Viewer,
    in_any,
    may,
    on_duty,
    within,
)
from plugins.cases.models import (
    MARK_COLUMNS,
    Case,
    Step,
    Task,
    TaskStep,
    concerning,
    flow_of,
    flows,
    under_way,
)
from plugins.cases.rules import (
    ENDED,
    LIMIT_UNIT_LABELS,
    STANDARD,
    TASK_MOVES,
    WHISTLED,
    Flow,
    Move,
    Need,
    Party,
    Source,
    TaskMove,
    TaskStage,
    task_ways,
    waiting_stages,
)

PERMISSIONS = (
    Permission(
        name="cases.see",
        title="查看案件",
        roles=("admin", "supervisor", "dispatcher", "grid", "handler", "resident"),
    ),
    Permission(name="cases.open", title="上报案件", roles=("dispatcher", "grid", "resident")),
    Permission(name="cases.spot", title="现场即办：上报时一并处置", roles=("grid",)),
    Permission(
        name="cases.documents",
        title="查看和附上案件的文件（不打码，可能有个人信息）",
        roles=("dispatcher", "grid", "handler", "supervisor"),
    ),
    Permission(name="cases.accept", title="受理或不予受理", roles=("dispatcher",)),
    Permission(name="cases.dispatch", title="派遣案件", roles=("dispatcher",)),
    Permission(name="cases.handle", title="签收、退回、处置", roles=("handler",)),
    Permission(
        name="cases.whistle",
        title="吹哨：请几个单位一起办",
        roles=("dispatcher", "grid", "supervisor"),
    ),
    Permission(name="cases.verify", title="核查或要求返工", roles=("grid",)),
    Permission(name="cases.close", title="结案或要求返工", roles=("dispatcher",)),
    Permission(name="cases.rate", title="评价结果", roles=("grid", "resident")),
    Permission(name="cases.extend", title="答复延期申请", roles=("dispatcher",)),
    Permission(name="cases.suspend", title="挂起和恢复", roles=("dispatcher",)),
    Permission(name="cases.withdraw", title="撤回案件", roles=("dispatcher",)),
    Permission(name="cases.merge", title="并案", roles=("dispatcher",)),
    Permission(name="cases.supervise", title="督办", roles=("supervisor",)),
    Permission(
        name="cases.reopen",
        title="要求重新办理",
        roles=("supervisor", "dispatcher", "grid", "resident"),
    ),
    Permission(name="cases.calendar", title="更正工作日历", roles=("admin",)),
    Permission(name="cases.import", title="导入历史案件", roles=("admin", "dispatcher")),
    Permission(name="cases.readers", title="查看谁看过案件", roles=("supervisor",)),
    Permission(name="cases.types", title="改动案件类型的时限", roles=("admin",)),
    Permission(
        name="cases.reporter",
        title="查看上报居民的姓名",
        roles=("admin", "supervisor", "dispatcher", "grid"),
    ),
)

READERS = "cases.readers"
REPORTER_READ = "cases.reporter"
LIMITS_CHANGED = "cases.limits"
DOCUMENTS = "cases.documents"
DOCUMENT_ADDED = "cases.document_added"
DOCUMENT_REMOVED = "cases.document_removed"
AUDITED = (
    Audited(name=REPORTER_READ, title="查看上报居民的姓名"),
    Audited(name=DOCUMENT_ADDED, title="给案件附上文件"),
    Audited(name=DOCUMENT_REMOVED, title="删除案件的文件"),
    Audited(
        name=LIMITS_CHANGED,
        title="改动案件类型的时限",
        kinds={"cases.CaseType": "案件类型"},
        words={
            "limit": "时限",
            "phases": "分段",
            **{unit.value: label for unit, label in LIMIT_UNIT_LABELS.items()},
        },
    ),
)

#: Shown in place of a resident's name to whoever has no need to know it (a handling unit, say).
SOMEBODY = "上报居民"

#: A unit sees the cases that it has now; a reporter sees one's own.
SCOPE = Scope(area="area__path", unit="unit_id", owner="reporter_id")
#: Besides, a unit sees the cases on which it was called to help.
CALLED = Scope(unit="unit_id")
NONE = Q(pk__isnull=True)
#: What a unit has to do something about.
IN_HAND = Q(stage__in=waiting_stages(STANDARD, ["cases.handle"]), closed_at__isnull=True)


def visible(viewer: Viewer | None) -> Q:
    """The cases that the viewer may see."""
    seen = within(viewer, "cases.see", SCOPE)
    if viewer is None or not units_of(viewer):
        return seen
    called = Q(id__in=Subquery(_called(viewer).values("case_id")))
    return AnyOf(*(seen.children or (seen,)), called)


async def may_see(viewer: Viewer | None, case: Case) -> bool:
    """The same for one case whose area is loaded."""
    if viewer is None or may(viewer, "cases.see", case, SCOPE):
        return viewer is not None
    return await _called(viewer).filter(case_id=case.id).exists()


def _called(viewer: Viewer) -> QuerySet[Task]:
    """The tasks that let one see their case; a subquery, so that no case is listed twice."""
    return Task.filter(within(viewer, "cases.see", CALLED), concerning())


def only_own(viewer: Viewer, name: str) -> bool:
    """Whether the permission is held for one's own matters alone."""
    return all(grant.reach == "own" for grant in viewer.grants if name in grant.names)


def units_of(viewer: Viewer) -> frozenset[int]:
    """The units in which the viewer has a post."""
    return frozenset(
        grant.unit_id
        for grant in viewer.grants
        if grant.reach == "unit" and grant.unit_id is not None
    )


def shown_actor(viewer: Viewer | None, case: Case, step: Step | TaskStep) -> str:
    """Who made a step, as far as the viewer may know; the case's area is loaded."""
    by_rule = isinstance(step, Step) and "rule" in step.details
    if step.person_id == case.reporter_id and not (by_rule or may_know_reporter(viewer, case)):
        return SOMEBODY
    return step.actor


def may_know_reporter(viewer: Viewer | None, case: Case) -> bool:
    """Residents who report are protected; officers do it in the open."""
    return (
        case.source != Source.RESIDENT
        or (viewer is not None and viewer.person_id == case.reporter_id)
        or may(viewer, "cases.reporter", case, SCOPE)
    )


def reveals_reporter(viewer: Viewer, case: Case) -> bool:
    """Whether the viewer is shown the name of a resident, another than the viewer."""
    return (
        case.source == Source.RESIDENT
        and case.reporter_id not in (None, viewer.person_id)
        and may_know_reporter(viewer, case)
    )


def reachable_units(viewer: Viewer, name: str = "cases.dispatch") -> Q:
    """Units to which the viewer may dispatch: of one's own areas, within them or above them."""
    parts = [
        Q(area__path__startswith=grant.area_path) | Q(area__path__in=_above(grant.area_path))
        for grant in viewer.grants
        if name in grant.names and grant.reach == "area" and grant.area_path
    ]
    return Q(active=True) & Q(*parts, join_type="OR") if parts else NONE


def neighbouring_units(case: Case) -> Q:
    """Units that may be proposed for a case: all of its district."""
    district = _above(case.area.path)[:1] or [case.area.path]
    return Q(active=True, area__path__startswith=district[0])


def _above(path: str) -> list[str]:
    """The paths of the areas around one: "1.4.17." lies in "1." and "1.4."."""
    steps = path.split(".")[:-1]
    return [".".join(steps[:count]) + "." for count in range(1, len(steps))]


async def may_see_file(viewer: Viewer, file: File) -> bool:
    """Evidence is seen by whoever sees its case; `subject` is the case's id."""
    if not file.subject.isdigit():
        return False
    return await Case.filter(visible(viewer), id=int(file.subject)).exists()


async def may_see_document(viewer: Viewer, file: File) -> bool:
    """Nothing in a document is blurred: only for who works on the case, not for who reported it."""
    if not file.subject.isdigit():
        return False
    seen = Case.filter(visible(viewer), id=int(file.subject)).select_related("area")
    case = await seen.first()
    return case is not None and may(viewer, DOCUMENTS, case, SCOPE)


def may_make(viewer: Viewer | None, case: Case, move: Move) -> bool:
    """Whether the move is this viewer's to make, whenever it can be made."""
    if move.by_reporter and viewer is not None and case.reporter_id == viewer.person_id:
        return viewer.holds("cases.open")  # not a token that only reads
    return may(viewer, move.permission, case, SCOPE)


def allowed(viewer: Viewer | None, case: Case, done: frozenset[str]) -> tuple[Move, ...]:
    """The moves that the viewer may make now, what is to be done first.

    `done` are the actions that the viewer has already done on this case: duties are kept apart.
    More time cannot be asked for what is late.
    """
    late = case.overdue(datetime.now(UTC))
    ways = (
        move
        for move in flow_of(case).ways_on(case.stage)
        if move.alone and move.fits(case.marks) and may_make(viewer, case, move)
        if not (late and Need.UNTIL in move.needs)
    )
    mine = (move for move in ways if not done & set(move.apart))
    return tuple(sorted(mine, key=lambda move: not move.comes_first(case.marks)))


def waits_for(viewer: Viewer | None, *ways: tuple[Flow, Move]) -> Q:
    """The cases whose usual next move (or one of these) is the viewer's to make, and those that
    bear a mark which is the viewer's to answer."""
    if viewer is None:
        return NONE
    held = [way for way in ways or waited_for() if viewer.holds(way[1].permission)]
    going = [(flow, move) for flow, move in held if not set(move.sources) & set(ENDED)]
    parts = [_waits(viewer, flow, move) for flow, move in held if (flow, move) not in going]
    if going:
        parts.append(_under_way(going) & reduce(or_, [_waits(viewer, *way) for way in going]))
    if len(parts) < 2:
        return visible(viewer) & parts[0] if parts else NONE
    return visible(viewer) & in_any([Case.filter(part) for part in parts])


def _under_way(ways: Sequence[tuple[Flow, Move]]) -> Q:
    """What follows from the ways already, said so that the index of what is under way is used."""
    stages = dict.fromkeys(stage for _, move in ways for stage in move.sources)
    return Q(closed_at__isnull=True, stage__in=list(stages))


def unattended(viewer: Viewer) -> Q:
    """The cases in hand of a unit in which nobody is in post: somebody must transfer them."""
    staffed = on_duty("cases.handle").filter(unit_id__isnull=False).values("unit_id")
    left = IN_HAND & Q(unit_id__isnull=False) & Q(unit_id__not_in=Subquery(staffed))
    return within(viewer, "cases.dispatch", SCOPE) & left


def waited_for() -> list[tuple[Flow, Move]]:
    """Every move for which cases wait, with its flow."""
    return [(flow, move) for flow in flows() for move in flow.moves if move.main or move.answers]


def _waits(viewer: Viewer, flow: Flow, move: Move) -> Q:
    mine = Q(flow=flow.name, stage__in=move.sources) & within(viewer, move.permission, SCOPE)
    mine &= _fits(move)
    if move.within is not None:
        mine &= Q(closed_at__gte=datetime.now(UTC) - move.within)
    if not move.apart:
        return mine
    return mine & _not_done_by(viewer, Step, "case_id", Case, move.apart)


def _not_done_by(
    viewer: Viewer, steps: type[Model], link: str, of: type[Model], actions: Sequence[str]
) -> Q:
    """Those on which the viewer took none of these steps, looked up for each row in hand: all that
    somebody has ever done would be a long list."""
    table, base = steps._meta.db_table, of._meta.db_table
    names = ", ".join(f"'{action}'" for action in actions)
    done = (
        f'(SELECT "{table}"."{link}" FROM "{table}" WHERE "{table}"."{link}" = "{base}"."id" '
        f'AND "{table}"."person_id" = {int(viewer.person_id)} AND "{table}"."action" IN ({names}))'
    )
    return Q(id__not_in=RawSQL(done))


def _fits(move: Move) -> Q:
    """The cases whose marks call for the move, or at least allow it."""
    barred = {f"{MARK_COLUMNS[mark]}__isnull": True for mark in move.bars}
    wanted = {f"{MARK_COLUMNS[mark]}__isnull": False for mark in (*move.wants, *move.answers)}
    return Q(**dict[str, Any]({**barred, **wanted}))


#: A task is its unit's to do; it is its whistler's to judge, or of whoever dispatches there.
TASK_SCOPE = Scope(area="case__area__path", unit="unit_id")
JUDGES = Scope(area="case__area__path")
WHISTLES = Scope(area="area__path")


def may_whistle(viewer: Viewer | None, case: Case) -> bool:
    """Whether the viewer may call units to this case, whose area is loaded."""
    return may(viewer, "cases.whistle", case, WHISTLES)


def visible_tasks(viewer: Viewer | None) -> Q:
    """The tasks of cases that the viewer may see."""
    return Q(case_id__in=Subquery(Case.filter(visible(viewer)).values("id")))


def may_move_task(viewer: Viewer | None, task: Task, move: TaskMove) -> bool:
    """Whether the move is this viewer's to make; the task's case and its area are loaded."""
    if move.by == Party.UNIT:
        return may(viewer, "cases.handle", task, TASK_SCOPE)
    return (
        viewer is not None
        and may(viewer, "cases.whistle", task, JUDGES)
        and (task.caller_id == viewer.person_id or may(viewer, "cases.dispatch", task, JUDGES))
    )


def task_moves(viewer: Viewer | None, task: Task, done: frozenset[str]) -> tuple[TaskMove, ...]:
    """The moves that the viewer may make now. `done`: what the viewer has done on this task."""
    case = task.case
    if case.stage not in WHISTLED or case.suspended_at is not None:
        return ()
    ways = (move for move in task_ways(task.stage) if not done & set(move.apart))
    return tuple(move for move in ways if may_move_task(viewer, task, move))


def tasks_waiting(viewer: Viewer | None, *stages: TaskStage) -> Q:
    """The tasks whose usual next move is the viewer's to make, in these stages or in any."""
    if viewer is None:
        return NONE
    parts = [
        Q(stage__in=[stage for stage in move.sources if not stages or stage in stages])
        & _tasks_of(viewer, move)
        for move in TASK_MOVES
        if move.main
    ]
    return under_way() & reduce(or_, parts)


def _tasks_of(viewer: Viewer, move: TaskMove) -> Q:
    """`may_move_task`, and whom duties keep apart, as a condition."""
    if move.by == Party.UNIT:
        return within(viewer, "cases.handle", TASK_SCOPE)
    mine = Q(caller_id=viewer.person_id) | within(viewer, "cases.dispatch", JUDGES)
    mine &= within(viewer, "cases.whistle", JUDGES)
    return (
        mine & _not_done_by(viewer, TaskStep, "task_id", Task, move.apart) if move.apart else mine
    )
