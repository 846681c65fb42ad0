"""协办任务 tasks: what a unit that was called to help with a case owes, as a flow of its own.

吹哨 → 报到 → 反馈 → 认可, with 退回, 撤销 and 再办 aside. Nothing else knows the order.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from plugins.cases.rules.calendar import Calendar, due_after
from plugins.cases.rules.clocks import RULES_VERSION, counted_text
from plugins.cases.rules.limits import Limit, LimitUnit
from plugins.cases.rules.moves import Need
from plugins.cases.rules.words import Stage

#: So many units can be called at once, and so many tasks can a case have in all.
MOST_CALLED = 8
MOST_TASKS = 40
#: A meeting on the spot may be called so long before.
FARTHEST_ARRIVAL = timedelta(days=30)
#: Stages of a case in which units can be called, and in which tasks go on.
WHISTLED = (Stage.ACCEPTED, Stage.DISPATCHED, Stage.SIGNED, Stage.FED_BACK, Stage.VERIFIED)
#: What nobody may do to a case while a unit that was called still owes something.
BARRED_WHILE_OPEN = ("submit_handling", "close")

CALL = "call"
CALL_LABEL = "吹哨"


class TaskStage(StrEnum):
    """Where a task stands."""

    CALLED = "called"
    SIGNED = "signed"
    REPORTED = "reported"
    ACCEPTED = "accepted"
    RETURNED = "returned"
    CANCELLED = "cancelled"


TASK_LABELS = {
    TaskStage.CALLED: "已吹哨",
    TaskStage.SIGNED: "已报到",
    TaskStage.REPORTED: "已反馈",
    TaskStage.ACCEPTED: "已认可",
    TaskStage.RETURNED: "退回",
    TaskStage.CANCELLED: "撤销",
}
#: What a task in this stage waits for, or how it ended.
TASK_STATES = {
    TaskStage.CALLED: "待报到",
    TaskStage.SIGNED: "待反馈",
    TaskStage.REPORTED: "待认可",
    TaskStage.ACCEPTED: "已认可",
    TaskStage.RETURNED: "已退回",
    TaskStage.CANCELLED: "已撤销",
}
#: Something is still owed.
OPEN_TASKS = (TaskStage.CALLED, TaskStage.SIGNED, TaskStage.REPORTED)
#: The unit is not (any more) concerned; unless it had signed, it never was.
LET_GO = (TaskStage.RETURNED, TaskStage.CANCELLED)


class TaskClockKind(StrEnum):
    """The stretches of a task that are timed."""

    ARRIVE = "arrive"
    ACT = "act"


TASK_CLOCK_LABELS = {TaskClockKind.ARRIVE: "报到", TaskClockKind.ACT: "反馈"}
ARRIVE_LIMIT = Limit(amount=24, unit=LimitUnit.URGENT_HOUR)


class Party(StrEnum):
    """Whose move it is: the unit that was called, or whoever blew the whistle."""

    UNIT = "unit"
    CALLER = "caller"


@dataclass(frozen=True, kw_only=True)
class TaskMove:
    """One way on. `to`: None where it goes back to the stage in which it was returned.

    `apart`: whoever did one of these on this task may not make the move. `main`: the usual way on.
    """

    action: str
    label: str
    sources: tuple[TaskStage, ...]
    to: TaskStage | None
    by: Party
    needs: tuple[Need, ...] = ()
    takes: tuple[Need, ...] = ()
    main: bool = False
    apart: tuple[str, ...] = ()
    stops: tuple[TaskClockKind, ...] = ()


_DONE_BY_UNIT = ("sign", "report", "return")

TASK_MOVES = (
    TaskMove(
        action="sign",
        label="报到",
        sources=(TaskStage.CALLED,),
        to=TaskStage.SIGNED,
        by=Party.UNIT,
        main=True,
        stops=(TaskClockKind.ARRIVE,),
    ),
    TaskMove(
        action="report",
        label="反馈",
        sources=(TaskStage.SIGNED,),
        to=TaskStage.REPORTED,
        by=Party.UNIT,
        needs=(Need.NOTE,),
        takes=(Need.AFTER_PICTURE,),
        main=True,
        stops=(TaskClockKind.ACT,),
    ),
    TaskMove(
        action="return",
        label="退回",
        sources=(TaskStage.CALLED, TaskStage.SIGNED),
        to=TaskStage.RETURNED,
        by=Party.UNIT,
        needs=(Need.REASON,),
        stops=tuple(TaskClockKind),
    ),
    TaskMove(
        action="accept",
        label="认可",
        sources=(TaskStage.REPORTED,),
        to=TaskStage.ACCEPTED,
        by=Party.CALLER,
        takes=(Need.NOTE,),
        main=True,
        apart=_DONE_BY_UNIT,
    ),
    # What was reported is to be done again, on a new clock: the whistler has judged the first one.
    TaskMove(
        action="redo",
        label="再办",
        sources=(TaskStage.REPORTED,),
        to=TaskStage.SIGNED,
        by=Party.CALLER,
        needs=(Need.REASON,),
        apart=_DONE_BY_UNIT,
    ),
    # What was returned goes on where it stood, with the time that it had: a return resets nothing.
    TaskMove(
        action="redo",
        label="再办",
        sources=(TaskStage.RETURNED,),
        to=None,
        by=Party.CALLER,
        needs=(Need.REASON,),
        main=True,
        apart=_DONE_BY_UNIT,
    ),
    TaskMove(
        action="cancel",
        label="撤销",
        sources=(*OPEN_TASKS, TaskStage.RETURNED),
        to=TaskStage.CANCELLED,
        by=Party.CALLER,
        needs=(Need.REASON,),
        stops=tuple(TaskClockKind),
    ),
)
TASK_ACTIONS = tuple(dict.fromkeys(move.action for move in TASK_MOVES))


def task_move(action: str, stage: TaskStage) -> TaskMove | None:
    """The move that `action` is in this stage, or None where it is not allowed."""
    ways = (move for move in TASK_MOVES if move.action == action and stage in move.sources)
    return next(ways, None)


def task_label(action: str) -> str:
    if action == CALL:
        return CALL_LABEL
    return next((move.label for move in TASK_MOVES if move.action == action), action)


def task_ways(stage: TaskStage) -> tuple[TaskMove, ...]:
    """All moves from a stage, main ones first."""
    ways = [move for move in TASK_MOVES if stage in move.sources]
    return tuple(sorted(ways, key=lambda move: not move.main))


def replay_task(actions: Iterable[str]) -> TaskStage:
    """The stage to which a task's steps lead; ValueError where they leave the declared moves."""
    stage: TaskStage | None = None
    before = TaskStage.CALLED  # in which it was returned
    for action in actions:
        if stage is None and action == CALL:
            stage = TaskStage.CALLED
            continue
        move = task_move(action, stage) if stage is not None else None
        if stage is None or move is None:
            raise ValueError(f"task: no {action} from {stage}")
        before = stage if action == "return" else before
        stage = move.to or before
    if stage is None:
        raise ValueError("a task begins with call")
    return stage


@dataclass(frozen=True, kw_only=True)
class TaskLimit:
    """When a stretch of a task is due, and the rule in the words that are kept with the clock."""

    kind: TaskClockKind
    due_at: datetime
    rule: str
    unit: LimitUnit


def task_limits(
    at: datetime, arrive_by: datetime | None, act: Limit, type_text: str, calendar: Calendar
) -> tuple[TaskLimit, TaskLimit]:
    """What is due when for a unit called at `at`.

    Both clocks start with the whistle. Who has to be there at a given time acts from then on.
    """
    if arrive_by is None:
        due = due_after(ARRIVE_LIMIT, at, calendar)
        basis = f"吹哨后；{counted_text(ARRIVE_LIMIT.unit, due, calendar)}"
        arrive = _limit(TaskClockKind.ARRIVE, due, ARRIVE_LIMIT.text, basis, ARRIVE_LIMIT.unit)
    else:
        text = f"{arrive_by.astimezone(calendar.zone):%Y-%m-%d %H:%M} 前"
        arrive = _limit(TaskClockKind.ARRIVE, arrive_by, text, "吹哨人要求", LimitUnit.URGENT_HOUR)
    since = max(at, arrive_by) if arrive_by else at
    return arrive, task_act_limit(since, act, type_text, calendar, arrive_by is not None)


def task_act_limit(
    since: datetime, act: Limit, type_text: str, calendar: Calendar, after_arrival: bool = False
) -> TaskLimit:
    """How long acting may take from `since`: as long as the case's type allows for handling."""
    due = due_after(act, since, calendar)
    counted = counted_text(act.unit, due, calendar)
    basis = f"{type_text}{'；从要求到场的时间起' if after_arrival else ''}；{counted}"
    return _limit(TaskClockKind.ACT, due, act.text, basis, act.unit)


def _limit(kind: TaskClockKind, due: datetime, text: str, basis: str, unit: LimitUnit) -> TaskLimit:
    rule = f"{TASK_CLOCK_LABELS[kind]}时限 {text}（{basis}，规则第 {RULES_VERSION} 版）"
    return TaskLimit(kind=kind, due_at=due, rule=rule, unit=unit)
