"""What the demonstration district offers to other programs; invented, and no key."""

from liuhe import atomic
from plugins.open311.models import Answering, Service
from plugins.open311.rules import Attribute, Datatype

OFFERED = (
    ("0102", "垃圾没人清", "路边、小区门口的垃圾没有人清。", "垃圾,环境卫生"),
    ("0110", "路面、人行道坏了", "路面、人行道破损，有安全隐患。", "道路,人行道"),
    ("0406", "路上积水", "下雨以后积水，行人和车不好走。", "积水,下雨"),
    ("0505", "汽车乱停", "汽车停在不该停的地方，挡了路。", "停车,堵路"),
)
HOW_DEEP = Attribute(
    code="q1",
    question="水有多深",
    datatype=Datatype.ONE,
    required=True,
    values=("鞋底", "脚踝", "膝盖"),
)


@atomic
async def offer_some() -> None:
    for code, name, description, keywords in OFFERED:
        if not await Service.exists(type_code=code):
            await Service.create(
                type_code=code,
                name=name,
                description=description,
                keywords=keywords,
                answering=Answering.REALTIME,
                attributes=[HOW_DEEP.kept] if code == "0406" else [],
            )
