"""Every table with coordinates as GeoJSON, WGS-84, as map programs read it."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from core.leaving.folder import Filling, Out, read_lines
from core.leaving.tables import Table

SHAPE, POINT = "polygon", ("longitude", "latitude")
#: Long texts and lists stay in the table; a map shows what a thing is.
SHOWN = ("text", "integer", "number", "decimal", "boolean", "date", "datetime", "uuid")
LONG = ("text",)  # as the database stores it


def write(filling: Filling, folder: str, tables: Sequence[Table]) -> dict[str, int]:
    """How many places of each table."""
    names = dict(_names(filling.root / folder / "core_area.jsonl"))
    found = {}
    for table in tables:
        if _has_places(table):
            with filling.file(f"geojson/{table.name}.geojson") as out:
                path = filling.root / folder / f"{table.name}.jsonl"
                found[table.name] = _write(out, table, path, names)
    return found


def _has_places(table: Table) -> bool:
    columns = {one.name for one in table.told}
    return SHAPE in columns or columns.issuperset(POINT)


def _names(path: Path) -> Iterator[tuple[Any, str]]:
    for row in read_lines(path):
        yield row["id"], row["name"]


def _write(out: Out, table: Table, path: Path, names: dict[Any, str]) -> int:
    shown = [
        one.name
        for one in table.told
        if one.kind in SHOWN and one.stored_as not in LONG and not one.personal
    ]
    count = 0
    out.text('{"type":"FeatureCollection","features":[')
    for row in read_lines(path):
        if (geometry := _geometry(row)) is None:
            continue
        told = {name: row[name] for name in shown}
        if "area_id" in row:
            told["area"] = names.get(row["area_id"], "")
        feature = {"type": "Feature", "geometry": geometry, "properties": told}
        separator = ",\n" if count else "\n"
        out.text(separator + json.dumps(feature, ensure_ascii=False, separators=(",", ":")))
        count += 1
    out.text("\n]}\n")
    return count


def _geometry(row: dict[str, Any]) -> Any:
    if row.get(SHAPE):
        return row[SHAPE]
    longitude, latitude = (row.get(name) for name in POINT)
    if longitude is None or latitude is None:
        return None
    return {"type": "Point", "coordinates": [longitude, latitude]}
