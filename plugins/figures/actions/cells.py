"""A sheet's rows as the cells that are published of them, and as what each post sees of them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from plugins.figures.models import Row
from plugins.figures.rules import Hidden, Known, Pair, hide

NONE = ""  # the key of what has no unit, no street …
Keys = Mapping[str, str]
Cells = dict[str, dict[str, Pair]]


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
    lines, inner = cells_of(rows, dimensions)
    return hide(lines, inner, floor, known_of(rows, dimensions))


def cells_of(rows: Iterable[Row], dimensions: Sequence[str]) -> tuple[Cells, Cells]:
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


def known_of(rows: Iterable[Row], dimensions: Sequence[str]) -> Mapping[str, Known[str]]:
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


def packed(hidden: Hidden) -> dict[str, Any]:
    return {
        "all": hidden.all,
        "cells": {by: sorted(keys) for by, keys in sorted(hidden.cells.items()) if keys},
    }


def unpacked(kept: Mapping[str, Any]) -> Hidden:
    return Hidden(
        all=bool(kept["all"]), cells={by: frozenset(keys) for by, keys in kept["cells"].items()}
    )
