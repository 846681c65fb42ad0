"""Counting a month: what the plugins count is written into its sheets, as long as it is open."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from liuhe import Area, Counted, Indicator, Span, Unit, atomic, house, indicators
from plugins.figures.models import Month, Row, Sheet
from plugins.figures.rules import Hidden, Known, Pair, bounds, hide, summed

BATCH = 1000
FORMAT = 1  # of what is digested
NONE = ""  # the key of what has no unit, no street …
Keys = Mapping[str, str]


def zone() -> ZoneInfo:
    return ZoneInfo(house().settings.timezone)


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


async def refresh_month(month: date, at: datetime, *, all_of_it: bool = False) -> None:
    """Count what has grown old, or all; a closed month stays as it is."""
    start, end = bounds(month, zone())
    if at < start:
        return
    known = {sheet.code: sheet for sheet in await Sheet.filter(month=month)}
    for indicator in indicators().values():
        if all_of_it or _stale(known.get(indicator.code), indicator, at):
            span = Span(start=start, end=end, until=min(at, end))
            await keep(month, await drawn(month, indicator, span, at))


def _stale(sheet: Sheet | None, indicator: Indicator, at: datetime) -> bool:
    if sheet is None or sheet.version != indicator.version:
        return True
    return sheet.closed_at is None and sheet.counted_at + indicator.refresh <= at


async def drawn(
    month: date, indicator: Indicator, span: Span, at: datetime
) -> tuple[Sheet, list[Row]]:
    """The sheet with its rows, not saved."""
    counted = sorted(await indicator.count(span), key=lambda one: (one.thing_id, one.part))
    areas = await _areas({one.area_id for one in counted})
    rows = [_row(one, areas) for one in counted]
    total = summed(Pair(row.numerator, row.denominator) for row in rows)
    sheet = Sheet(
        month=month,
        code=indicator.code,
        version=indicator.version,
        card=card_of(indicator),
        names=await _names(indicator, rows, areas),
        hidden=_packed(hidden_of(rows, indicator.floor, indicator.dimensions)),
        numerator=total.numerator,
        denominator=total.denominator,
        counted_at=at,
        until=span.until,
    )
    sheet.digest = digest(sheet, rows)
    return sheet, rows


@atomic
async def keep(month: date, drawn: tuple[Sheet, list[Row]]) -> None:
    """In place of what was there; where nothing has changed, only when it was counted."""
    sheet, rows = drawn
    if (await lock(month)).closed_at is not None:
        return
    old = await Sheet.get_or_none(month=month, code=sheet.code)
    if old is not None and old.digest == sheet.digest:
        await Sheet.filter(id=old.id).update(counted_at=sheet.counted_at, until=sheet.until)
        return
    if old is not None:
        await Row.filter(sheet_id=old.id).delete()
        old.update_from_dict({name: getattr(sheet, name) for name in _CHANGING})
        await old.save(update_fields=_CHANGING)
    else:
        await sheet.save()
    for row in rows:
        row.sheet_id = old.id if old else sheet.id
    await Row.bulk_create(rows, batch_size=BATCH)


_CHANGING = [
    *("version", "card", "names", "hidden", "numerator", "denominator"),
    *("counted_at", "until", "digest"),
]


async def lock(month: date) -> Month:
    """The month, made when it is first asked for; others wait until the transaction is over."""
    if not await Month.exists(month=month):
        await Month.bulk_create([Month(month=month)], ignore_conflicts=True)
    return await Month.filter(month=month).select_for_update().get()


async def _areas(ids: Iterable[int]) -> dict[int, Area]:
    """These areas with all around them."""
    found = {area.id: area for area in await _in(ids)}
    above = {int(part) for area in found.values() for part in area.path.split(".") if part}
    return found | {area.id: area for area in await _in(above - set(found))}


async def _in(ids: Iterable[int]) -> list[Area]:
    wanted = sorted(ids)
    return [
        area
        for start in range(0, len(wanted), BATCH)
        for area in await Area.filter(id__in=wanted[start : start + BATCH])
    ]


def _row(one: Counted, areas: Mapping[int, Area]) -> Row:
    area = areas[one.area_id]
    chain = [areas[int(part)] for part in area.path.split(".") if part]
    by_level = {step.level: step.id for step in chain}
    return Row(
        thing_id=one.thing_id,
        part=one.part,
        area_path=area.path,
        street_id=by_level.get("street"),
        community_id=by_level.get("community"),
        unit_id=one.unit_id,
        type_code=one.type_code,
        numerator=int(one.numerator),
        denominator=int(one.denominator),
        due_at=one.due_at,
        done_at=one.done_at,
    )


async def _names(
    indicator: Indicator, rows: Sequence[Row], areas: Mapping[int, Area]
) -> dict[str, dict[str, Any]]:
    """Of what the rows name, as it is called now; `paths` of areas, to tell who may see a cell."""
    units = {row.unit_id for row in rows if row.unit_id is not None}
    shown = {id for row in rows for id in (row.street_id, row.community_id) if id is not None}
    unit_names = await Unit.filter(id__in=sorted(units)).values_list("id", "name")
    return {
        "unit": {str(id): name for id, name in sorted(unit_names)},
        "area": {str(id): areas[id].name for id in sorted(shown)},
        "paths": {str(id): areas[id].path for id in sorted(shown)},
        "type": dict(sorted((await _types(indicator, rows)).items())),
    }


async def _types(indicator: Indicator, rows: Sequence[Row]) -> Mapping[str, str]:
    return await indicator.things.type_names({row.type_code for row in rows if row.type_code})


def keys_of(row: Row) -> Keys:
    """In which cell a row lies, by dimension."""
    return {
        "unit": _key(row.unit_id),
        "street": _key(row.street_id),
        "community": inner_key(row.street_id, row.community_id),
        "type": row.type_code,
    }


def inner_key(street_id: int | None, community_id: int | None) -> str:
    """What lies in a street and in no community of it is a cell of that street."""
    return f"/{_key(street_id)}" if community_id is None else str(community_id)


def _key(id: int | None) -> str:
    return NONE if id is None else str(id)


def hidden_of(rows: Sequence[Row], floor: int, dimensions: Sequence[str]) -> Hidden:
    """What is not published of these rows."""
    if 0 < sum(row.denominator for row in rows) < floor:
        return Hidden(all=True)
    lines, inner = _cells(rows, dimensions)
    return hide(lines, inner, floor, _known(rows, dimensions))


Cells = dict[str, dict[str, Pair]]


def _cells(rows: Iterable[Row], dimensions: Sequence[str]) -> tuple[Cells, Cells]:
    """By dimension; and communities by their street."""
    lines: Cells = defaultdict(lambda: defaultdict(Pair))
    inner: Cells = defaultdict(lambda: defaultdict(Pair))
    for row in rows:
        keys, pair = keys_of(row), Pair(row.numerator, row.denominator)
        for by in lines_of(dimensions):
            lines[by][keys[by]] += pair
        if "area" in dimensions:
            inner[keys["street"]][keys["community"]] += pair
    return lines, inner


def _known(rows: Iterable[Row], dimensions: Sequence[str]) -> Mapping[str, Known[str]]:
    """What each post sees of each cell: those of an area all in it, those of a unit all it did."""
    bys = (*lines_of(dimensions), *(["community"] if "area" in dimensions else []))
    alike: dict[tuple[str, int | None, str], tuple[Keys, int]] = {}
    for row in rows:
        place = (row.area_path, row.unit_id, row.type_code)
        keys, count = alike.get(place) or (keys_of(row), 0)
        alike[place] = (keys, count + row.denominator)
    found: dict[str, dict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(Counter))
    for (path, unit_id, _), (keys, count) in alike.items():
        for post in _posts(path, unit_id):
            for by in bys:
                found[by][post][keys[by]] += count
    return found


def _posts(path: str, unit_id: int | None) -> Sequence[str]:
    """Whoever may see what lies there, and who does it: by areas around it, and by unit."""
    parts = [part for part in path.split(".") if part]
    areas = [".".join((*parts[: depth + 1], "")) for depth in range(len(parts))]
    return areas if unit_id is None else [*areas, f"unit:{unit_id}"]


def lines_of(dimensions: Sequence[str]) -> tuple[str, ...]:
    """The lines that are published besides communities."""
    return tuple("street" if one == "area" else one for one in dimensions)


def _packed(hidden: Hidden) -> dict[str, Any]:
    return {
        "all": hidden.all,
        "cells": {by: sorted(keys) for by, keys in sorted(hidden.cells.items()) if keys},
    }


def unpacked(kept: Mapping[str, Any]) -> Hidden:
    return Hidden(
        all=bool(kept["all"]), cells={by: frozenset(keys) for by, keys in kept["cells"].items()}
    )


def card_of(indicator: Indicator) -> dict[str, Any]:
    scale = indicator.scale
    return {
        "code": indicator.code,
        "title": indicator.title,
        "formula": indicator.formula,
        "unit": indicator.unit,
        "numerator": indicator.numerator,
        "numerator_how": indicator.numerator_how,
        "denominator": indicator.denominator,
        "denominator_how": indicator.denominator_how,
        "dimensions": list(indicator.dimensions),
        "version": indicator.version,
        "refresh_seconds": int(indicator.refresh.total_seconds()),
        "floor": indicator.floor,
        "kind": indicator.kind,
        "target": indicator.target,
        "better": indicator.better,
        "beside": indicator.beside,
        "things": indicator.things.title,
        "scale": scale.name if scale else "",
        "scale_version": scale.version if scale else 0,
        "bands": [[b.colour, b.tone, b.bound] for b in scale.bands] if scale else [],
    }


_PLAIN = (
    *("thing_id", "part", "area_path", "street_id", "community_id", "unit_id"),
    *("type_code", "numerator", "denominator"),
)


def digest(sheet: Sheet, rows: Sequence[Row]) -> str:
    """SHA-256 over the sheet and its rows in order: the same counts give the same bytes."""
    head = [FORMAT, sheet.month.isoformat(), sheet.code, sheet.version, sheet.card, sheet.names]
    head += [sheet.hidden, sheet.numerator, sheet.denominator]
    lines = [
        [getattr(r, name) for name in _PLAIN] + [_stamp(r.due_at), _stamp(r.done_at)]
        for r in sorted(rows, key=lambda row: (row.thing_id, row.part))
    ]
    text = orjson.dumps([head, lines], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(text).hexdigest()


def _stamp(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at else None
