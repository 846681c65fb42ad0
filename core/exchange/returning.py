"""The same table back, with what is wrong beside each line: to be mended and uploaded again."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from core.audit import record
from core.errors import NotFound
from core.exchange import spool
from core.exchange.batches import ImportBatch, ImportProblem
from core.exchange.exporting import scratch
from core.exchange.starting import batches_of
from core.exchange.uploading import import_named
from core.house import house
from core.permissions import Viewer
from core.sheets import Column, Shape, writer_for

GIVEN_BACK = "imports.give_back"
PROBLEM = Column(name="liuhe_problem", title="错误", width=60)
LINE = Column(name="liuhe_line", title="原来的行号", kind="whole")


async def problems_of(batch: ImportBatch, *, most: int) -> list[ImportProblem]:
    return await ImportProblem.filter(batch_id=batch.id).order_by("line", "id").limit(most)


async def wrong_lines(viewer: Viewer, batch_id: int, form: str) -> Path:
    """A file of the lines that are wrong, each with its reasons; the caller removes it."""
    batch = await batches_of(viewer).get_or_none(id=batch_id)
    if batch is None:
        raise NotFound()
    kind = import_named(batch.kind, viewer)
    told: dict[int, list[str]] = defaultdict(list)
    titles = {one.name: one.title for one in kind.columns}
    found = ImportProblem.filter(batch_id=batch.id).order_by("line", "id")
    for line, column, sentence in await found.values_list("line", "column", "sentence"):
        title = titles.get(column, "")
        told[line].append(f"{title}：{sentence}" if title else sentence)
    columns = [Column(name=one.name, title=one.title, width=one.width) for one in kind.columns]
    shape = Shape(
        title=kind.title,
        columns=[*columns, PROBLEM, LINE],
        zone=ZoneInfo(house().settings.timezone),
    )
    path = scratch(form)
    try:
        await asyncio.to_thread(_write, form, path, shape, batch.spool, told)
        details = {"kind": batch.kind, "lines": len(told)}
        await record(viewer, GIVEN_BACK, batch, details=details)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def _write(
    form: str, path: Path, shape: Shape, place: str, told: Mapping[int, Sequence[str]]
) -> None:
    writer = writer_for(form, path, shape)
    for part in spool.take(place):
        writer.add(
            [
                {**line.cells, PROBLEM.name: "\n".join(told[line.number]), LINE.name: line.number}
                for line in part
                if line.number in told
            ]
        )
    writer.close()
