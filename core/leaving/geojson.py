"""Every table with coordinates as GeoJSON, WGS-84, as map programs read it."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from core.leaving.folder import Filling, Out, read_lines
from core.leaving.tables import Table

SHAPE, POINT = "polygon", ("longitude", "latitude")
#: What a map shows of a thing; the rest stays in its table, and is found by the id.
SHOWN = ("id", "code", "number", "name", "title", "kind", "level", "stage", "state", "area_id")


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
    columns = {one.name for one in table.told if not one.personal}
    return SHAPE in columns or columns.issuperset(POINT)


def _names(path: Path) -> Iterator[tuple[Any, str]]:
    for row in read_lines(path):
        yield row["id"], row["name"]


def _write(out: Out, table: Table, path: Path, names: dict[Any, str]) -> int:
    columns = {one.name for one in table.told if not one.personal}
    shown = [name for name in SHOWN if name in columns]
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
    shape = row.get(SHAPE)
    if isinstance(shape, dict) and "coordinates" in shape:  # a list: of a picture, not of a map
        return shape
    longitude, latitude = (row.get(name) for name in POINT)
    if longitude is None or latitude is None:
        return None
    return {"type": "Point", "coordinates": [longitude, latitude]}
