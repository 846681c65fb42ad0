"""What kind of case a matter is: said by a person, for one order or for all of its types."""

from tortoise.expressions import Q
from tortoise.functions import Count

from liuhe import (
    BadInput,
    Conflict,
    NotFound,
    Viewer,
    atomic,
    demand,
    demand_everywhere,
    demand_held,
    record,
)
from plugins.cases.actions import types_in_use
from plugins.hotline.actions.importing import open_order, settle, type_rules
from plugins.hotline.models import TypeRule, WorkOrder
from plugins.hotline.permissions import IMPORT, MAP, MAPPED, SCOPE, visible
from plugins.hotline.rules import State, Triple, type_for

AT_ONCE = 100  # orders of one transaction
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
    if order.state != State.UNMAPPED:
        raise Conflict("这件工单已经办理过了，请刷新看看。")
    await _sound(code)
    assert viewer is not None  # demanded
    await _go_on(viewer, [(order, code)])
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
    await record(viewer, MAPPED, rule, details={"type": code})


async def _sound(code: str) -> None:
    if not await types_in_use([code]):
        raise BadInput("请选择案件类型。", field="type", reason="unknown")


@atomic
async def open_mapped(viewer: Viewer | None) -> tuple[int, int]:
    """Go on with orders that wait and whose types are known by now: how many, and how many left."""
    viewer = demand_held(viewer, MAP)
    rules = await type_rules()
    conditions = [
        Q(
            main_type=main,
            **({"sub_type": sub} if sub else {}),
            **({"third_type": third} if third else {}),
        )
        for main, sub, third in rules
    ]
    if not conditions:
        return 0, 0
    waiting = WorkOrder.filter(
        visible(viewer), Q(*conditions, join_type="OR"), state=State.UNMAPPED
    )
    orders = await waiting.order_by("id").limit(AT_ONCE).select_related("area")
    await _go_on(viewer, [(order, type_for(order.triple, rules)) for order in orders])
    return len(orders), await waiting.count()


async def _go_on(viewer: Viewer, orders: list[tuple[WorkOrder, str]]) -> None:
    for order, code in orders:
        if not order.finished_at:
            await open_order(viewer, order, code)
    await settle(viewer, [pair for pair in orders if pair[0].finished_at])


async def held(viewer: Viewer | None, order_id: int) -> WorkOrder:
    """The order, locked, if the viewer may see it; with its area."""
    if not await WorkOrder.filter(id=order_id).select_for_update().exists():
        raise NotFound()
    order = await WorkOrder.filter(visible(viewer), id=order_id).select_related("area").first()
    if order is None:
        raise NotFound()
    return order
