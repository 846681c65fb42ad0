"""Which column stands where: by the words over it. What may not be kept is not even read."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.errors import BadInput
from core.sheets.columns import Column
from core.sheets.lines import Line, letters

#: Lines among which the headings are looked for: titles and notes may stand above them.
FIRST_LINES = 10
#: Columns that we write ourselves beside what was given.
OURS = ("错误", "结果")

#: What no table of persons may bring in (profiles, sealed records), in Chinese and as programs
#: write it. Whoever writes about a matter in free text is not meant.
_DENIED_WORDS = (
    *(
        "民族",
        "族别",
        "宗教",
        "信仰",
        "教派",
        "教职",
        "涉教",
        "邪教",
        "政治面貌",
        "党派",
        "政治倾向",
    ),
    *("上访", "信访次数", "信访史", "缠访", "艾滋", "HIV", "吸毒", "涉毒", "戒毒", "性取向"),
    *("重点人员", "重点人群", "前科", "犯罪记录", "违法记录", "治安处罚", "治安违法", "拘留记录"),
    *("血型", "基因", "征信", "信用分", "积分等级", "风险等级"),
)
_DENIED_PARTS = frozenset(
    {
        *("ethnic", "ethnicity", "nation", "nationality", "race", "religion", "religious", "faith"),
        *("belief", "political", "politics", "petition", "petitioner", "hiv", "aids"),
        *("drug", "drugs", "sexual", "orientation", "criminal", "conviction", "minzu", "zongjiao"),
        *("xinyang", "shangfang", "xidu", "mz", "zzmm"),
    }
)


@dataclass(frozen=True, kw_only=True)
class Headings:
    """`line`: the number of the headings. `places`: column names and where they stand, from 0.

    `unknown`: headings that are not read. `dropped`: those that may not be kept.
    """

    line: int
    places: dict[str, int]
    unknown: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()


def plain(text: str) -> str:
    """A heading without what people put around it: "任务号 *（必填）" is "任务号"."""
    text = re.sub(r"[（(【\[].*?[）)】\]]", "", text)
    return re.sub(r"[\s*＊:：_\-]+", "", text).casefold()


def forbidden(heading: str) -> bool:
    """Whether a column so headed may not be kept of anybody."""
    bare = re.sub(r"\s+", "", heading).upper()
    parts = re.split(r"[^a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", heading).lower())
    return any(word in bare for word in _DENIED_WORDS) or bool(_DENIED_PARTS & set(parts))


def match_headings(lines: Iterable[Line], columns: Sequence[Column]) -> Headings:
    """Find the line of the headings among the first ones; BadInput where they do not fit."""
    named = {
        plain(text): column.name
        for column in columns
        for text in (column.title, column.name, *column.also)
    }
    best, most = None, 0
    for line in lines:
        known = {named[text] for cell in line.cells if (text := plain(cell)) in named}
        if len(known) > most:
            best, most = line, len(known)
    if best is None:
        wanted = "、".join(column.title for column in columns if column.required)
        raise BadInput(
            f"没有找到表头。前 {FIRST_LINES} 行里要有一行写着：{wanted}。可以先下载模板。",
            field="file",
            reason="headings",
        )
    return _placed(best, columns, named)


def _placed(line: Line, columns: Sequence[Column], named: dict[str, str]) -> Headings:
    places: dict[str, int] = {}
    unknown: list[str] = []
    dropped: list[str] = []
    for place, cell in enumerate(line.cells):
        name = named.get(plain(cell))
        if name in places:
            raise BadInput(
                f"表头“{cell[:20]}”写了两次（{letters(places[name])} 列和 {letters(place)} 列），"
                "请删去一列。",
                field="file",
                reason="headings",
            )
        if name:
            places[name] = place
        elif forbidden(cell):
            dropped.append(cell.strip()[:40])
        elif cell.strip() and plain(cell) not in OURS:
            unknown.append(cell.strip()[:40])
    if lacking := [one.title for one in columns if one.required and one.name not in places]:
        raise BadInput(
            f"第 {line.number} 行的表头里少了：{'、'.join(lacking)}。可以先下载模板。",
            field="file",
            reason="headings",
        )
    return Headings(line=line.number, places=places, unknown=tuple(unknown), dropped=tuple(dropped))
