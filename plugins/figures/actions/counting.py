"""Counting a month: what the plugins count is written into its sheets, as long as it is open."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from liuhe import Area, Counted, Indicator, Span, Unit, atomic, house, indicators
from plugins.figures.actions.cells import hidden_of, packed
from plugins.figures.actions.digests import digest
from plugins.figures.models import Month, Row, Sheet
from plugins.figures.rules import Card, Pair, bounds, month_text, summed

BATCH = 1000
Drawn = tuple[Sheet, list[Row]]
log = structlog.get_logger()


def zone() -> ZoneInfo:
    return ZoneInfo(house().settings.timezone)


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


async def refresh_month(month: date, at: datetime, *, all_of_it: bool = False) -> list[Indicator]:
    """Count what has grown old, or all; closed sheets stay as they are. Those that failed."""
    start, end = bounds(month, zone())
    if at < start:
        return []
    known = {sheet.code: sheet for sheet in await Sheet.filter(month=month)}
    span, failed = Span(start=start, end=end, until=min(at, end)), []
    for indicator in indicators().values():
        if all_of_it or _stale(known.get(indicator.code), indicator, at):
            found = await drawn(month, indicator, span, at)
            if found is None:
                failed.append(indicator)
            else:
                await keep(month, found)
    return failed


def _stale(sheet: Sheet | None, indicator: Indicator, at: datetime) -> bool:
    if sheet is None:
        return True
    old = sheet.version != indicator.version or sheet.counted_at + indicator.refresh <= at
    return sheet.closed_at is None and old


async def drawn(month: date, indicator: Indicator, span: Span, at: datetime) -> Drawn | None:
    """The sheet with its rows, not saved; None, and a line in the log, where counting fails."""
    try:
        counted = sorted(await indicator.count(span), key=lambda one: (one.thing_id, one.part))
        return await _sheet(month, indicator, counted, span, at)
    except Exception:
        log.exception("figures.not_counted", indicator=indicator.code, month=month_text(month))
        return None


async def _sheet(
    month: date, indicator: Indicator, counted: Sequence[Counted], span: Span, at: datetime
) -> Drawn:
    areas = await _areas({one.area_id for one in counted})
    rows = [_row(one, areas) for one in counted]
    total = summed(Pair(row.numerator, row.denominator) for row in rows)
    sheet = Sheet(
        month=month,
        code=indicator.code,
        version=indicator.version,
        card=kept_card(indicator),
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
async def keep(month: date, drawn: Drawn) -> None:
    """In place of what was there; where nothing has changed, only when it was counted."""
    sheet, rows = drawn
    over = (await lock(month)).closed_at is not None
    old = await Sheet.get_or_none(month=month, code=sheet.code)
    if over if old is None else old.closed_at is not None:
        return
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


def card_of(indicator: Indicator) -> Card:
    return Card.of(kept_card(indicator))


def kept_card(indicator: Indicator) -> dict[str, Any]:
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
