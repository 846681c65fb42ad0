"""What residents may choose from, in their own words, and which 小类 of GB/T 30428 it is."""

from dataclasses import dataclass
from enum import StrEnum


class Channel(StrEnum):
    """渠道: how a report came in."""

    WEB = "web"
    COUNTER = "counter"
    PHONE = "phone"


@dataclass(frozen=True, kw_only=True)
class Matter:
    """One choice. `type_code`: the event that it becomes; a dispatcher sees the official name."""

    key: str
    label: str
    type_code: str


#: What is none of these goes to “其他市容环境事件”, whose limit is the calmest.
OTHER = Matter(key="other", label="其他事情", type_code="0199")
MATTERS = (
    Matter(key="rubbish", label="垃圾没人清", type_code="0102"),
    Matter(key="bins", label="垃圾桶满了", type_code="2103"),
    Matter(key="road", label="路面、人行道坏了", type_code="0110"),
    Matter(key="collapse", label="路面塌了、有坑洞", type_code="0401"),
    Matter(key="water", label="路上积水", type_code="0406"),
    Matter(key="drain", label="下水道堵了、冒污水", type_code="0404"),
    Matter(key="pipe", label="自来水管破了", type_code="0402"),
    Matter(key="cars", label="汽车乱停、堵路", type_code="0505"),
    Matter(key="bikes", label="电动车、自行车乱停", type_code="0506"),
    Matter(key="charging", label="电动车飞线充电", type_code="2102"),
    Matter(key="fire_lane", label="消防通道被占", type_code="2101"),
    Matter(key="piles", label="乱堆东西", type_code="0507"),
    Matter(key="stalls", label="占道摆摊、店外经营", type_code="0504"),
    Matter(key="site_noise", label="工地太吵", type_code="0301"),
    Matter(key="shop_noise", label="店铺、喇叭太吵", type_code="0508"),
    Matter(key="building", label="私搭乱建", type_code="0101"),
    Matter(key="falling", label="楼上往下扔东西", type_code="2104"),
    Matter(key="wires", label="电线垂下来、断了", type_code="0408"),
    OTHER,
)
_BY_KEY = {matter.key: matter for matter in MATTERS}
LONGEST_TITLE = 40


def matter_of(key: str) -> Matter | None:
    return _BY_KEY.get(key)


def title_of(matter: Matter, text: str) -> str:
    """A case's title: what was chosen, and how the resident's own words begin."""
    first = " ".join(text.split())
    if len(first) > LONGEST_TITLE:
        first = first[: LONGEST_TITLE - 1] + "…"
    if not first:
        return matter.label
    return first if matter is OTHER else f"{matter.label}：{first}"
