"""Units and people of the demo district. All persons are invented."""

from dataclasses import dataclass

from liuhe import Area, Person, Post, Unit

DISTRICT = "330105000000"
XIAOHE = "330105003000"
GONGCHENQIAO = "330105005000"
CHANGZHENGQIAO = "330105003001"
QIAOXI = "330105005001"

#: Code, name, and the area that the unit works in.
UNITS = (
    ("chengguan-gongshu", "区综合行政执法局", DISTRICT),
    ("chengguan-xiaohe", "小河街道综合行政执法队", XIAOHE),
    ("chengguan-gongchenqiao", "拱宸桥街道综合行政执法队", GONGCHENQIAO),
    ("jiaojing-gongshu", "交警大队拱墅中队", DISTRICT),
    ("shizheng-gongshu", "市政养护公司", DISTRICT),
    ("huanwei-gongshu", "区环卫所", DISTRICT),
    ("yuanlin-gongshu", "园林绿化养护公司", DISTRICT),
    ("shichang-gongshu", "市场监督管理局拱墅分局", DISTRICT),
    ("dianli-gongshu", "供电服务站", DISTRICT),
    ("wuye-xiaohe", "小河运河物业公司", XIAOHE),
    ("wuye-gongchenqiao", "桥西安居物业公司", GONGCHENQIAO),
)


@dataclass(frozen=True, kw_only=True)
class Login:
    """A person with one post, over an area or in a unit."""

    username: str
    name: str
    role: str
    title: str
    area: str = ""
    unit: str = ""


PEOPLE = (
    Login(username="admin", name="沈知远", role="admin", title="系统管理员", area=DISTRICT),
    Login(
        username="dispatcher",
        name="周文岚",
        role="dispatcher",
        title="小河街道派单员",
        area=XIAOHE,
    ),
    Login(
        username="grid",
        name="陆小满",
        role="grid",
        title="长征桥社区网格员",
        area=CHANGZHENGQIAO,
    ),
    Login(
        username="handler",
        name="韩立冬",
        role="handler",
        title="小河街道综合行政执法队经办人",
        unit="chengguan-xiaohe",
    ),
    Login(username="supervisor", name="顾怀瑾", role="supervisor", title="区督查员", area=DISTRICT),
    Login(username="security", name="方以宁", role="security", title="安全管理员", area=DISTRICT),
    Login(username="auditor", name="傅清和", role="auditor", title="审计员", area=DISTRICT),
    Login(username="resident", name="林秋白", role="resident", title="小河街道居民"),
    Login(
        username="dispatcher2",
        name="程若水",
        role="dispatcher",
        title="拱宸桥街道派单员",
        area=GONGCHENQIAO,
    ),
    Login(username="grid2", name="姚春和", role="grid", title="桥西社区网格员", area=QIAOXI),
    Login(
        username="handler2",
        name="孟长风",
        role="handler",
        title="拱宸桥街道综合行政执法队经办人",
        unit="chengguan-gongchenqiao",
    ),
)

#: For the login page of a demo.
LOGINS = [{"username": one.username, "name": one.name, "title": one.title} for one in PEOPLE]


async def settle(hashed: str) -> None:
    """Units, people and posts; all people share one password, hashed once."""
    areas = {area.code: area for area in await Area.filter(valid_to=None)}
    units = {
        code: await Unit.create(code=code, name=name, area=areas[area])
        for code, name, area in UNITS
    }
    for one in PEOPLE:
        person = await Person.create(username=one.username, name=one.name, password=hashed)
        await Post.create(
            person=person,
            role=one.role,
            area=areas.get(one.area),
            unit=units.get(one.unit),
        )
