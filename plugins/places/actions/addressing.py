"""From a text that somebody wrote to the one division that it lies in, on any day.

Names of compounds and points are looked for in the text, the longest first; names of divisions in
it decide between places of the same name. What is still in doubt is said, never guessed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from unicodedata import normalize

from liuhe import Area, BadInput, Viewer, demand_held, rows
from plugins.places.actions.finding import ancestors, locate, today

LONGEST = 200
FEW = 20

#: What is in the text ($1), of all that stood on the day ($2). Days are compared as text, which is
#: the same order on both engines.
_QUERY = f"""
SELECT name, longitude, latitude, LENGTH(written) AS size FROM (
    SELECT name, REPLACE(name, ' ', '') AS written, longitude, latitude, valid_from, valid_to
    FROM places_compound
    UNION ALL
    SELECT name, REPLACE(address, ' ', ''), longitude, latitude, valid_from, valid_to
    FROM places_compound
    UNION ALL
    SELECT name, REPLACE(name, ' ', ''), longitude, latitude, NULL, NULL
    FROM places_point
) AS known
WHERE LENGTH(written) >= 2
    AND REPLACE(CAST($1 AS text), written, '') <> CAST($1 AS text)
    AND (valid_from IS NULL OR CAST(valid_from AS text) <= CAST($2 AS text))
    AND (valid_to IS NULL OR CAST(valid_to AS text) > CAST($2 AS text))
ORDER BY size DESC, name LIMIT {FEW}
"""


@dataclass(frozen=True, kw_only=True)
class Address:
    """A text understood: the division of that day, and the name that was recognised."""

    area: Area
    name: str
    longitude: float
    latitude: float


async def resolve(viewer: Viewer | None, text: str, day: date | None = None) -> Address | None:
    """The deepest division around the address on that day; None where no name is known.

    Raises `BadInput` (reason "ambiguous") where the text fits places in several divisions.
    """
    demand_held(viewer, "places.see")
    written = _plain(text)
    if not 2 <= len(written) <= LONGEST:
        message = f"地址要有 2 到 {LONGEST} 个字。"
        raise BadInput(message, field="address", reason="length")
    found = await _placed(await _known(written, day or today()), day)
    areas = {one.area.id for one in found}
    if len(areas) > 1:
        found = await _told_apart(found, written)
        areas = {one.area.id for one in found}
    if len(areas) > 1:
        named = "、".join(sorted({f"{one.name}（{one.area.name}）" for one in found})[:4])
        message = f"有几处都叫这个名字：{named}。请把街道或社区也写上。"
        raise BadInput(message, field="address", reason="ambiguous")
    return found[0] if found else None


def _plain(text: str) -> str:
    """Full-width forms and spaces are how people write, not what they mean."""
    return "".join(normalize("NFKC", text).split())


async def _known(written: str, day: date) -> list[tuple[str, float, float]]:
    """The places with the longest name or address in the text."""
    found = await rows(_QUERY, written, day.isoformat())
    return [
        (str(one["name"]), float(one["longitude"]), float(one["latitude"]))
        for one in found
        if one["size"] == found[0]["size"]
    ]


async def _placed(known: Sequence[tuple[str, float, float]], day: date | None) -> list[Address]:
    placed = []
    for name, longitude, latitude in known:
        if area := await locate(longitude, latitude, day):
            placed.append(Address(area=area, name=name, longitude=longitude, latitude=latitude))
    return placed


async def _told_apart(found: Sequence[Address], written: str) -> list[Address]:
    """Those with most of their divisions named in the text."""
    named = [
        sum(area.name in written for area in (*await ancestors(one.area), one.area))
        for one in found
    ]
    return [one for one, times in zip(found, named, strict=True) if times == max(named)]
