"""Importing divisions from GeoJSON: first what it would do, feature by feature; then all of it, or
nothing. The same file again changes nothing.
"""

import asyncio
from collections.abc import Sequence
from datetime import date

from liuhe import LEVELS, Area, BadInput, Conflict, Viewer, announce, atomic, demand_held, record
from plugins.places.actions.finding import today
from plugins.places.actions.misfits import mark_misfits
from plugins.places.actions.opening import Opening, write_area, write_shape
from plugins.places.actions.planning import Line, Plan, Standing, draft, look_up
from plugins.places.facts import DivisionChanged
from plugins.places.models import Division, Succession
from plugins.places.permissions import IMPORTED
from plugins.places.rules.geojson import Row, read_rows


async def plan_import(who: Viewer | None, data: bytes, on: date) -> Plan:
    """What an import would do; writes nothing."""
    demand_held(who, "places.edit")
    if on > today():
        raise BadInput("日期不能晚于今天。", field="on", reason="date")
    return await _plan(who, await _rows(data), data, on)


@atomic
async def import_divisions(
    who: Viewer | None, data: bytes, on: date, *, moved: bool = True, digest: str = ""
) -> Plan:
    """Do it: all features or none.

    `moved`: shapes that differ were changed on that day; else they had been drawn wrong and are
    corrected. `digest`: of the plan that was looked at; if it reads otherwise by now, it is not
    done.
    """
    plan = await plan_import(who, data, on)
    if digest and digest != plan.digest:
        raise Conflict("文件或者区划在试算以后变了，请再试算一次。")
    if plan.errors:
        message = f"有 {plan.errors} 项要先改好，什么也没有导入。"
        raise BadInput(message, field="file", reason="errors")
    written = await _write(plan, on, moved)
    if written:
        details = {"on": on.isoformat(), "digest": plan.digest, **plan.counts}
        await record(who, IMPORTED, *(area for area, _ in written), details=details)
    for area, change in written:
        await announce(DivisionChanged(area_id=area.id, change=change, on=on, area_path=area.path))
    return plan


async def _rows(data: bytes) -> list[Row]:
    rows, problem = await asyncio.to_thread(read_rows, data)
    if problem:
        raise BadInput(problem, field="file", reason="file")
    return rows


async def _plan(who: Viewer | None, rows: Sequence[Row], data: bytes, on: date) -> Plan:
    known = await look_up(rows, on)
    lines = draft(who, rows, known, on)
    lines, warnings = await asyncio.to_thread(mark_misfits, lines, known)
    return Plan.of(lines, warnings, known, data, on)


async def _write(plan: Plan, on: date, moved: bool) -> list[tuple[Area, str]]:
    """The areas that changed, each with what came of it; parents first."""
    opened: dict[str, Area] = {}
    written: list[tuple[Area, str]] = []
    for line in sorted(plan.lines, key=lambda one: LEVELS.index(one.row.level)):
        if "new" in line.changes:
            area = await _open(line, plan.known, opened, on)
            opened[area.code] = area
            written.append((area, "open"))
        elif line.changes and line.area is not None:
            await _change(line, line.area, on, moved)
            written.append((line.area, "move" if moved and "shape" in line.changes else "draw"))
    return written


async def _open(line: Line, known: Standing, opened: dict[str, Area], on: date) -> Area:
    row = line.row
    parent = opened.get(row.parent_code) or known.areas.get(row.parent_code)
    opening = Opening(
        code=row.code,
        name=row.name,
        level=row.level,
        parent=parent,
        polygon=row.polygon,
        kind=row.kind or "",
        note=row.note or "",
    )
    return await write_area(opening, on=row.valid_from or on)


async def _change(line: Line, area: Area, on: date, moved: bool) -> None:
    row = line.row
    if "name" in line.changes:
        await Succession.create(
            predecessor=area, successor=area, on=on, kind="rename", former_name=area.name
        )
        area.name = row.name
        await area.save(update_fields=["name"])
    if "shape" in line.changes and row.polygon is not None:
        await write_shape(area, row.polygon, on=on if moved else None)
    if "class" in line.changes:
        division = await Division.get_or_none(area_id=area.id) or Division.of(area, None)
        division.kind = division.kind if row.kind is None else row.kind
        division.note = division.note if row.note is None else row.note
        await division.save()
