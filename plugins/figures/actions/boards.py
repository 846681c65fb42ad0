"""Reading figures: one indicator in one month, whole and by one dimension, as a viewer sees it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

from tortoise.functions import Sum

from liuhe import Indicator, NotFound, Viewer, indicators
from plugins.figures.actions.cells import inner_key, unpacked
from plugins.figures.models import Erratum, Objection, Row, Sheet
from plugins.figures.permissions import View, rows_of, sees_all_of, views
from plugins.figures.rules import Card, Hidden, Pair, band_of, later, ranks

#: Ways to break a figure down, by what the card's dimensions allow.
BYS = {"unit": ("unit",), "area": ("street", "community"), "type": ("type",)}
BY_LABELS = {"unit": "单位", "street": "街道", "community": "社区", "type": "类型"}
ALL = "all"
NO_NAMES = {"unit": "未派单位", "street": "不在街道内", "type": "没有类型"}
MONTHS = 12

_COLUMNS = {
    "unit": ("unit_id",),
    "street": ("street_id",),
    "community": ("street_id", "community_id"),
    "type": ("type_code",),
}


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One figure. `pair` is None where it is hidden. `whole`: all of it counts, not only the
    viewer's part; only then has it errata, and can be objected to."""

    by: str
    key: str
    label: str
    pair: Pair | None
    whole: bool = True
    rank: int | None = None
    beside: Pair | None = None
    errata: Sequence[Erratum] = ()

    def band(self, card: Card) -> tuple[str, str, int | None] | None:
        return band_of(card, self.pair) if self.pair else None


@dataclass(frozen=True, kw_only=True)
class Board:
    """What a viewer sees of a sheet. `cells` are in the order of their labels."""

    indicator: Indicator
    sheet: Sheet
    view: View
    total: Cell
    by: str = ALL
    cells: Sequence[Cell] = ()
    previous: Pair | None = None

    @cached_property
    def card(self) -> Card:
        return Card.of(self.sheet.card)

    @property
    def closed(self) -> bool:
        return self.sheet.closed_at is not None

    @property
    def hides(self) -> int:
        return sum(cell.pair is None for cell in self.cells)

    def cell(self, key: str) -> Cell | None:
        return next((cell for cell in self.cells if cell.key == key), None)


def bys_of(dimensions: Sequence[str]) -> tuple[str, ...]:
    return tuple(by for one in dimensions for by in BYS[one])


def seen_indicators(viewer: Viewer) -> list[Indicator]:
    return [one for one in indicators().values() if views(viewer, one)]


def chosen_view(viewer: Viewer, indicator: Indicator, asked: str | None) -> View:
    """The view that is asked for, if it is the viewer's; else the most useful one."""
    possible = views(viewer, indicator)
    if not possible:
        raise NotFound("没有这个指标，或者您无权查看。")
    return next((view for view in possible if view == asked), possible[0])


async def sheets_of(month: date, view: View, codes: Sequence[str]) -> dict[str, Sheet]:
    """Of a month, as far as this view shows them; by code."""
    found = Sheet.filter(month=month, code__in=list(codes))
    if view == "published":
        found = found.filter(closed_at__isnull=False)
    return {sheet.code: sheet for sheet in await found}


async def board(
    viewer: Viewer, code: str, month: date, by: str = ALL, asked: str | None = None
) -> Board | None:
    """None where nothing has been counted, or published, for this month."""
    indicator = indicators().get(code)
    if indicator is None:
        raise NotFound("没有这个指标，或者您无权查看。")
    view = chosen_view(viewer, indicator, asked)
    wanted = [indicator.code, *([indicator.beside] if indicator.beside else [])]
    sheets = await sheets_of(month, view, wanted)
    if (sheet := sheets.get(code)) is None:
        return None
    found = await _board(viewer, indicator, sheet, view, by)
    beside = sheets.get(indicator.beside)
    other = indicators().get(indicator.beside)
    if beside is None or other is None or by not in bys_of(other.dimensions):
        return found
    also = {cell.key: cell.pair for cell in (await _board(viewer, other, beside, view, by)).cells}
    return replace(found, cells=[replace(one, beside=also.get(one.key)) for one in found.cells])


async def _board(viewer: Viewer, indicator: Indicator, sheet: Sheet, view: View, by: str) -> Board:
    hidden, card = unpacked(sheet.hidden), Card.of(sheet.card)
    pairs = await _pairs(viewer, indicator, sheet, view, by)
    total = await _total(viewer, indicator, sheet, view, hidden)
    cells = [
        Cell(
            by=by,
            key=key,
            label=label_of(sheet.names, by, key),
            pair=None if view == "published" and hidden.hides(by, key) else pair,
            whole=view != "part" or sees_all_of(viewer, indicator, by, key, path_of(sheet, key)),
        )
        for key, pair in pairs.items()
    ]
    places = {} if view == "part" else ranks({c.key: c.pair for c in cells if c.pair}, card)
    errata = await _errata(sheet, by, view) if cells else {}
    of_total = await _errata(sheet, ALL, view) if total.whole and total.pair else {}
    return Board(
        indicator=indicator,
        sheet=sheet,
        view=view,
        by=by,
        total=replace(total, errata=of_total.get(total.key, ())),
        cells=sorted(
            (
                replace(
                    cell,
                    rank=places.get(cell.key),
                    errata=errata.get(cell.key, ()) if cell.whole and cell.pair else (),
                )
                for cell in cells
            ),
            key=lambda cell: (cell.label, cell.key),
        ),
        previous=await _previous(viewer, indicator, sheet, view),
    )


async def _total(
    viewer: Viewer, indicator: Indicator, sheet: Sheet, view: View, hidden: Hidden
) -> Cell:
    pair: Pair | None = Pair(sheet.numerator, sheet.denominator)
    if view == "published" and hidden.all:
        pair = None
    elif view == "part":
        pair = (await _summed(viewer, indicator, [sheet.id])).get(sheet.id, Pair())
    label = "我管的合计" if view == "part" else "全区合计"
    return Cell(by=ALL, key="", label=label, pair=pair, whole=view != "part")


async def _previous(viewer: Viewer, indicator: Indicator, sheet: Sheet, view: View) -> Pair | None:
    """The month before, if it was counted by the same version."""
    month = later(sheet.month, -1)
    before = (await sheets_of(month, view, [indicator.code])).get(indicator.code)
    if before is None or before.version != sheet.version:
        return None
    hidden = unpacked(before.hidden)
    return (await _total(viewer, indicator, before, view, hidden)).pair


async def trend(
    viewer: Viewer, indicator: Indicator, month: date, view: View
) -> list[tuple[Sheet, Pair | None]]:
    """The last months up to this one; None where nothing may be told."""
    since = later(month, 1 - MONTHS)
    found = Sheet.filter(code=indicator.code, month__gte=since, month__lte=month)
    if view == "published":
        found = found.filter(closed_at__isnull=False)
    sheets = await found.order_by("month")
    if view == "part":
        mine = await _summed(viewer, indicator, [sheet.id for sheet in sheets])
        return [(sheet, mine.get(sheet.id, Pair())) for sheet in sheets]
    told = view == "whole"
    return [
        (s, Pair(s.numerator, s.denominator) if told or not unpacked(s.hidden).all else None)
        for s in sheets
    ]


async def _summed(viewer: Viewer, indicator: Indicator, sheets: Sequence[int]) -> dict[int, Pair]:
    """The viewer's part of each sheet."""
    if not sheets:
        return {}
    mine = Row.filter(rows_of(viewer, indicator, "part"), sheet_id__in=list(sheets))
    found = (
        await mine.annotate(num=Sum("numerator"), den=Sum("denominator"))
        .group_by("sheet_id")
        .values("sheet_id", "num", "den")
    )
    return {row["sheet_id"]: Pair(int(row["num"]), int(row["den"])) for row in found}


async def _pairs(
    viewer: Viewer, indicator: Indicator, sheet: Sheet, view: View, by: str
) -> dict[str, Pair]:
    if by == ALL:
        return {}
    if by not in bys_of(indicator.dimensions):
        raise NotFound("这个指标不能这样细分。")
    if by not in bys_of(Card.of(sheet.card).dimensions):
        return {}  # it could not be when that was closed
    columns = _COLUMNS[by]
    found = (
        await Row.filter(rows_of(viewer, indicator, view), sheet_id=sheet.id)
        .annotate(num=Sum("numerator"), den=Sum("denominator"))
        .group_by(*columns)
        .values(*columns, "num", "den")
    )
    return {_key_of(by, row): Pair(int(row["num"]), int(row["den"])) for row in found}


def _key_of(by: str, row: Mapping[str, Any]) -> str:
    if by == "community":
        return inner_key(row["street_id"], row["community_id"])
    value = row[_COLUMNS[by][0]]
    return "" if value is None else str(value)


async def _errata(sheet: Sheet, by: str, view: View) -> dict[str, list[Erratum]]:
    """Beside a closed sheet; the latest of a cell last."""
    if sheet.closed_at is None:
        return {}
    wanted = Erratum.filter(sheet_id=sheet.id, by=by)
    if view == "published":
        wanted = wanted.filter(told=True)
    found: dict[str, list[Erratum]] = {}
    for one in await wanted.order_by("id").select_related("made_by"):
        found.setdefault(one.key, []).append(one)
    return found


async def errata_of(viewer: Viewer, objection: Objection) -> list[Erratum]:
    """What came of an objection, as far as the viewer may know its figures."""
    sheet, by, key = objection.sheet, objection.by, objection.key
    found = Erratum.filter(objection_id=objection.id).order_by("id")
    indicator = indicators().get(sheet.code)  # its plugin may be switched off
    exact = indicator is not None and (
        "whole" in views(viewer, indicator)
        or sees_all_of(viewer, indicator, by, key, path_of(sheet, key))
    )
    return await (found if exact else found.filter(told=True))


def label_of(names: Mapping[str, Any], by: str, key: str) -> str:
    if by in ("street", "community"):
        if key.startswith("/"):
            street = names["area"].get(key[1:], NO_NAMES["street"])
            return f"{street}（不在社区内）"
        return str(names["area"].get(key, NO_NAMES["street"]))
    return str(names.get(by, {}).get(key) or NO_NAMES.get(by, "") or key)


def path_of(sheet: Sheet, key: str) -> str:
    return str(sheet.names["paths"].get(key, ""))


def filter_of(by: str, key: str) -> dict[str, Any]:
    """The rows of a cell."""
    if by == ALL:
        return {}
    if by == "type":
        return {"type_code": key}
    if by == "community" and key.startswith("/"):
        return {"community_id": None, "street_id": _id(key[1:])}
    return {f"{by}_id": _id(key)}


def _id(text: str) -> int | None:
    if text == "":
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise NotFound("没有这一项。")
    return int(text)
