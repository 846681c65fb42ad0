"""What a table is read into: numbered lines of text, and the bounds that no file may pass."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NoReturn

from core.errors import BadInput, TooLarge

MOST_BYTES = 20_000_000
MOST_LINES = 50_000
MOST_COLUMNS = 200
LONGEST_CELL = 20_000
#: So many empty lines in a row: what comes after them is there by mistake.
MOST_EMPTY = 5_000
SECONDS = 120.0  # of work in the reading thread: a busy machine makes no file complicated


@dataclass(frozen=True)
class Flaw:
    """Why a cell cannot be taken as it stands; it only matters where the column is read."""

    sentence: str


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line as a person counts it, from 1. `flaws`: by the place of the cell, from 0.

    `merged`: what is wrong with it because of merged cells. `exact`: a workbook's text cells are
    what was typed; a CSV's may have been through a program that rounds.
    """

    number: int
    cells: tuple[str, ...]
    flaws: dict[int, Flaw] = field(default_factory=dict)
    merged: str = ""
    exact: bool = True

    @property
    def empty(self) -> bool:
        return not self.flaws and not any(self.cells)


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A table of a file, read as it is asked for, once. A CSV's has no name."""

    name: str
    lines: Iterator[Line]


@dataclass(kw_only=True)
class Bounds:
    """Counts what has been read and stops where it is too much."""

    lines: int = MOST_LINES
    columns: int = MOST_COLUMNS
    seconds: float = SECONDS
    started: float = field(default_factory=time.thread_time)

    def demand_width(self, width: int, number: int) -> None:
        if width > self.columns:
            refuse(
                f"第 {number} 行有 {width} 列，最多 {self.columns} 列。请删去多余的列再上传。",
                "too_wide",
            )

    def demand_cell(self, text: str, number: int, place: int) -> None:
        if len(text) > LONGEST_CELL:
            refuse(
                f"第 {number} 行第 {letters(place)} 列有 {len(text)} 个字，一格最多 "
                f"{LONGEST_CELL} 个字。",
                "too_long",
            )

    def demand_time(self) -> None:
        if time.thread_time() - self.started > self.seconds:
            refuse("这个文件太复杂，读了很久还没有读完。请分成几个文件上传。", "too_slow")

    def within(self, lines: Iterable[Line]) -> Iterator[Line]:
        """The lines that say something, as long as they are not too many."""
        told, empty = 0, 0
        for line in lines:
            self.demand_time()
            if line.empty:
                empty += 1
                if empty > MOST_EMPTY:
                    refuse(
                        f"第 {line.number} 行以前有 {MOST_EMPTY} 多个空行。请删去空行再上传。",
                        "empty_lines",
                    )
                continue
            told, empty = told + 1, 0
            if told > self.lines:
                raise TooLarge(
                    f"一个文件最多 {self.lines} 行，请分成几个文件上传。",
                    field="file",
                    reason="too_many",
                )
            yield line


def refuse(sentence: str, reason: str = "unreadable") -> NoReturn:
    raise BadInput(sentence, field="file", reason=reason)


def letters(place: int) -> str:
    """A column's name as spreadsheets show it: A, B, …, Z, AA."""
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(ord("A") + rest) + name
    return name
