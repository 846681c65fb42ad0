"""What kind of case a matter is: said by a person, for one order or for all of its types."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tortoise.expressions import Q
from tortoise.functions import Count

from liuhe import (
    BadInput,
    Conflict,
    LiuheError,
    NotFound,
    Unavailable,
    Viewer,
    atomic,
    demand,
    demand_everywhere,
    demand_held,
    record,
)
from plugins.cases.actions import types_in_use
from plugins.hotline.actions.importing import note_problem, open_order, settle, type_rules
from plugins.hotline.models import TypeRule, WorkOrder
from plugins.hotline.permissions import IMPORT, MAP, MAPPED, SCOPE, visible
from plugins.hotline.rules import State, Triple, type_for

AT_ONCE = 100  # orders of one transaction
SECONDS = 5.0  # of one request
KINDS = 50  # that are shown


async def waiting_kinds(viewer: Viewer | None) -> list[tuple[Triple, int]]:
    """The kinds of what waits for a type, the most frequent first; for who keeps the mapping."""
    if viewer is None or not viewer.holds_everywhere(MAP):
        return []
    found = (
        await WorkOrder.filter(visible(viewer), state=State.UNMAPPED)
        .annotate(many=Count("id"))
        .group_by("main_type", "sub_type", "third_type")
        .order_by("-many", "main_type", "sub_type", "third_type")
        .limit(KINDS)
        .values_list("main_type", "sub_type", "third_type", "many")
    )
    return [((main, sub, third), many) for main, sub, third, many in found]


@atomic
async def choose_type(viewer: Viewer | None, order_id: int, code: str) -> WorkOrder:
    """Make a case of one order that waits, of this type."""
    order = await held(viewer, order_id)
    demand(viewer, IMPORT, order, SCOPE)
    if not order.waits:
        raise Conflict("这件工单已经办理过了，请刷新看看。")
    await _sound(code)
    assert viewer is not None  # demanded
    await _become(viewer, order, code)
    if order.problem:
        raise Conflict(f"没有转成案件：{order.problem}")
    return order


@atomic
async def map_type(viewer: Viewer | None, triple: Triple, code: str) -> None:
    """From now on, a matter of these types is a case of that type."""
    demand_everywhere(viewer, MAP)
    main, sub, third = triple
    if not main or (third and not sub):
        raise BadInput(
            "请写一级类型；写三级类型的，也要写二级类型。", field="main", reason="required"
        )
    await _sound(code)
    known = await TypeRule.get_or_none(main_type=main, sub_type=sub, third_type=third)
    rule = known or TypeRule(main_type=main[:40], sub_type=sub[:40], third_type=third[:40])
    rule.type_code = code
    await rule.save()
    await WorkOrder.filter(_of(triple), state=State.UNMAPPED).update(problem="")
    await record(viewer, MAPPED, rule, details={"type": code})


async def _sound(code: str) -> None:
    if not await types_in_use([code]):
        raise BadInput("请选择案件类型。", field="type", reason="unknown")


@dataclass(frozen=True, kw_only=True)
class Opened:
    """How many became cases, how many are `left` to be tried, and how many cannot become one."""

    done: int = 0
    left: int = 0
    stuck: int = 0


async def open_mapped(viewer: Viewer | None) -> Opened:
    """Go on for a moment with orders that wait and whose types are known by now; one of which no
    case can come holds up no other."""
    viewer = demand_held(viewer, MAP)
    rules = await type_rules()
    if not rules:
        return Opened()
    waiting = WorkOrder.filter(
        visible(viewer), Q(*map(_of, rules), join_type="OR"), state=State.UNMAPPED
    )
    fresh = waiting.filter(problem="").order_by("id")
    until, done, last = time.monotonic() + SECONDS, 0, 0
    while orders := await fresh.filter(id__gt=last).limit(AT_ONCE).only("id", "finished_at"):
        done += await _try_all(viewer, orders, rules)
        last = orders[-1].id
        if time.monotonic() > until:
            break
    stuck = await waiting.exclude(problem="").count()
    return Opened(done=done, left=await fresh.count(), stuck=stuck)


async def _try_all(viewer: Viewer, orders: Sequence[WorkOrder], rules: Mapping[Triple, str]) -> int:
    """How many became cases: what is finished together, the rest one by one."""
    finished = [order.id for order in orders if order.finished_at]
    rest = [order.id for order in orders if not order.finished_at]
    done = 0
    try:
        done = await _settle_all(viewer, finished, rules)
    except Unavailable:
        raise
    except LiuheError:
        rest += finished
    return done + sum([await _try(viewer, id, rules) for id in rest])


@atomic
async def _settle_all(viewer: Viewer, ids: Sequence[int], rules: Mapping[Triple, str]) -> int:
    locked = WorkOrder.filter(id__in=list(ids), state=State.UNMAPPED).select_for_update()
    still = [order.id for order in await locked]
    orders = await WorkOrder.filter(visible(viewer), id__in=still).select_related("area")
    await settle(viewer, [(order, type_for(order.triple, rules)) for order in orders])
    return sum(not order.problem for order in orders)


def _of(triple: Triple) -> Q:
    """The orders for which a rule of these types is meant."""
    names = ("main_type", "sub_type", "third_type")
    return Q(**{name: told for name, told in zip(names, triple, strict=True) if told})


async def _try(viewer: Viewer, order_id: int, rules: Mapping[Triple, str]) -> bool:
    """Whether it became a case; where it could not, it says why and waits for a person."""
    try:
        return await _open_one(viewer, order_id, rules)
    except Unavailable:
        raise
    except LiuheError as error:
        await _stop(order_id, error.message)
        return False


@atomic
async def _open_one(viewer: Viewer, order_id: int, rules: Mapping[Triple, str]) -> bool:
    order = await held(viewer, order_id)
    code = type_for(order.triple, rules)
    if order.state != State.UNMAPPED or not code:
        return False  # somebody was faster
    await _become(viewer, order, code)
    return not order.problem


@atomic
async def _stop(order_id: int, sentence: str) -> None:
    order = await WorkOrder.filter(id=order_id, state=State.UNMAPPED).select_for_update().first()
    if order is not None:
        await note_problem(order, sentence)


async def _become(viewer: Viewer, order: WorkOrder, code: str) -> None:
    if order.finished_at:
        await settle(viewer, [(order, code)])
    else:
        await open_order(viewer, order, code)


async def held(viewer: Viewer | None, order_id: int) -> WorkOrder:
    """The order, locked, if the viewer may see it; with its area."""
    if not await WorkOrder.filter(id=order_id).select_for_update().exists():
        raise NotFound()
    order = await WorkOrder.filter(visible(viewer), id=order_id).select_related("area").first()
    if order is None:
        raise NotFound()
    return order
