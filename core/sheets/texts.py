"""CSV in and out: UTF-8 with or without a mark, UTF-16, GB18030; comma, semicolon or tab.

A cell that a spreadsheet would take for a formula is written with an apostrophe before it, and an
apostrophe before such a cell is taken off again, so that what goes out comes in as it was.
"""

import csv
import io
import re
from collections.abc import Iterator

from core.sheets.lines import LONGEST_CELL, Bounds, Flaw, Line, refuse

DELIMITERS = (",", "\t", ";", "，", "；")
#: What spreadsheets compute, or take for something else than text.
DANGEROUS = "=+-@\t\r\n＝＋－＠"
_GUARDED = re.compile(rf"'+[{re.escape(DANGEROUS)}]")
_STARTS = re.compile(rf"'*[{re.escape(DANGEROUS)}]")
_POWER = re.compile(r"[+-]?\d(\.\d+)?[eE]\+\d+")

ROUNDED = (
    "这个编号被表格软件改成了近似值（后面的数字丢了）。请把这一列的格式设成“文本”，再重新填写。"
)


def guard(text: str) -> str:
    """Text that no spreadsheet computes."""
    return f"'{text}" if _STARTS.match(text) else text


def unguard(text: str) -> str:
    return text[1:] if _GUARDED.match(text) else text


def decode(data: bytes) -> str:
    """The text, by its mark or by trying; a sentence for what is none."""
    for bom, name in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if data.startswith(bom):
            return _strictly(data, name)
    if b"\0" in data:
        refuse("这不是表格文件。请上传 .xlsx 或 .csv 文件。", "media_type")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _strictly(data, "gb18030")


def _strictly(data: bytes, name: str) -> str:
    try:
        return data.decode(name)
    except UnicodeDecodeError as error:
        number = data[: error.start].count(b"\n") + 1
        refuse(
            f"第 {number} 行的文字编码认不出来。请另存为“CSV UTF-8”或 .xlsx 再上传。", "encoding"
        )


def read_text(data: bytes, bounds: Bounds) -> Iterator[Line]:
    """The lines of a CSV; numbered as a spreadsheet would show them."""
    text = decode(data)
    if not text.strip():
        refuse("文件是空的。", "empty")
    csv.field_size_limit(LONGEST_CELL * 8)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            refuse(
                f"第 {number} 行读不出来：多半是少了一个引号，或者文件不完整。请检查后再上传。",
                "quotes",
            )
        yield _line(number, cells, bounds)


def _line(number: int, cells: list[str], bounds: Bounds) -> Line:
    while cells and not cells[-1].strip():
        cells.pop()
    bounds.demand_width(len(cells), number)
    for place, cell in enumerate(cells):
        bounds.demand_cell(cell, number, place)
    flaws = {place: Flaw(ROUNDED) for place, cell in enumerate(cells) if _POWER.fullmatch(cell)}
    return Line(
        number=number, cells=tuple(unguard(cell) for cell in cells), flaws=flaws, exact=False
    )


def _delimiter(text: str) -> str:
    """What the first line that says something is cut by most often, outside of quotes."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    bare = re.sub(r'"[^"]*"', "", first)
    return max(DELIMITERS, key=bare.count)
