"""工单 in: one for each task number, however often it is sent.

What is not finished becomes a case at once, where its types are known, and waits for a person where
they are not. What was finished before it came here is settled history.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from liuhe import Area, Import, Row, Verdict, Viewer, demand_held, house, keep_personal, may
from plugins.cases.actions import Source, bring_in_settled, check_settled, open_case
from plugins.hotline.actions.sheets import BROUGHT_IN
from plugins.hotline.models import TypeRule, WorkOrder
from plugins.hotline.permissions import CALLED_BY, IMPORT, SCOPE
from plugins.hotline.rules import State, Triple, came_again, title_of, type_for
from plugins.places.actions import Gazetteer

#: Columns of the order that are texts of the line.
TEXTS = (
    *("rec_id", "event_src", "sub_type", "third_type", "address", "first_unit", "marks"),
    *("event_desc", "main_type", "result"),
)

#: The same whatever becomes of the number elsewhere.
NOT_HERE = "这个任务号不能由您导入。请核对任务号和社区；没有写错的，请管全区的派单员导入。"


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A line with its place; `known`: the order that it has become before."""

    area: Area
    known: WorkOrder | None


async def check(viewer: Viewer, rows: Sequence[Row]) -> Sequence[Verdict]:
    names = [row[name] for row in rows for name in ("street", "community")]
    places = await Gazetteer.of([], names)
    found = WorkOrder.filter(task_num__in=[row["task_num"] for row in rows]).select_related("area")
    known = {order.task_num: order for order in await found}
    return [_verdict(viewer, row, places, known.get(row["task_num"])) for row in rows]


def _verdict(viewer: Viewer, row: Row, places: Gazetteer, known: WorkOrder | None) -> Verdict:
    problems = _times(row)
    try:
        area = _area(viewer, row, places)
    except LookupError as error:
        return Verdict(problems={**problems, "community": str(error)})
    if problems:
        return Verdict(problems=problems)
    plan = Planned(area=area, known=known)
    if known is None:
        return Verdict(plan=plan)
    if not may(viewer, IMPORT, known, SCOPE):  # where it stands by now, not only where it would
        return Verdict(problems={"task_num": NOT_HERE})
    if known.forgotten_at is not None:
        return Verdict(outcome="same", plan=plan)
    same = all(getattr(known, name) == value for name, value in _told(row, plan).items())
    return Verdict(outcome="same" if same else "changed", plan=plan)


def _area(viewer: Viewer, row: Row, places: Gazetteer) -> Area:
    day = row["create_time"].astimezone(ZoneInfo(house().settings.timezone)).date()
    area = places.find(None, row["street"], row["community"], day)
    if not may(viewer, IMPORT, WorkOrder(area=area), SCOPE):
        raise LookupError(f"“{area.name}”不在您管的区域里。")
    return area


def _times(row: Row) -> dict[str, str]:
    now = datetime.now(UTC)
    if row["create_time"] > now:
        return {"create_time": "受理时间还没有到，请检查。"}
    finished = row["finish_time"]
    if finished and not row["create_time"] <= finished <= now:
        return {"finish_time": "办结时间要在受理以后、今天以前，请检查。"}
    return {}


def _told(row: Row, plan: Planned) -> dict[str, Any]:
    """What came of it here stays, as long as the platform says nothing of it."""
    before = plan.known.result if plan.known else ""
    return {
        **{name: row[name] or "" for name in TEXTS},
        "result": row["result"] or before,
        "rec_type": row["rec_type"],
        "area_id": plan.area.id,
        "told_at": row["create_time"],
        "finished_at": row["finish_time"],
    }


async def write(viewer: Viewer, pairs: Sequence[tuple[Row, Verdict]]) -> None:
    demand_held(viewer, IMPORT)
    rules = await type_rules()
    settled: list[tuple[WorkOrder, str]] = []
    for row, verdict in pairs:
        if verdict.outcome == "same":
            continue
        order = await _put(viewer, row, verdict.plan)
        code = type_for(order.triple, rules)
        if order.state != State.UNMAPPED or not code:
            continue
        if order.finished_at:
            settled.append((order, code))
        else:
            await open_order(viewer, order, code)
    await settle(viewer, settled)


async def type_rules() -> Mapping[Triple, str]:
    found = await TypeRule.all()
    return {(one.main_type, one.sub_type, one.third_type): one.type_code for one in found}


async def _put(viewer: Viewer, row: Row, plan: Planned) -> WorkOrder:
    """The order as the line tells it; one that is known takes what is told by now.

    Where it stands stays: what the platform has finished may still be open here, and what is over
    here and comes again is looked at by a person before it becomes another case.
    """
    order, told = plan.known, _told(row, plan)
    if order is None:
        order = await WorkOrder.create(
            task_num=row["task_num"],
            state=State.UNMAPPED,
            brought_by_id=viewer.person_id,
            brought_at=datetime.now(UTC),
            **told,
        )
    else:
        before = order.finished_at is not None
        order.update_from_dict({**told, "problem": ""})
        finished = order.finished_at is not None
        if came_again(order.state, finished_before=before, finished=finished):
            order.again_at = datetime.now(UTC)
        elif finished:
            order.again_at = None
        await order.save(update_fields=[*told, "problem", "again_at"])
    values = {"name": row["caller"] or "", "phone": row["phone"] or ""}
    if any(values.values()) and order.contact_id is None:
        about = ("hotline.WorkOrder", order.id)
        order.contact_id = await keep_personal(CALLED_BY.name, values, about=about)
        await order.save(update_fields=["contact_id"])
    order.area = plan.area
    return order


async def open_order(viewer: Viewer, order: WorkOrder, code: str) -> None:
    """A case of it, to be handled as any other; its clocks begin now, as it came to us now."""
    case = await open_case(
        viewer,
        title=title_of(order.third_type, order.sub_type, order.main_type, order.event_desc),
        type_code=code,
        area_id=order.area_id,
        address=order.address,
        description=order.event_desc,
        source=Source.HOTLINE,
        source_ref=_ref(order),
    )
    await _becomes(order, case.id, State.OPEN)


def _ref(order: WorkOrder) -> str:
    """What its case is known by: one that came again after it was over has another."""
    again = order.again_at
    return f"{order.task_num}#{again:%y%m%d%H%M%S}" if again else order.task_num


async def _becomes(order: WorkOrder, case_id: int, state: State) -> None:
    order.case_id, order.state, order.again_at, order.problem = case_id, state, None, ""
    await order.save(update_fields=["case_id", "state", "again_at", "problem"])


async def settle(viewer: Viewer, orders: Sequence[tuple[WorkOrder, str]]) -> None:
    """Settled history of what was finished elsewhere: with its own times, and nothing waits.

    An order of which none can come says why, and waits for a person.
    """
    rows = [_row(order, code) for order, code in orders]
    verdicts = await check_settled(viewer, rows, Source.HOTLINE)
    pairs = list(zip(rows, verdicts, strict=True))
    good = [pair for pair in pairs if not pair[1].problems]
    cases = await bring_in_settled(viewer, good, Source.HOTLINE)
    for (order, _), (row, verdict) in zip(orders, pairs, strict=True):
        if case := cases.get(row["source_ref"]):
            await _becomes(order, case, State.SETTLED)
        else:
            await note_problem(order, " ".join(verdict.problems.values()))


async def note_problem(order: WorkOrder, sentence: str) -> None:
    order.problem = sentence[:300]
    await order.save(update_fields=["problem"])


def _row(order: WorkOrder, code: str) -> Row:
    title = title_of(order.third_type, order.sub_type, order.main_type, order.event_desc)
    values = {
        "source_ref": order.task_num,
        "title": title,
        "type": code,
        "area_code": order.area.code,
        "address": order.address,
        "description": order.event_desc,
        "opened_at": order.told_at,
        "closed_at": order.finished_at,
        "result": order.result,
    }
    return Row(number=order.id, values=values)


IMPORTS = (
    Import(
        name="hotline.orders",
        title="12345 热线工单",
        permission=IMPORT,
        columns=BROUGHT_IN,
        key="task_num",
        check=check,
        write=write,
        hint="同一个任务号再导入，只更新，不会重复立案。没办结的转成案件；类型还没对应的，等人选类型。",
        back="/admin/hotline/",
    ),
)
