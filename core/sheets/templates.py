"""The empty table that people fill in: headings, an example, and a sheet that explains them."""

from collections.abc import Sequence
from pathlib import Path

from openpyxl import Workbook

from core.sheets.columns import Column
from core.sheets.writing import Shape, cell_of, new_sheet, writer_for

#: With what the first cell of the example begins; such a line is never imported.
EXAMPLE = "示例"
#: The name of the sheet that explains the columns.
EXPLANATION = "填写说明"
KINDS = {
    "text": "文字",
    "id": "编号（文本格式）",
    "whole": "整数",
    "number": "数字",
    "day": "日期，如 2026-01-31",
    "time": "日期和时间，如 2026-01-31 08:30",
    "choice": "从下面选一种",
}
_EXPLAINED = (
    Column(name="title", title="列", width=16),
    Column(name="required", title="必填", width=8),
    Column(name="kind", title="填什么", width=30),
    Column(name="hint", title="说明", width=50),
)


def write_template(form: str, path: Path, shape: Shape) -> None:
    """An empty table ("xlsx" or "csv") for these columns."""
    if form == "csv":
        writer = writer_for("csv", path, shape)
        writer.add([_example(shape.columns)])
        writer.close()
        return
    book = Workbook(write_only=True)
    sheet = new_sheet(book, shape.title, shape.columns)
    example = _example(shape.columns)
    sheet.append([cell_of(sheet, example[one.name]) for one in shape.columns])
    _explain(book, shape.columns)
    book.save(path)
    book.close()


def _example(columns: Sequence[Column]) -> dict[str, str]:
    """What a line looks like, marked as no line of its own."""
    given = {one.name: one.example for one in columns}
    first = columns[0]
    given[first.name] = f"{EXAMPLE}：{first.example}（本行不会导入）"
    return given


def _explain(book: Workbook, columns: Sequence[Column]) -> None:
    sheet = new_sheet(book, EXPLANATION, _EXPLAINED)
    for one in columns:
        told = [one.title, "必填" if one.required else "", KINDS[one.kind], one.hint]
        sheet.append([cell_of(sheet, text) for text in told])
    for one in columns:
        if one.choices:
            sheet.append([])
            sheet.append([cell_of(sheet, f"“{one.title}”可以填")])
            for code, label in one.choices:
                sheet.append([cell_of(sheet, label), None, cell_of(sheet, code)])
