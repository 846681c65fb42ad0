"""Counting a month: what the plugins count is written into its sheets, as long as it is open."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from liuhe import Area, Counted, Indicator, Span, Unit, atomic, house, indicators
from plugins.figures.actions.cells import hidden_of, packed
from plugins.figures.models import Month, Row, Sheet
from plugins.figures.rules import Pair, bounds, summed

BATCH = 1000
FORMAT = 1  # of what is digested


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
        hidden=packed(hidden_of(rows, indicator.floor, indicator.dimensions)),
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
