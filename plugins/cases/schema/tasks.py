"""协办任务: the tasks of units that were called to a case; hung on `Case`, and a list of them."""

# mypy: disallow-untyped-decorators=False
# (strawberry.field, used with brackets, is published without a type)

from datetime import datetime
from typing import Annotated, Any

import strawberry
from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from liuhe import Person, Viewer
from liuhe import Unit as UnitRow
from liuhe.graphql import After, Before, Connection, First, Info, Last, Node, connection
from plugins.cases import models
from plugins.cases.permissions import may_whistle, shown_actor, task_moves, tasks_waiting
from plugins.cases.permissions import visible_tasks as visible
from plugins.cases.rules import (
    OPEN_TASKS,
    TASK_CLOCK_LABELS,
    TASK_LABELS,
    TASK_STATES,
    WHISTLED,
    TaskStage,
    task_label,
)
from plugins.cases.schema.enums import published
from plugins.cases.schema.nodes import Case, Unit, note_reporter
from plugins.cases.schema.parts import BlurredPicture, Timed, WayOn

published(
    TaskStage,
    "CaseTaskStage",
    "协办任务的阶段 · where a task stands",
    {stage: f"{label}（{TASK_STATES[stage]}）" for stage, label in TASK_LABELS.items()},
)


@strawberry.type(description="协办任务的一个时限 · a timed stretch of a task")
class CaseTaskClock(Timed):
    labels = TASK_CLOCK_LABELS


@strawberry.type(description="协办反馈的一张图片，已打码才能看 · a picture that came with a step")
class CaseTaskPicture(BlurredPicture):
    pass


@strawberry.type(description="协办任务经过的一步 · one entry of a task's course")
class CaseTaskStep:
    row: strawberry.Private[models.TaskStep]
    task: strawberry.Private[models.Task]

    @strawberry.field(description="第几步，从 1 起 · number, from 1")
    def seq(self) -> int:
        return self.row.seq

    @strawberry.field(description="时间 · when")
    def at(self) -> datetime:
        return self.row.at

    @strawberry.field(description="办理人 · who")
    def actor(self, info: Info) -> str:
        if self.row.person_id == self.task.case.reporter_id:
            note_reporter(info, self.task.case)
        return shown_actor(info.context.viewer, self.task.case, self.row)

    @strawberry.field(description="动作代号 · action")
    def action(self) -> str:
        return self.row.action

    @strawberry.field(description="动作名称 · label of the action")
    def action_label(self) -> str:
        return task_label(self.row.action)

    @strawberry.field(description="之前的阶段，第一步为空 · stage before")
    def from_stage(self) -> TaskStage | None:
        return self.row.from_stage

    @strawberry.field(description="之后的阶段 · stage after")
    def to_stage(self) -> TaskStage:
        return self.row.to_stage

    @strawberry.field(description="要求、说明或理由 · what was wanted, done, or why")
    def note(self) -> str:
        return self.row.note

    @strawberry.field(description="这一步附的图片 · its pictures")
    async def pictures(self, info: Info) -> list[CaseTaskPicture]:
        found = await info.context.loaders.load_many(models.TaskEvidence, "step_id", self.row.id)
        return [CaseTaskPicture(row=row) for row in found]


@strawberry.type(description="协办任务上可以办理的下一步 · something that the viewer may do next")
class CaseTaskAction(WayOn):
    pass


@strawberry.type(description="协办任务：被吹哨的一个单位要做的 · what a called unit owes on a case")
class CaseTask(Node):
    row: strawberry.Private[models.Task]
    number: int = strawberry.field(description="案件内的序号，从 1 起 · number within its case")
    wanted: str = strawberry.field(description="要求做什么 · what the unit is to do")
    stage: TaskStage = strawberry.field(description="阶段 · stage")
    arrive_by: datetime | None = strawberry.field(
        description="要求到场的时间，没有要求则为空 · when the unit has to be there"
    )
    called_at: datetime = strawberry.field(description="吹哨时间 · when it was called")
    signed_at: datetime | None = strawberry.field(description="报到时间 · when it arrived")
    reported_at: datetime | None = strawberry.field(
        description="最近一次反馈的时间 · when it last reported"
    )
    ended_at: datetime | None = strawberry.field(
        description="认可、退回或撤销的时间 · when it was accepted, returned or cancelled"
    )
    due_at: datetime | None = strawberry.field(
        description="正在走的时限中最早到期的时间 · when the first running clock ends"
    )
    version: int = strawberry.field(
        description="版本，每办理一步加一；交回它可以避免覆盖别人的办理 · grows with each step"
    )

    @classmethod
    def seen_by(cls, viewer: Viewer) -> QuerySet[models.Task]:
        return models.Task.filter(visible(viewer)).select_related("case__area")

    @strawberry.field(description="阶段，中文 · label of the stage")
    def stage_label(self) -> str:
        return TASK_LABELS[self.row.stage]

    @strawberry.field(description="现在的状态，中文 · how it stands, in words")
    def state_label(self) -> str:
        return TASK_STATES[self.row.stage]

    @strawberry.field(description="是否超期 · whether something is late now")
    def overdue(self, info: Info) -> bool:
        return self.row.overdue(info.context.now)

    @strawberry.field(description="所在的案件 · its case")
    def case(self) -> Case:
        return Case.of(self.row.case)

    @strawberry.field(description="被吹哨的单位 · the unit that was called")
    async def unit(self, info: Info) -> Unit:
        row = await info.context.loaders.load_one(UnitRow, self.row.unit_id)
        assert row is not None  # a foreign key
        return Unit.of(row)

    @strawberry.field(description="吹哨人 · who blew the whistle")
    async def caller_name(self, info: Info) -> str:
        person = await info.context.loaders.load_one(Person, self.row.caller_id)
        return person.name if person else ""

    @strawberry.field(description="经过，从吹哨起 · its course")
    async def steps(self, info: Info) -> list[CaseTaskStep]:
        rows = await info.context.loaders.load_many(
            models.TaskStep, "task_id", self.row.id, order=["seq"]
        )
        return [CaseTaskStep(row=row, task=self.row) for row in rows]

    @strawberry.field(description="时限，先开始的在前 · its clocks")
    async def clocks(self, info: Info) -> list[CaseTaskClock]:
        rows = await info.context.loaders.load_many(models.TaskClock, "task_id", self.row.id)
        return [CaseTaskClock(row=row) for row in rows]

    @strawberry.field(description="我可以办理的，通常的一步在前 · what the viewer may do next")
    async def next_actions(self, info: Info) -> list[CaseTaskAction]:
        steps = await info.context.loaders.load_many(
            models.TaskStep, "task_id", self.row.id, order=["seq"]
        )
        viewer = info.context.viewer
        done = frozenset(step.action for step in steps if step.person_id == viewer.person_id)
        return [CaseTaskAction(move=move) for move in task_moves(viewer, self.row, done)]


@strawberry.type
class CaseTasks:
    @strawberry.field(description="协办任务，按序号 · the tasks of units that were called to help")
    async def tasks(self, info: Info) -> list[CaseTask]:
        case = _row(self)
        rows = await info.context.loaders.load_many(
            models.Task, "case_id", case.id, order=["number"]
        )
        for row in rows:
            row.case = case
        return [CaseTask.of(row) for row in rows]

    @strawberry.field(description="我现在能不能吹哨叫单位协办 · whether I may call units to it now")
    def may_whistle(self, info: Info) -> bool:
        case = _row(self)
        under_way = case.stage in WHISTLED and case.suspended_at is None
        return under_way and may_whistle(info.context.viewer, case)


def _row(case: Any) -> models.Case:
    """The fields are resolved on the `Case` on which they hang."""
    row: models.Case = case.row
    return row


@strawberry.input(description="只看符合全部条件的协办任务 · every condition given must fit")
class CaseTaskFilter:
    unit_id: strawberry.ID | None = strawberry.field(
        default=None, description="这个单位的 · of this unit"
    )
    stage: list[TaskStage] | None = strawberry.field(
        default=None, description="处在这些阶段之一 · in one of these stages"
    )
    open: bool | None = strawberry.field(
        default=None, description="是否还没办完 · whether something is still owed"
    )
    overdue: bool | None = strawberry.field(
        default=None, description="现在是否超期 · whether late now"
    )
    waiting_for_me: bool | None = strawberry.field(
        default=None, description="通常的下一步该我办理 · whose usual next step is mine"
    )


@strawberry.type
class CaseTaskQueries:
    @strawberry.field(description="我能看到的协办任务，新吹哨的在前 · the tasks that I may see")
    async def tasks(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: Annotated[
            CaseTaskFilter | None, strawberry.argument(description="条件 · conditions")
        ] = None,
    ) -> Connection[CaseTask]:
        found = CaseTask.seen_by(info.context.viewer)
        for condition in _conditions(filter, info) if filter else ():
            found = found.filter(condition)
        return connection(
            found,
            CaseTask.of,
            order=["-called_at"],
            first=first,
            after=after,
            last=last,
            before=before,
        )


def _conditions(given: CaseTaskFilter, info: Info) -> list[Q]:
    found = []
    if given.unit_id is not None:
        found.append(Q(unit_id=Unit.key(given.unit_id, "unitId")))
    if given.stage:
        found.append(Q(stage__in=given.stage))
    for asked, condition in (
        (given.open, Q(stage__in=OPEN_TASKS)),
        (given.overdue, models.late(info.context.now) & Q(due_at__isnull=False)),
        (given.waiting_for_me, tasks_waiting(info.context.viewer)),
    ):
        if asked is not None:
            found.append(condition if asked else ~condition)
    return found
