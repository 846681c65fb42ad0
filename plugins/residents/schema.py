"""For front ends of their own: reporting and following without an account, by the same rules.

A code is only taken from the body of a request: in an address it would end in logs.
"""

# mypy: disallow-untyped-decorators=False
# (strawberry.field, used with brackets, is published without a type)

import uuid
from datetime import datetime
from typing import Annotated, Any

import strawberry

from liuhe import BadInput, Extension
from liuhe.graphql import PUBLIC, Info, Payload, global_id, mutation
from liuhe.pages import address_of
from plugins.places.schema import Place
from plugins.residents import actions
from plugins.residents.rules import grouped, say_standing, say_step


@strawberry.type(description="可以选的一种事 · something that can be reported")
class MatterChoice:
    key: str = strawberry.field(description="代号，上报时写它 · what to send")
    label: str = strawberry.field(description="居民的说法 · in plain words")


@strawberry.type(description="可以选的一个街道或社区 · where something can be reported")
class AreaChoice:
    id: strawberry.ID = strawberry.field(description="全局标识 · global id")
    name: str = strawberry.field(description="名称 · name")
    street: str = strawberry.field(description="所在的街道 · its street")


@strawberry.type(description="上报时可以选的 · what a report may choose from")
class ReportChoices:
    matters: list[MatterChoice] = strawberry.field(description="什么事 · matters")
    areas: list[AreaChoice] = strawberry.field(description="在哪里 · areas")


@strawberry.type(description="经过中的一步，不写人名 · a step, without a person's name")
class TrackedStep:
    what: str = strawberry.field(description="发生了什么 · what happened")
    at: datetime = strawberry.field(description="时间 · when")
    note: str = strawberry.field(description="写给上报人的话 · words for the reporter")


@strawberry.type(description="工作人员问的，和答复 · a question and its answer")
class TrackedQuestion:
    text: str = strawberry.field(description="问题 · the question")
    answer: str = strawberry.field(description="答复；还没有答的为空 · the answer, if any")


@strawberry.type(description="一次查看留下的电话，不写人名 · a reading of the number left")
class TrackedReading:
    at: datetime = strawberry.field(description="时间 · when")
    office: str = strawberry.field(description="街道、社区或单位 · in whose name")
    reason: str = strawberry.field(description="为什么 · why")


@strawberry.type(description="凭查询码看到的一件事 · a matter as its code shows it")
class TrackedMatter:
    number: str = strawberry.field(description="案卷号 · number")
    title: str = strawberry.field(description="标题 · title")
    place: str = strawberry.field(description="地点 · place")
    state: str = strawberry.field(description="到了哪一步 · where it stands")
    next: str = strawberry.field(description="接下来 · what comes next")
    steps: list[TrackedStep] = strawberry.field(description="经过，先发生的在前 · the course")
    questions: list[TrackedQuestion] = strawberry.field(description="追问 · questions")
    readings: list[TrackedReading] = strawberry.field(
        description="谁看过留下的电话，最近的 50 次，新的在前 · who was shown the number left"
    )


@strawberry.input(description="不用账号上报一件事 · report without an account")
class ReportMatterInput:
    matter: str = strawberry.field(description="什么事，reportChoices 里的代号 · key of a choice")
    text: str = strawberry.field(description="情况，最多 500 字 · what is the matter")
    area_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="街道或社区；不写则按经纬度查找 · area, or it is found by the point",
    )
    address: str | None = strawberry.field(
        default=None, description="具体地点，最多 100 字 · place in words"
    )
    longitude: float | None = strawberry.field(default=None, description="经度，WGS-84 · longitude")
    latitude: float | None = strawberry.field(default=None, description="纬度，WGS-84 · latitude")
    idempotency_key: strawberry.ID | None = strawberry.field(
        default=None,
        description="重试时不变的随机键，至少 16 个字符，同键同内容只办一次 · idempotency key",
    )


@strawberry.type(description="上报的结果 · what came of it")
class ReportMatterPayload(Payload):
    code: str | None = strawberry.field(
        default=None, description="查询码，只在这里给一次 · the tracking code, given here only"
    )


@strawberry.type
class ResidentQueries:
    @strawberry.field(description="上报时可以选的 · what can be chosen", metadata=PUBLIC)
    async def report_choices(self, info: Info) -> ReportChoices:
        return ReportChoices(
            matters=[MatterChoice(key=k, label=v) for k, v in await actions.offered_matters()],
            areas=[
                AreaChoice(id=global_id("Place", id), name=name, street=street)
                for street, inside in await actions.offered_areas()
                for id, name in inside
            ],
        )

    @strawberry.field(
        description="凭查询码看一件事；只能用 POST · follow a matter by its code", metadata=PUBLIC
    )
    async def tracked_matter(
        self,
        info: Info,
        code: Annotated[str, strawberry.argument(description="查询码 · tracking code")],
    ) -> TrackedMatter:
        side = await _admitted(info)
        followed = await actions.follow(await actions.find_report(code, side))
        return _tracked(followed)


@strawberry.type
class ResidentMutations:
    @mutation(description="不用账号上报一件事 · report without an account", metadata=PUBLIC)
    async def report_matter(
        self,
        info: Info,
        input: Annotated[ReportMatterInput, strawberry.argument(description="情况 · the report")],
    ) -> ReportMatterPayload:
        side = await _admitted(info)
        key = input.idempotency_key
        if key is not None and not 16 <= len(key) <= 100:
            raise BadInput(
                "请用 16 到 100 个字符的随机键。", field="idempotencyKey", reason="length"
            )
        located = input.longitude is not None and input.latitude is not None
        told = actions.Told(
            matter=input.matter,
            text=input.text,
            address=input.address or "",
            area_id=None if input.area_id is None else Place.key(input.area_id, "areaId"),
            longitude=input.longitude if located else None,
            latitude=input.latitude if located else None,
        )
        sent = await actions.report_matter(
            told,
            actions.Hand(side=side),
            key=f"graphql {side} {key or uuid.uuid4()}",
            only_once=key is not None,
        )
        return ReportMatterPayload(code=grouped(sent.code))


async def _admitted(info: Info) -> str:
    """Whose side asks, after the bound on tries; never by an address line."""
    request = info.context.request
    if request is None or request.scope.get("method") == "GET":
        raise BadInput("查询码不能写在网址里，请用 POST。", reason="method")
    side = actions.side_of(address_of(request))
    await actions.take(actions.try_bounds(side))
    return side


def _tracked(followed: actions.Followed) -> TrackedMatter:
    course: Any = followed.course
    unit = course.case.unit.name if course.case.unit else ""
    state, then = say_standing(
        course.case.stage.value,
        unit,
        merged_into=course.merged_into_stage,
        suspended=course.case.suspended_at is not None,
    )
    return TrackedMatter(
        number=course.case.number,
        title=course.case.title,
        place=" ".join(filter(None, (course.case.area.name, course.case.address))),
        state=state,
        next=then,
        steps=[
            TrackedStep(
                what=say_step(step.action, step.label, step.unit or unit, step.rating),
                at=step.at,
                note=step.note,
            )
            for step in course.steps
        ],
        questions=[TrackedQuestion(text=q.text, answer=q.answer) for q in followed.questions],
        readings=[
            TrackedReading(at=one.at, office=one.office, reason=one.reason)
            for one in followed.readings
        ],
    )


EXTENSIONS = (Extension("Query", ResidentQueries), Extension("Mutation", ResidentMutations))
