"""XLSX in: read cell by cell, nothing computed, nothing believed of sizes or names.

Macros, old and encrypted files are refused; a formula is a flaw of its cell, whatever value the
file says that it had; a number of more than fifteen digits has been rounded already.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from warnings import catch_warnings, simplefilter
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from openpyxl import load_workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from core.sheets.escaping import unescape
from core.sheets.lines import MOST_EMPTY, Bounds, Flaw, Line, Sheet, refuse
from core.sheets.texts import ROUNDED

ZIP = b"PK\x03\x04"
OLE = b"\xd0\xcf\x11\xe0"
MOST_PARTS = 2_000
MOST_UNPACKED = 300_000_000
#: What a double can hold exactly.
DIGITS = 10**15
FORMULA = "这一格是公式。请复制这一列，再用“选择性粘贴 → 数值”贴回来。"
_MERGED: Final = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*ref="([A-Z]+\d+):[A-Z]+(\d+)"')
_BROKEN = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, ParseError, DefusedXmlException, EOFError),
    *(KeyError, ValueError, TypeError, IndexError, AttributeError, OSError, NotImplementedError),
    *(OverflowError, RuntimeError, AssertionError),
)
UNREADABLE = "这个文件打不开，可能没有下载完整。请用表格软件打开看一看，另存为 .xlsx 再上传。"


def read_book(data: bytes, bounds: Bounds) -> list[Sheet]:
    """The sheets that are shown; merged cells, where there are lines, refused."""
    try:
        _look_inside(data)
        with catch_warnings():
            simplefilter("ignore")
            book = load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
            if book.epoch == CALENDAR_MAC_1904:
                refuse("这个文件用的是 1904 日期系统，日期会差四年。请在表格软件里改掉再上传。")
            shown = [one for one in book.worksheets if one.sheet_state == "visible"]
    except _BROKEN:
        refuse(UNREADABLE)
    if not shown:
        refuse("文件里没有工作表。", "empty")
    return [Sheet(name=one.title, lines=bounds.within(_lines(one, bounds))) for one in shown]


def _lines(sheet: Any, bounds: Bounds) -> Iterator[Line]:
    try:
        sheet.reset_dimensions()  # what the file says of its size is not believed
        merged = _merged(sheet, bounds)
    except _BROKEN:
        refuse(UNREADABLE)
    number = 0
    rows = iter(sheet.iter_rows())
    while True:
        number += 1
        bounds.demand_time()
        try:
            with catch_warnings():
                simplefilter("ignore")
                row = next(rows, None)
        except _BROKEN:
            refuse(f"第 {number} 行读不出来，文件可能坏了。请另存为 .xlsx 再上传。")
        if row is None:
            return
        line = _line(number, row, bounds)
        if number in merged and not line.empty:
            line = replace(line, merged=f"有合并的单元格（{merged[number]}）。请先取消合并。")
        yield line


def _line(number: int, row: tuple[Any, ...], bounds: Bounds) -> Line:
    cells = list(row)
    while cells and cells[-1].value is None:
        cells.pop()
    bounds.demand_width(len(cells), number)
    texts: list[str] = []
    flaws: dict[int, Flaw] = {}
    for place, cell in enumerate(cells):
        text = ""
        if cell.value is None:
            pass
        elif cell.data_type == "f":
            flaws[place] = Flaw(FORMULA)
        elif cell.data_type == "e":
            flaws[place] = Flaw(f"这一格是错误值 {str(cell.value)[:20]}，请改成真正的内容。")
        elif isinstance(cell.value, int | float) and abs(cell.value) >= DIGITS:
            flaws[place] = Flaw(ROUNDED)
        else:
            text = _text(cell.value)
        bounds.demand_cell(text, number, place)
        texts.append(text)
    return Line(number=number, cells=tuple(texts), flaws=flaws)


def _text(value: Any) -> str:
    """As a person would have written it."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime):
        at: datetime = (value + timedelta(microseconds=500_000)).replace(microsecond=0)
        return at.isoformat(" ") if at.time() != time() else at.date().isoformat()
    if isinstance(value, date | time):
        return str(value.isoformat())
    return unescape(str(value))


def _look_inside(data: bytes) -> None:
    """Before anything is unpacked: what is in it, and how much."""
    with zipfile.ZipFile(io.BytesIO(data)) as box:
        parts = box.infolist()
        names = [part.filename.lower() for part in parts]
        if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
            refuse("这个文件展开以后太大了，没有打开。请只留要导入的那张表再上传。", "too_large")
        if any(
            name.endswith(("vbaproject.bin", ".xlm")) or "macrosheets/" in name for name in names
        ):
            refuse("文件里有宏，没有打开。请另存为不带宏的 .xlsx 再上传。", "macro")
        if any(part.flag_bits & 1 for part in parts):
            refuse("文件有密码，打不开。请去掉密码再上传。", "password")
        if "xl/workbook.xml" not in names:
            refuse("这不是 Excel 工作簿。请在表格软件里另存为 .xlsx 再上传。", "media_type")


def _merged(sheet: Any, bounds: Bounds) -> dict[int, str]:
    """Rows that a merged cell covers in part; it stands at the end, after all rows."""
    found: dict[int, str] = {}
    rest = b""
    with sheet._get_source() as source:
        while chunk := source.read(1 << 20):
            bounds.demand_time()
            rest += chunk
            for one in _MERGED.finditer(rest):
                name, last = one[1].decode(), int(one[2])
                first = int(re.sub(r"\D", "", name))
                for row in range(first, min(last, first + MOST_EMPTY) + 1):
                    found.setdefault(row, name)
            rest = rest[-200:]
    return found
