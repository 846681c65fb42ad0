"""到期: who called is kept for a year, what they said as long as its case."""

from collections.abc import Sequence
from datetime import UTC, datetime

from tortoise.expressions import Q

from liuhe import Retention
from plugins.hotline.models import WorkOrder
from plugins.hotline.permissions import CALLED_BY

DAYS_CALLER, DAYS_WORDS = 365, 1_096


def due(cutoff: datetime) -> Q:
    return Q(told_at__lt=cutoff, forgotten_at__isnull=True)


async def forget(orders: Sequence[WorkOrder]) -> None:
    """The skeleton stays: number, types, place, times and what came of it."""
    ids = [order.id for order in orders]
    await WorkOrder.filter(id__in=ids).update(
        event_desc="", address="", result="", forgotten_at=datetime.now(UTC)
    )


async def _by_number(text: str) -> object | None:
    order = await WorkOrder.get_or_none(task_num=text.strip())
    return order.id if order else None


async def _numbers(keys: Sequence[str]) -> dict[str, str]:
    known = [int(key) for key in keys if key.isdigit()]
    found = await WorkOrder.filter(id__in=known).values_list("id", "task_num")
    return {str(id): number for id, number in found}


RETENTIONS = (
    Retention(
        of=CALLED_BY.name,
        title="来电人的姓名和电话",
        basis="履行法定职责：回访和核实；期满就没有联系的必要",
        starts="工单导入",
        days=DAYS_CALLER,
        action="destroy",
    ),
    Retention(
        of=WorkOrder,
        title="热线工单的内容",
        basis="与案卷同期保存，供复查和答复；个人信息保护法第十九条",
        starts="来电受理",
        days=DAYS_WORDS,
        action="anonymise",
        due=due,
        forget=forget,
        thing="热线工单",
        find=_by_number,
        called=_numbers,
    ),
)
