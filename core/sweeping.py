"""Objects that no row names: what an upload, a blur or a move left behind when it was cut off.

Young ones may still be on their way to a row. Where most of a storage is unknown, this is more
likely the wrong database than rubbish: then nothing of it is removed, and the log says so.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from core.files import File
from core.house import house
from core.storage import Storage, Stored
from core.stores import storage_at

log = structlog.get_logger()

YOUNG = timedelta(hours=24)
BATCH = 500
MOST = 2_000  # in one night
#: So many unknown objects are no reason to doubt the database.
FEW = 10
#: A file's id is how its object's name begins; what a write left half done has more behind it.
NAME = re.compile(r"(?:waiting|ready)/[0-9a-f]{2}/([0-9a-f]{32})(?:\.[0-9a-f]{16})?")


async def sweep_files(_: dict[str, Any]) -> None:
    places = ["disk", *(["s3"] if house().settings.s3_bucket else [])]
    for place in places:
        await _sweep(place, storage_at(place))


async def _sweep(place: str, storage: Storage) -> None:
    known = 0
    leftovers: list[str] = []
    strangers: list[str] = []
    batch: list[Stored] = []
    async for stored in storage.list():
        batch.append(stored)
        if len(batch) == BATCH:
            known += await _sort(place, batch, leftovers, strangers)
            batch = []
    known += await _sort(place, batch, leftovers, strangers)
    if strangers and (not known or len(strangers) > max(FEW, known)):
        log.warning("files.unknown", place=place, unknown=len(strangers), known=known)
        strangers = []
    for key in [*leftovers, *strangers][:MOST]:
        await storage.remove(key)
    if leftovers or strangers:
        log.info("files.swept", place=place, objects=len(leftovers) + len(strangers))


async def _sort(
    place: str, batch: Sequence[Stored], leftovers: list[str], strangers: list[str]
) -> int:
    """How many are somebody's; the old ones that are not go to the lists: another object of a row
    that is known (an original after its blur), or of a row that nobody knows."""
    old = datetime.now(UTC) - YOUNG
    ids = {one.key: fits[1] if (fits := NAME.fullmatch(one.key)) else "" for one in batch}
    named = File.filter(id__in=[UUID(id) for id in ids.values() if id])
    rows = {file.id.hex: file for file in await named}
    known = 0
    for one in batch:
        row = rows.get(ids[one.key])
        if row and (row.place, row.key) == (place, one.key) and row.state != "refused":
            known += 1
        elif one.changed_at < old:
            (leftovers if row or not ids[one.key] else strangers).append(one.key)
    return known
