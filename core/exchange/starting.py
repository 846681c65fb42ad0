"""What a person does with a file that was checked: have it imported, or thrown away."""

from datetime import UTC, datetime

from tortoise.queryset import QuerySet

from core.audit import record
from core.database import atomic
from core.errors import BadInput, Conflict, NotFound
from core.exchange import spool
from core.exchange.batches import ImportBatch
from core.exchange.uploading import import_named
from core.jobs import enqueue
from core.permissions import Viewer

STARTED = "imports.start"


def batches_of(viewer: Viewer) -> QuerySet[ImportBatch]:
    """What somebody brings in is nobody else's to see."""
    return ImportBatch.filter(person_id=viewer.person_id)


@atomic
async def start_import(
    viewer: Viewer | None, batch_id: int, *, skip_wrong: bool = False
) -> ImportBatch:
    """Have a checked file imported; starting it twice starts it once.

    With wrong lines nothing is imported, unless they are to be left out (`skip_wrong`).
    """
    batch = await _held(viewer, batch_id)
    if batch.state in ("running", "done"):
        return batch
    if batch.state != "checked":
        raise Conflict(
            "还没有检查完，请稍等。" if batch.going else "这个文件不能导入了，请重新上传。"
        )
    sound = batch.lines - batch.wrong
    if batch.wrong and not skip_wrong:
        raise BadInput(
            f"有 {batch.wrong} 行要先改好，什么也没有导入。改好以后重新上传，或者选择跳过这些行。",
            field="skipWrong",
            reason="errors",
        )
    if not sound:
        raise BadInput("没有一行可以导入，请改好以后重新上传。", field="skipWrong", reason="errors")
    batch.state, batch.skip_wrong, batch.position = "running", skip_wrong, 0
    batch.started_at, batch.ended_at = datetime.now(UTC), None
    await batch.save(update_fields=["state", "skip_wrong", "position", "started_at", "ended_at"])
    await record(
        viewer,
        STARTED,
        batch,
        details={"kind": batch.kind, "lines": batch.lines, "wrong": batch.wrong},
    )
    await enqueue("core.run_import", {"batch": batch.id})
    return batch


@atomic
async def discard_import(viewer: Viewer | None, batch_id: int) -> None:
    """Throw a file away that is not being imported; what was imported stays."""
    batch = await _held(viewer, batch_id)
    if batch.state == "running":
        raise Conflict("正在导入，等它完成以后再清除。")
    await batch.delete()
    spool.discard(batch.spool)


async def _held(viewer: Viewer | None, batch_id: int) -> ImportBatch:
    if viewer is None:
        raise NotFound()
    batch = await batches_of(viewer).filter(id=batch_id).select_for_update().first()
    if batch is None:
        raise NotFound()
    import_named(batch.kind, viewer)
    return batch
