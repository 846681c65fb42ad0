"""Tables out: XLSX, CSV, GeoJSON, iCalendar; part by part, so that no length needs more memory."""

import csv
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import orjson
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from core.sheets.columns import Column, spoken
from core.sheets.escaping import escape
from core.sheets.texts import guard

MOST_WIDTH = 60  # characters


@dataclass(frozen=True)
class Format:
    """A kind of file: what it is called, and what browsers call it."""

    name: str
    title: str
    media_type: str


FORMATS = {
    one.name: one
    for one in (
        Format(
            "xlsx",
            "Excel 工作簿",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
        Format("csv", "CSV 文本", "text/csv; charset=utf-8"),
        Format("geojson", "GeoJSON 地图数据", "application/geo+json"),
        Format("ics", "iCal 日历", "text/calendar; charset=utf-8"),
    )
}


@dataclass(frozen=True, kw_only=True)
class Event:
    """An entry of a calendar. `uid` is the same whenever the same thing is written again."""

    uid: str
    title: str
    at: datetime | date
    note: str = ""
    place: str = ""
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What is written: the columns, where a row lies, and when it is due (None: it has no time)."""

    title: str
    columns: Sequence[Column]
    zone: ZoneInfo
    point: tuple[str, str] | None = None
    event: Callable[[Mapping[str, Any]], Event | None] | None = None


class Writer(ABC):
    """`add` rows, then `close`; the file is whole only then."""

    def __init__(self, path: Path, shape: Shape) -> None:
        self.path, self.shape = path, shape

    @abstractmethod
    def add(self, rows: Sequence[Mapping[str, Any]]) -> None: ...

    @abstractmethod
    def close(self) -> None: ...

    def spoken(self, row: Mapping[str, Any]) -> list[Any]:
        return [spoken(one, row.get(one.name), self.shape.zone) for one in self.shape.columns]


def writer_for(name: str, path: Path, shape: Shape) -> Writer:
    kinds: dict[str, type[Writer]] = {
        "xlsx": XlsxWriter,
        "csv": CsvWriter,
        "geojson": GeoJsonWriter,
        "ics": CalendarWriter,
    }
    return kinds[name](path, shape)


class CsvWriter(Writer):
    """UTF-8 with a mark (Excel guesses wrong without), nothing that a spreadsheet would compute."""

    def __init__(self, path: Path, shape: Shape) -> None:
        super().__init__(path, shape)
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._csv = csv.writer(self._file)
        self._csv.writerow([guard(one.title) for one in shape.columns])

    def add(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self._csv.writerows([_guarded(value) for value in self.spoken(row)] for row in rows)

    def close(self) -> None:
        self._file.close()


def _guarded(value: Any) -> Any:
    return guard(value) if isinstance(value, str) else value


class XlsxWriter(Writer):
    """One sheet; text is text whatever it looks like, so nothing is computed and no nought lost."""

    def __init__(self, path: Path, shape: Shape) -> None:
        super().__init__(path, shape)
        self._book = Workbook(write_only=True)
        self._sheet = new_sheet(self._book, shape.title, shape.columns)

    def add(self, rows: Sequence[Mapping[str, Any]]) -> None:
        for row in rows:
            self._sheet.append([cell_of(self._sheet, value) for value in self.spoken(row)])

    def close(self) -> None:
        self._book.save(self.path)
        self._book.close()


def new_sheet(book: Workbook, title: str, columns: Sequence[Column]) -> Any:
    """A sheet with headings that stay in view."""
    sheet = book.create_sheet(_sheet_title(title))
    sheet.freeze_panes = "A2"
    for place, column in enumerate(columns, start=1):
        wide = column.width or {"day": 12, "time": 20, "id": 22}.get(column.kind, 14)
        letter = sheet.column_dimensions[get_column_letter(place)]
        letter.width = min(MOST_WIDTH, max(wide, 2 * len(column.title) + 2))
        if column.kind in ("id", "text"):
            letter.number_format = "@"
    sheet.append([heading_cell(sheet, one) for one in columns])
    return sheet


def heading_cell(sheet: Any, column: Column) -> Any:
    cell = cell_of(sheet, column.title)
    cell.font = Font(bold=True)
    cell.alignment = Alignment(vertical="top", wrap_text=True)
    return cell


def cell_of(sheet: Any, value: Any) -> Any:
    """A cell; a string is never taken for a formula or a number."""
    if not isinstance(value, str):
        return value
    if value == "":
        return None
    cell = WriteOnlyCell(sheet)
    cell._value, cell.data_type = escape(value), "s"  # else openpyxl looks for formulas
    cell.number_format = "@"
    return cell


def _sheet_title(title: str) -> str:
    return "".join(" " if one in "[]:*?/\\" else one for one in title)[:31] or "表"


class GeoJsonWriter(Writer):
    """WGS-84 points, the columns as properties under their programs' names."""

    def __init__(self, path: Path, shape: Shape) -> None:
        super().__init__(path, shape)
        self._file = path.open("wb")
        self._file.write(b'{"type":"FeatureCollection","features":[')
        self._first = True

    def add(self, rows: Sequence[Mapping[str, Any]]) -> None:
        for row in rows:
            self._file.write(b"\n" if self._first else b",\n")
            self._file.write(orjson.dumps(self._feature(row)))
            self._first = False

    def _feature(self, row: Mapping[str, Any]) -> dict[str, Any]:
        at = [row.get(name) for name in self.shape.point or ()]
        point = {"type": "Point", "coordinates": at} if at and None not in at else None
        left_out = self.shape.point or ()
        told = {
            one.name: _plain(row.get(one.name))
            for one in self.shape.columns
            if one.name not in left_out
        }
        return {"type": "Feature", "geometry": point, "properties": told}

    def close(self) -> None:
        self._file.write(b"\n]}\n")
        self._file.close()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    return value.isoformat() if isinstance(value, date) else value


class CalendarWriter(Writer):
    """Entries of a calendar, each with the same name whenever it is written."""

    def __init__(self, path: Path, shape: Shape) -> None:
        super().__init__(path, shape)
        self._file = path.open("wb")
        head = icalendar.Calendar()
        head.add("prodid", "-//liuhe//zh-CN")
        head.add("version", "2.0")
        head.add("x-wr-calname", shape.title)
        whole = head.to_ical()
        self._end = b"END:VCALENDAR\r\n"
        self._file.write(whole.removesuffix(self._end))

    def add(self, rows: Sequence[Mapping[str, Any]]) -> None:
        assert self.shape.event is not None
        for row in rows:
            if told := self.shape.event(row):
                self._file.write(_entry(told).to_ical())

    def close(self) -> None:
        self._file.write(self._end)
        self._file.close()


def _entry(told: Event) -> icalendar.Event:
    entry = icalendar.Event()
    entry.add("uid", told.uid)
    entry.add("dtstamp", datetime.now(UTC))
    entry.add("summary", told.title)
    entry.add("dtstart", told.at.astimezone(UTC) if isinstance(told.at, datetime) else told.at)
    for name, text in (("description", told.note), ("location", told.place), ("url", told.url)):
        if text:
            entry.add(name, text)
    return entry
