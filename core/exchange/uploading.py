"""A file comes in: read in a thread, told at once what it is not, and handed to the check."""

import asyncio
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from core.database import atomic
from core.errors import BadInput, NotFound, RateLimited
from core.exchange import spool
from core.exchange.batches import ImportBatch
from core.exchange.cards import Import
from core.exchange.choosing import Chosen, choose, is_example
from core.house import house
from core.jobs import enqueue
from core.permissions import Viewer, demand_held
from core.sheets import Headings, Line, read_sheets

RUN = "imports.run"
MOST_GOING = 3  # of one person's
#: Reading is work for a whole core: one file at a time, the others wait.
_reading = asyncio.Semaphore(1)


def import_named(name: str, viewer: Viewer | None) -> Import:
    """The import, if this viewer may use it."""
    found = house().imports.get(name)
    demand_held(viewer, RUN)
    if found is None or viewer is None or not viewer.holds(found.permission):
        raise NotFound("没有这种导入，或者您不能用它。")
    return found


def imports_for(viewer: Viewer) -> list[Import]:
    known = house().imports.values()
    return [one for one in known if viewer.holds(RUN) and viewer.holds(one.permission)]


async def upload(viewer: Viewer | None, name: str, data: bytes, file_name: str) -> ImportBatch:
    """Take a file in and have it checked; BadInput says what is wrong with the file as a whole."""
    kind = import_named(name, viewer)
    assert viewer is not None
    going = ImportBatch.filter(person_id=viewer.person_id, state__in=["checking", "running"])
    if await going.count() >= MOST_GOING:
        message = f"您有 {MOST_GOING} 个文件还在检查或导入，请等它们完成。"
        raise RateLimited(message, retry_after=30)
    async with _reading:
        chosen, place, lines = await asyncio.to_thread(_store, data, kind)
    try:
        return await _note(viewer, kind, file_name, chosen, place, lines)
    except BaseException:
        spool.discard(place)  # nobody would ever find it
        raise


def _store(data: bytes, kind: Import) -> tuple[Chosen, str, int]:
    chosen = choose(read_sheets(data), kind.columns)
    place, count = spool.put(_told(chosen.lines, chosen.headings, kind))
    if not count:
        spool.discard(place)
        raise BadInput("表头下面没有内容，没有可以导入的行。", field="file", reason="empty")
    return chosen, place, count


def _told(lines: Iterable[Line], headings: Headings, kind: Import) -> Iterator[spool.Told]:
    """What stands in the columns that are read; nothing else of the file is kept."""
    for line in lines:
        if line.number <= headings.line or is_example(line):
            continue
        cells = {
            name: line.cells[at]
            for name, at in headings.places.items()
            if at < len(line.cells) and line.cells[at]
        }
        flaws = {
            name: line.flaws[at].sentence
            for name, at in headings.places.items()
            if at in line.flaws
        }
        if merged := line.merged:
            flaws[""] = merged
        if cells or flaws:
            yield spool.Told(number=line.number, cells=cells, flaws=flaws, exact=line.exact)


@atomic
async def _note(
    viewer: Viewer, kind: Import, file_name: str, chosen: Chosen, place: str, lines: int
) -> ImportBatch:
    batch = await ImportBatch.create(
        kind=kind.name,
        person_id=viewer.person_id,
        name=file_name.replace("\0", "")[-120:] or "表格",
        spool=place,
        lines=lines,
        state="checking",
        unread=list(chosen.headings.unknown),
        dropped=list(chosen.headings.dropped),
        sheets=list(chosen.unread),
        created_at=datetime.now(UTC),
    )
    await enqueue("core.check_import", {"batch": batch.id})
    return batch
