"""下钻 the things behind a figure: those that the viewer may see, and how many more there are."""

from dataclasses import dataclass
from datetime import date

from tortoise.expressions import Subquery
from tortoise.queryset import QuerySet

from liuhe import NotFound, Viewer
from plugins.figures.actions.boards import ALL, Board, Cell, board, filter_of
from plugins.figures.models import Row
from plugins.figures.permissions import rows_of


@dataclass(frozen=True, kw_only=True)
class Behind:
    """`rows` is what may be listed. Of a hidden cell nothing is told but what one may see anyway:
    `counted` is None."""

    board: Board
    cell: Cell
    rows: QuerySet[Row]
    counted: int | None


async def cell_of(
    viewer: Viewer, code: str, month: date, by: str, key: str, view: str | None
) -> tuple[Board, Cell]:
    """A figure as the viewer sees it, or NotFound."""
    found = await board(viewer, code, month, by, view)
    if found is not None:
        cell = found.cell(key) if by != ALL else found.total if key == found.total.key else None
        if cell is not None:
            return found, cell
    raise NotFound("这个月没有这个数，或者您无权查看。")


async def behind(
    viewer: Viewer, code: str, month: date, by: str, key: str, view: str | None = None
) -> Behind:
    found, cell = await cell_of(viewer, code, month, by, key, view)
    things = found.indicator.things
    of_cell = Row.filter(sheet_id=found.sheet.id, **filter_of(by, key))
    if found.view == "part":
        of_cell = of_cell.filter(rows_of(viewer, found.indicator, "part"))
    # Only the month's things are asked after, however many there are.
    asked = things.seen(viewer).filter(id__in=Subquery(of_cell.values("thing_id")))
    rows = of_cell.filter(thing_id__in=Subquery(asked.values("id")))
    told = cell.pair is not None
    return Behind(
        board=found, cell=cell, rows=rows, counted=await of_cell.count() if told else None
    )
