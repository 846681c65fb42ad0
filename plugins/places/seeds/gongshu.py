"""A district like 拱墅区 as it was before 2021, to look at and to try out.

The names of the streets and their codes are public; where they lie is roughly true. The
boundaries, communities' codes, grids, compounds and everything below are made up.
"""

from dataclasses import dataclass, field
from datetime import date

#: The division has been like this since the re-division of April 2021.
SINCE = date(2021, 4, 9)
#: One grid was split, so that history can be seen.
SPLIT_ON = date(2024, 1, 1)
SPLIT_GRID = "330105003001003"

DISTRICT = ("330105000000", "拱墅区")

#: Corners of the streets: (longitude, latitude).
CORNERS = {
    "a": (120.140, 30.281),
    "b": (120.166, 30.279),
    "c": (120.169, 30.291),
    "d": (120.137, 30.293),
    "e": (120.171, 30.303),
    "f": (120.133, 30.304),
    "g": (120.152, 30.304),
    "h": (120.108, 30.306),
    "i": (120.131, 30.315),
    "j": (120.106, 30.317),
    "k": (120.114, 30.331),
    "l": (120.136, 30.331),
    "n": (120.082, 30.322),
    "p": (120.088, 30.357),
    "q": (120.117, 30.350),
    "r": (120.153, 30.316),
    "s": (120.155, 30.335),
    "t": (120.178, 30.320),
    "u": (120.176, 30.336),
    "v": (120.205, 30.340),
    "w": (120.157, 30.385),
    "x": (120.128, 30.382),
    "y": (120.214, 30.362),
    "z": (120.196, 30.384),
}
OUTLINE = "abcetuvyzwxqpnjhfd"


@dataclass(frozen=True, kw_only=True)
class Street:
    """`grids` says how many grids each community has; `micro` which communities go deeper."""

    code: str
    name: str
    corners: str
    communities: tuple[str, ...]
    grids: tuple[int, ...]
    micro: tuple[str, ...] = field(default=())
    kind: str = "111"


STREETS = (
    Street(
        code="330105001000",
        name="米市巷街道",
        corners="abcd",
        communities=("半道红", "叶青苑", "沈塘桥", "红石板"),
        grids=(3, 3, 2, 3),
    ),
    Street(
        code="330105002000",
        name="湖墅街道",
        corners="dcegf",
        communities=("仓基新村", "信义坊", "珠儿潭", "富义仓"),
        grids=(3, 2, 3, 2),
    ),
    Street(
        code="330105003000",
        name="小河街道",
        corners="jilk",
        communities=("长征桥", "小河直街", "塘河", "明真宫"),
        grids=(4, 3, 3, 2),
        micro=("长征桥", "小河直街", "塘河", "明真宫"),
    ),
    Street(
        code="330105004000",
        name="和睦街道",
        corners="hfij",
        communities=("和睦", "华丰", "李家桥"),
        grids=(3, 3, 2),
    ),
    Street(
        code="330105005000",
        name="拱宸桥街道",
        corners="irsl",
        communities=("桥西", "蚕花园", "台州路", "永宁"),
        grids=(4, 3, 3, 2),
        micro=("桥西",),
    ),
    Street(
        code="330105007000",
        name="大关街道",
        corners="fgri",
        communities=("德胜新村", "东苑", "西苑", "香积"),
        grids=(3, 3, 3, 2),
    ),
    Street(
        code="330105008000",
        name="上塘街道",
        corners="getusr",
        communities=("瓜山", "善贤", "七古登", "皋亭", "蔡马"),
        grids=(4, 3, 3, 2, 2),
    ),
    Street(
        code="330105009000",
        name="祥符街道",
        corners="njkqp",
        communities=("祥符桥", "阮家桥", "孔家埭", "庆隆", "花园岗"),
        grids=(4, 3, 2, 3, 3),
    ),
    Street(
        code="330105010000",
        name="康桥街道",
        corners="klswxq",
        communities=("康桥", "义桥", "蒋家浜", "吴家墩", "谢村"),
        grids=(3, 3, 2, 2, 3),
        kind="112",
    ),
    Street(
        code="330105011000",
        name="半山街道",
        corners="suvyzw",
        communities=("半山", "田园", "夏意", "金星", "石塘"),
        grids=(4, 3, 3, 2, 2),
        kind="112",
    ),
)

#: What stands in a community, by the number of the leaf (grid or micro-grid) it stands in.
HOUSING = ("苑", "花园", "公寓", "新村")
OTHERS = (
    ("market", "小河直街", "小河农贸市场"),
    ("market", "桥西", "桥弄街市场"),
    ("market", "东苑", "大关农贸市场"),
    ("market", "瓜山", "瓜山商业街"),
    ("market", "康桥", "康桥农副产品市场"),
    ("campus", "塘河", "塘河实验学校"),
    ("campus", "和睦", "和睦小学"),
    ("campus", "祥符桥", "祥符中学"),
    ("site", "明真宫", "明真宫路道路改造工地"),
    ("site", "谢村", "谢村公交场站工地"),
    ("other", "信义坊", "信义坊码头"),
    ("other", "半山", "半山公园入口广场"),
)
