"""导出: what a viewer may see, as a file; counted, bounded, and written down before it is given.

The file is whole before the first byte leaves: what breaks in the middle is an error, never a
shorter table that looks like a whole one.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from tortoise.queryset import QuerySet

from core.audit import record
from core.errors import BadInput, NotFound, RateLimited
from core.exchange.cards import Asked, Export
from core.house import house
from core.permissions import Viewer, demand_held
from core.sheets import FORMATS, Shape, Writer, writer_for
from core.tables import Model

M = TypeVar("M", bound=Model)

MAKE = "exports.make"
MOST_ROWS = 100_000
PART = 500
LONGEST_REASON = 200
AT_ONCE = 2  # of this process
_room = asyncio.Semaphore(AT_ONCE)


def export_named(name: str, viewer: Viewer | None) -> Export:
    """The export, if this viewer may make it."""
    found = house().exports.get(name)
    demand_held(viewer, MAKE)
    if found is None or viewer is None or not viewer.holds(found.permission):
        raise NotFound("没有这种导出，或者您不能用它。")
    return found


def exports_for(viewer: Viewer) -> list[Export]:
    known = house().exports.values()
    return [one for one in known if viewer.holds(MAKE) and viewer.holds(one.permission)]


async def parts_of(found: QuerySet[M], *, size: int = PART) -> AsyncIterator[Sequence[M]]:
    """All rows by primary key, a part at a time: however many, no more memory and no slower."""
    key, last = found.model._meta.pk_attr, None
    while True:
        ahead = found if last is None else found.filter(pk__gt=last)
        part = await ahead.order_by(key).limit(size)
        if part:
            yield part
        if len(part) < size:
            return
        last = part[-1].pk


def scratch(form: str) -> Path:
    """Where a file is written that leaves at once."""
    folder = house().settings.data_dir / "exports"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{uuid.uuid4().hex}.{form}"
    path.touch(mode=0o600)
    return path


async def make_export(
    viewer: Viewer | None, name: str, form: str, asked: Asked, *, reason: str = ""
) -> Path:
    """The file, which the caller sends and removes. `asked`: the filters of the list."""
    kind = export_named(name, viewer)
    assert viewer is not None
    reason = reason.strip()
    if form not in kind.formats:
        known = "、".join(FORMATS[one].title for one in kind.formats)
        raise BadInput(f"没有这种格式，可以选：{known}。", field="format", reason="unknown")
    if kind.personal and not reason:
        raise BadInput("这张表有个人信息，请写明导出的原因。", field="reason", reason="required")
    if len(reason) > LONGEST_REASON:
        raise BadInput(f"原因最多 {LONGEST_REASON} 个字。", field="reason", reason="too_long")
    if (count := await kind.count(viewer, asked)) > MOST_ROWS:
        raise BadInput(
            f"符合条件的有 {count} 行，一次最多导出 {MOST_ROWS} 行，请加上条件分几次导出。",
            reason="too_many",
        )
    if _room.locked():
        raise RateLimited("正在为别人导出，请过几秒再试。", retry_after=5)
    async with _room:
        return await _made(viewer, kind, form, asked, reason)


async def _made(viewer: Viewer, kind: Export, form: str, asked: Asked, reason: str) -> Path:
    path = await asyncio.to_thread(scratch, form)
    shape = Shape(
        title=kind.title,
        columns=kind.columns,
        zone=ZoneInfo(house().settings.timezone),
        point=kind.point,
        event=kind.event,
    )
    try:
        writer = await asyncio.to_thread(writer_for, form, path, shape)
        count = await _fill(viewer, kind, asked, writer)
        await asyncio.to_thread(writer.close)
        details = {"export": kind.name, "format": form, "rows": count}
        await record(viewer, MAKE, ("export", kind.name), purpose=reason, details=details)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


async def _fill(viewer: Viewer, kind: Export, asked: Asked, writer: Writer) -> int:
    count = 0
    async for part in kind.parts(viewer, asked):
        count += len(part)
        if count > MOST_ROWS:
            raise BadInput(f"一次最多导出 {MOST_ROWS} 行，请加上条件。", reason="too_many")
        await asyncio.to_thread(writer.add, part)
    return count
