"""A few work orders of the demo district, all invented: two wait for a type, one was sent back."""

from datetime import UTC, datetime, timedelta
from typing import Any

from liuhe import Row, demo_viewer
from plugins.hotline.actions import IMPORTS, return_order
from plugins.hotline.models import WorkOrder

#: Number, hours ago, class, types, community, address, what was told.
ORDERS = (
    ("1", 5, "投诉", "市容环境", "占道经营", "塘河社区", "塘河路北口", "早点摊占了盲道，走不过去"),
    ("2", 27, "求助", "公共设施", "路灯", "长征桥社区", "长征桥路 18 号旁", "两盏路灯不亮"),
    ("3", 50, "投诉", "交通出行", "地铁运营", "塘河社区", "地铁站 C 口", "自动扶梯停了三天"),
)  # fmt: skip
SENT_BACK, BASIS = (
    "3",
    "地铁站内的设施由轨道交通运营单位负责（轨道交通运营管理规定），请转运营单位。",
)


async def make() -> None:
    """Nothing where there are orders already, or the demo's dispatcher is missing."""
    who = await demo_viewer("paidan-qu")
    if who is None or await WorkOrder.exists():
        return
    (card,) = IMPORTS
    rows = [_row(at, *order) for at, order in enumerate(ORDERS, 1)]
    verdicts = await card.check(who, rows)
    good = [pair for pair in zip(rows, verdicts, strict=True) if not pair[1].problems]
    await card.write(who, good)
    back = await WorkOrder.get_or_none(task_num=_number(SENT_BACK))
    if back is not None:
        await return_order(who, back.id, BASIS)


def _number(short: str) -> str:
    return f"YS-{short:0>4}"


def _row(line: int, short: str, hours: int, kind: str, *told: str) -> Row:
    main_type, sub_type, community, address, text = told
    values: dict[str, Any] = {column.name: None for column in IMPORTS[0].columns}
    values |= {
        "task_num": _number(short),
        "create_time": datetime.now(UTC) - timedelta(hours=hours),
        "rec_type": kind,
        "main_type": main_type,
        "sub_type": sub_type,
        "event_desc": text,
        "street": "小河街道",
        "community": community,
        "address": address,
    }
    return Row(number=line, values=values)
