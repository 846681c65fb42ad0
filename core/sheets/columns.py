"""What a column holds; a cell's text as a value of it, or a sentence that says what is wrong."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Literal, TypeAlias
from zoneinfo import ZoneInfo

Kind = Literal["text", "id", "whole", "number", "day", "time", "choice"]
#: What a program writes, and what people read and write.
Choice: TypeAlias = tuple[str, str]

YEARS = range(1900, 2200)
_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_DAY_SOLID = re.compile(r"(\d{4})(\d{2})(\d{2})")
_CLOCK = re.compile(
    r"[\sT]*(\d{1,2})\s*[:：时]\s*(\d{1,2})\s*分?(?:[:：]?\s*(\d{1,2})(?:\.\d+)?\s*秒?)?"
)
_CLOCK_SOLID = re.compile(r"(\d{2})(\d{2})(\d{2})")
_SERIAL = re.compile(r"\d{5}(\.\d+)?")
#: Day 0 of a spreadsheet's calendar (after its false 29 February 1900).
_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 - a wall clock; the zone comes later
_SPACES = re.compile(r"[^\S\n]+")


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of a table. `title` heads it, `also` are other headings by which it is known.

    `kind`: "id" is text that looks like a number. `most`: characters. `personal`: of a person.
    """

    name: str
    title: str
    kind: Kind = "text"
    required: bool = False
    most: int = 200
    choices: tuple[Choice, ...] = ()
    also: tuple[str, ...] = ()
    hint: str = ""
    example: str = ""
    personal: bool = False
    width: int = 0


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line by the names of its columns; a cell that holds nothing is None."""

    number: int
    values: dict[str, Any]
    problems: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        return self.values.get(name)


class Unfit(Exception):
    """A cell's text is no value of its column; the message is for whoever wrote it."""


def value_of(column: Column, text: str, zone: ZoneInfo, *, exact: bool = True) -> Any:
    """The value of a cell: None where it is empty; raises Unfit."""
    text = _tidy(text)
    if not text:
        if column.required:
            raise Unfit(f"请填写{column.title}。")
        return None
    if "\0" in text or any("\ud800" <= one <= "\udfff" for one in text):
        raise Unfit("有不能保存的字符，请删去。")
    if len(text) > column.most:
        raise Unfit(f"最多 {column.most} 个字，现在是 {len(text)} 个。")
    if column.kind == "id":
        return _id(text, exact)
    if column.kind == "choice":
        return _choice(column, text)
    if column.kind in ("whole", "number"):
        return _number(column, text)
    if column.kind in ("day", "time"):
        at = moment(text)
        return at.date() if column.kind == "day" else at.replace(tzinfo=zone)
    return text


def _tidy(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\ufeff", "")
    return _SPACES.sub(" ", text).strip()


def _id(text: str, exact: bool) -> str:
    """Seventeen digits of which the last are noughts, in a file that knows no text cells."""
    if not exact and text.isdecimal() and len(text) > 16 and not text[15:].strip("0"):
        raise Unfit(
            "这个编号的后几位都是 0，多半是被表格软件改成了近似值。请核对；如果本来就是这样，"
            "请存成 .xlsx、把这一列设成“文本”再上传。"
        )
    return text.replace(" ", "")


def _choice(column: Column, text: str) -> str:
    for code, label in column.choices:
        if text in (code, label, f"{code} {label}", f"{code}{label}"):
            return code
    known = "、".join(label for _, label in column.choices[:8])
    more = " 等" if len(column.choices) > 8 else ""
    raise Unfit(f"没有“{text[:20]}”这一种，可以填：{known}{more}。")


def _number(column: Column, text: str) -> int | float:
    plain = text.replace(",", "").replace("，", "")
    try:
        number = float(plain)
    except ValueError:
        raise Unfit(f"要填数字，现在是“{text[:20]}”。") from None
    if column.kind == "number":
        if number != number or abs(number) > 1e15:
            raise Unfit("这个数字太大了。")
        return number
    if not number.is_integer() or abs(number) >= 10**15:
        raise Unfit(f"要填整数，现在是“{text[:20]}”。")
    return int(number)


def moment(text: str) -> datetime:
    """A day, or a day with a time, on the wall clock; Unfit for what is none."""
    if _SERIAL.fullmatch(text):  # the number behind a date that was formatted as a number
        at = _ZERO + timedelta(days=float(text))
        return (at + timedelta(microseconds=500_000)).replace(microsecond=0)
    found = _DAY.match(text) or _DAY_SOLID.match(text)
    if not found:
        raise Unfit(f"认不出“{text[:20]}”是哪一天，请写成 2026-01-31 或 2026-01-31 08:30。")
    rest = text[found.end() :].strip()
    clock = _CLOCK.fullmatch(rest) or _CLOCK_SOLID.fullmatch(rest)
    if rest and not clock:
        raise Unfit(f"认不出“{rest[:20]}”是几点，请写成 2026-01-31 08:30。")
    parts = [int(part or 0) for part in (*found.groups(), *(clock.groups() if clock else ()))]
    try:
        at = datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001 - a wall clock
    except ValueError:
        raise Unfit(f"没有“{text[:20]}”这一天，请检查。") from None
    if at.year not in YEARS:
        raise Unfit(f"“{text[:20]}”的年份不对，请检查。")
    return at


def spoken(column: Column, value: Any, zone: ZoneInfo) -> Any:
    """A value as it is written into a table: numbers stay numbers, times are the wall clock's."""
    if value is None:
        return ""
    if column.kind == "choice":
        return next((label for code, label in column.choices if code == value), str(value))
    if isinstance(value, datetime):
        return value.astimezone(zone).replace(tzinfo=None, microsecond=0)
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, int | float | date):
        return value
    return str(value)
