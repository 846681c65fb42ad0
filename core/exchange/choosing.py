"""Which sheet of a file is meant: the one whose headings fit. Two that fit are never half read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from core.errors import BadInput
from core.sheets import (
    EXAMPLE,
    EXPLANATION,
    FIRST_LINES,
    Column,
    Headings,
    Line,
    Sheet,
    match_headings,
)

NAMED = 6  # sheets that a sentence names


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """`lines`: all of the sheet's. `unread`: the names of other sheets that say something."""

    headings: Headings
    lines: Iterator[Line]
    unread: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class _Looked:
    """The beginning of a sheet, and its headings, or why it has none."""

    sheet: Sheet
    first: Sequence[Line]
    headings: Headings | None = None
    problem: BadInput | None = None

    @property
    def fits(self) -> bool:
        """Whether there is something under headings that fit."""
        head = self.headings
        return head is not None and any(_told(line, head) for line in self.first)

    @property
    def speaks(self) -> bool:
        """Whether there is anything that would be missed."""
        if self.headings is not None:
            return self.fits
        return bool(self.first) or (self.problem is not None and self.problem.reason != "headings")


def choose(sheets: Sequence[Sheet], columns: Sequence[Column]) -> Chosen:
    """The sheet to be read; BadInput where none fits, or more than one."""
    looked = [_look(sheet, columns) for sheet in sheets]
    fitting = [one for one in looked if one.fits]
    if len(fitting) > 1:
        raise _several([one.sheet.name for one in fitting])
    with_headings = [one for one in looked if one.headings]
    speaking = [one for one in looked if one.speaks]
    chosen = (fitting or with_headings or speaking or looked)[0]
    if chosen.headings is None:
        assert chosen.problem is not None
        raise chosen.problem
    return Chosen(
        headings=chosen.headings,
        lines=chain(chosen.first, chosen.sheet.lines),
        unread=tuple(
            one.sheet.name
            for one in speaking
            if one is not chosen and one.sheet.name != EXPLANATION
        ),
    )


def is_example(line: Line) -> bool:
    return any(cell.startswith(f"{EXAMPLE}：") for cell in line.cells)


def _look(sheet: Sheet, columns: Sequence[Column]) -> _Looked:
    """So much of it that a line is seen under the headings and the example."""
    first: list[Line] = []
    try:
        first.extend(islice(sheet.lines, FIRST_LINES + 2))
        headings = match_headings(first[:FIRST_LINES], columns)
    except BadInput as problem:
        return _Looked(sheet=sheet, first=first, problem=problem)
    return _Looked(sheet=sheet, first=first, headings=headings)


def _told(line: Line, headings: Headings) -> bool:
    return line.number > headings.line and not is_example(line)


def _several(names: Sequence[str]) -> BadInput:
    told = "、".join(f"“{name[:20]}”" for name in names[:NAMED])
    more = "等" if len(names) > NAMED else ""
    return BadInput(
        f"有 {len(names)} 张工作表都是这样的表：{told}{more}。一个文件只导入一张，什么也没有读。"
        "请把它们的行合到一张工作表里，或者每张另存为一个文件，再上传。",
        field="file",
        reason="sheets",
    )
