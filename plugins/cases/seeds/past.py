"""The two months before: small matters that came to their end, so that there are figures."""

from collections.abc import Iterator

from plugins.cases.seeds.stories import (
    CHANGZHENGQIAO,
    CHENGGUAN,
    CHENGGUAN2,
    DAY,
    GUASHAN,
    HEMU,
    HUANWEI,
    JIAOJING,
    QIAOXI,
    SHIZHENG,
    TANGHE,
    WUYE,
    YUANLIN,
    Story,
)

#: Type, what it was, and what was done.
_MATTERS = (
    ("0506", "共享单车占了盲道", "挪到停放点，线外不再留车。"),
    ("0102", "垃圾桶旁有没进桶的垃圾", "已清运，冲洗了地面。"),
    ("0504", "店家把货架摆到门外", "店主已收回店内。"),
    ("0201", "墙上贴了小广告", "已铲除并登记号码。"),
    ("0104", "路面有散落的树叶和纸屑", "已清扫。"),
    ("0505", "车停在消防通道上", "已联系车主驶离。"),
    ("0110", "人行道地砖松动", "已重新铺平。"),
    ("0106", "绿化带里有塑料袋", "已捡拾干净。"),
)
#: Where, and which units work there; some have much to do and some little.
_PLACES = (
    (CHANGZHENGQIAO, "小河路", (CHENGGUAN, CHENGGUAN, HUANWEI)),
    (TANGHE, "塘河路", (CHENGGUAN, HUANWEI, WUYE)),
    (QIAOXI, "桥弄街", (CHENGGUAN2, CHENGGUAN2, SHIZHENG)),
    (HEMU, "和睦路", (HUANWEI, YUANLIN, SHIZHENG)),
    (GUASHAN, "瓜山中路", (JIAOJING, CHENGGUAN2, JIAOJING)),
)
_FIRST, _STEP, _COUNT = 12 * DAY, 3 * DAY // 2, 40


def _stories() -> Iterator[Story]:
    for number in range(_COUNT):
        type_code, what, did = _MATTERS[number % len(_MATTERS)]
        area, road, units = _PLACES[number * 3 % len(_PLACES)]
        yield Story(
            ago=_FIRST + number * _STEP,
            type=type_code,
            title=what,
            area=area,
            address=f"{road} {number * 7 % 90 + 1} 号附近",
            upto="closed" if number % 16 else "fed_back",
            unit=units[number // len(_PLACES) % len(units)],
            text="" if number % 9 == 4 else f"巡查时看到：{what}。",
            did=did,
            slow=number % 7 == 3,
            dozes=number % 13 == 6,
            twist="rework" if number % 11 == 5 else "",
        )


PAST = tuple(_stories())
