"""A year of invented work orders as people send them: four files, four ways, all kinds of mistakes.

`TRUE` lines are what was meant; a file tells most of them so, and some of them wrongly.
"""

import csv
import io
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import cycle
from typing import Any

import openpyxl

#: Our headings, and how the platform's own program writes them.
HEADINGS = {
    "任务号": "TASK_NUM",
    "记录编号": "REC_ID",
    "受理时间": "CREATE_TIME",
    "诉求类别": "REC_TYPE",
    "来源": "EVENT_SRC",
    "一级类型": "MAIN_TYPE",
    "二级类型": "SUB_TYPE",
    "三级类型": "THIRD_TYPE",
    "诉求内容": "EVENT_DESC",
    "街道": "STREET",
    "社区": "COMMUNITY",
    "地址": "ADDRESS",
    "首派单位": "FIRST_UNIT",
    "督办催办": "标记",
    "办结时间": "FINISH_TIME",
    "办理结果": "RESULT",
}
KINDS = (
    ("市容环境", "垃圾", "暴露垃圾"),
    ("市容环境", "占道", ""),
    ("公共设施", "路灯", ""),
    ("噪音", "", ""),
)
CLASSES = ("咨询", "求助", "投诉", "建议", "举报", "感谢", "其他")
COMMUNITIES = ("仓基社区", "长乐社区")
WORDS = (
    "路口的垃圾三天没人收",
    "=1+1 这样的文字不是公式",
    "-5 度，水管冻了",
    "@物业 请回复",
    "+86 的电话打不通",
    '他说“再等等”，"quoted", 半角的也有',
    "第一行\n第二行；分号\t不算",
    "𠮷野家门口，㙟字难写 🚲",
    "写着 _x000D_ 的告示牌",
    "0571",
)


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """`column`: where the check finds it, "" for the whole line."""

    column: str
    told: dict[str, Any]


MISTAKES = (
    Mistake(column="task_num", told={"任务号": ""}),
    Mistake(column="create_time", told={"受理时间": "昨天上午"}),
    Mistake(column="create_time", told={"受理时间": "2025-02-30 10:00"}),
    Mistake(column="create_time", told={"受理时间": "2025-03-01 25:00"}),
    Mistake(column="create_time", told={"受理时间": "2099-01-01"}),
    Mistake(column="finish_time", told={"办结时间": "2024-12-31"}),
    Mistake(column="rec_type", told={"诉求类别": "吐槽"}),
    Mistake(column="main_type", told={"一级类型": ""}),
    Mistake(column="event_desc", told={"诉求内容": "长" * 2001}),
    Mistake(column="community", told={"社区": "不存在社区"}),
    Mistake(column="community", told={"街道": "小河街道", "社区": "小河社区"}),
    Mistake(column="community", told={"街道": "", "社区": ""}),
    Mistake(column="task_num", told={"任务号": "3.30105E+17"}),
)
IN_BOOKS = (
    Mistake(column="event_desc", told={"诉求内容": "=SUM(A1:A9)"}),
    Mistake(column="result", told={"办理结果": "#REF!"}),
)


def year(orders: int, luck: random.Random) -> list[dict[str, str]]:
    """What was meant, line by line."""
    return [_line(n, luck) for n in range(orders)]


def _line(n: int, luck: random.Random) -> dict[str, str]:
    told = datetime(2025, 1, 1) + timedelta(minutes=luck.randrange(500_000))  # noqa: DTZ001
    finished = told + timedelta(seconds=luck.randrange(600, 900_000))
    done = luck.random() < 0.97
    main, sub, third = luck.choice(KINDS)
    number = f"33010520250{n:06d}7" if n % 3 else f"GD2025-{n:06d}"
    return {
        "任务号": number,
        "记录编号": f"R{n}" if n % 2 else "",
        "受理时间": str(told),
        "诉求类别": luck.choice(CLASSES),
        "来源": luck.choice(("电话", "网站", "")),
        "一级类型": main,
        "二级类型": sub,
        "三级类型": third,
        "诉求内容": f"{luck.choice(WORDS)}（{n}）",
        "街道": "湖墅街道",
        "社区": luck.choice(COMMUNITIES),
        "地址": luck.choice((f"湖墅南路 {n % 200} 号", "")),
        "首派单位": luck.choice(("湖墅环卫所", "")),
        "督办催办": luck.choice(("", "", "督办", "催办")),
        "办结时间": str(finished) if done else "",
        "办理结果": luck.choice(WORDS) if done else "",
    }


@dataclass(kw_only=True)
class Sent:
    """A file, with the truth behind each of its lines and the column that is wrong there."""

    name: str
    data: bytes = b""
    true: dict[int, dict[str, str]] = field(default_factory=dict)
    wrong: dict[int, str] = field(default_factory=dict)
    twins: set[int] = field(default_factory=set)

    @property
    def sound(self) -> int:
        return len(self.true) - len(self.wrong)


def quarters(lines: Sequence[dict[str, str]], luck: random.Random) -> Iterator[Sent]:
    """The year in four files: a workbook, and CSVs in three encodings."""
    size = -(-len(lines) // 4)
    for n, (name, write) in enumerate(WAYS.items()):
        yield _sent(name, write, lines[n * size : (n + 1) * size], luck)


def _sent(name: str, write: Any, lines: Sequence[dict[str, str]], luck: random.Random) -> Sent:
    sent = Sent(name=name)
    kinds = cycle((*MISTAKES, *IN_BOOKS) if name.endswith(".xlsx") else MISTAKES)
    rows: list[dict[str, Any]] = []
    for line in lines:
        at = FIRST + len(rows)
        sent.true[at] = line
        row = dict(line)
        if luck.random() < 0.05:
            mistake = next(kinds)
            sent.wrong[at] = mistake.column
            row |= mistake.told
        rows.append(row)
        if luck.random() < 0.01 and at not in sent.wrong:
            sent.true[at + 1], sent.wrong[at + 1] = line, "task_num"
            sent.twins.add(at + 1)
            rows.append(dict(line))
        if luck.random() < 0.01:
            rows.append({})
    sent.data = write(rows)
    return sent


#: Where the first line stands: under a title, an empty line and the headings.
FIRST = 4


def _book(rows: Sequence[dict[str, Any]]) -> bytes:
    """Times as the program keeps them, text that looks like a formula as text, real formulas."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["2025 年一季度热线工单"])
    sheet.append([])
    sheet.append([f"{name}（必填）" for name in HEADINGS] + ["当事人民族", "备注二"])
    for row in rows:
        sheet.append([_cell(sheet, name, row.get(name, "")) for name in HEADINGS])
    book.create_sheet("说明").append(["一季度没有别的说明"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _cell(sheet: Any, name: str, text: str) -> Any:
    cell = openpyxl.cell.Cell(sheet, value=None)
    if text.endswith("E+17"):
        cell.value = float(text)  # what a spreadsheet has made of a long number
    elif name in ("受理时间", "办结时间"):
        cell.value = _time(text)
    elif text:
        cell.value = text.replace("_x000D_", "_x005F_x000D_")
        cell.data_type = "f" if text.startswith("=SUM") else "e" if text[0] == "#" else "s"
    return cell


def _time(text: str) -> Any:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return text or None


def _text(encoding: str, delimiter: str, head: Sequence[str]) -> Any:
    def write(rows: Sequence[dict[str, Any]]) -> bytes:
        out = io.StringIO(newline="")
        writer = csv.writer(out, delimiter=delimiter)
        writer.writerow(["热线工单", *[""] * (len(head) - 1)])
        writer.writerow([""] * len(head))
        writer.writerow(head)
        writer.writerows([row.get(name, "") for name in HEADINGS] for row in rows)
        return out.getvalue().encode(encoding)

    return write


WAYS = {
    "一季度.xlsx": _book,
    "二季度.csv": _text("utf-8-sig", ",", list(HEADINGS.values())),
    "三季度.csv": _text("gb18030", ";", list(HEADINGS)),
    "四季度.csv": _text("utf-16", "\t", list(HEADINGS)),
}


def plain(rows: Sequence[dict[str, str]]) -> bytes:
    """The same table as anybody saves it."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(HEADINGS), extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()
