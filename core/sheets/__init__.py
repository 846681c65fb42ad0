"""表格 tables of other people's programs, read and written: CSV, XLSX; GeoJSON, iCalendar.

Pure: bytes in, lines out. Nothing of a file is believed and no formula is ever computed; whatever
cannot be read as it was meant is told in a sentence with its row and column. All of it blocks: call
it in a thread.
"""

from core.errors import TooLarge
from core.sheets.books import OLE, ZIP, read_book
from core.sheets.columns import Choice, Column, Row, Unfit, spoken, value_of
from core.sheets.headings import FIRST_LINES, Headings, forbidden, match_headings
from core.sheets.lines import MOST_BYTES, MOST_LINES, Bounds, Flaw, Line, Sheet, refuse
from core.sheets.templates import EXAMPLE, EXPLANATION, KINDS, write_template
from core.sheets.texts import read_text
from core.sheets.writing import FORMATS, Event, Format, Shape, Writer, writer_for

__all__ = [
    "EXAMPLE",
    "EXPLANATION",
    "FIRST_LINES",
    "FORMATS",
    "KINDS",
    "MOST_BYTES",
    "MOST_LINES",
    "Bounds",
    "Choice",
    "Column",
    "Event",
    "Flaw",
    "Format",
    "Headings",
    "Line",
    "Row",
    "Shape",
    "Sheet",
    "Unfit",
    "Writer",
    "forbidden",
    "match_headings",
    "read_sheets",
    "spoken",
    "value_of",
    "write_template",
    "writer_for",
]


def read_sheets(data: bytes, bounds: Bounds | None = None) -> list[Sheet]:
    """The sheets of a workbook or a CSV, by what the bytes are and not by what they are called."""
    bounds = bounds or Bounds()
    if len(data) > MOST_BYTES:
        raise TooLarge(f"文件最大 {MOST_BYTES // 1_000_000} MB。", field="file", reason="too_large")
    if data.startswith(OLE):
        refuse(
            "这是旧格式（.xls）或者加了密码的文件。请在表格软件里去掉密码、另存为 .xlsx 再上传。",
            "media_type",
        )
    if data.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"{\\rtf")):
        refuse("这不是表格文件。请上传 .xlsx 或 .csv 文件。", "media_type")
    if data.startswith(ZIP):
        return read_book(data, bounds)
    return [Sheet(name="", lines=bounds.within(read_text(data, bounds)))]
