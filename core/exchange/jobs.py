"""What the worker does for imports, and what is removed when nobody needs it any more."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tortoise.expressions import Q

from core.exchange import spool
from core.exchange.batches import ImportBatch
from core.exchange.going import go_on, leave
from core.exchange.terms import KEEP
from core.house import house
from core.jobs import Job

#: Files without a batch: an upload that broke off, an export that was never sent.
LOOSE = 3_600.0


async def check(payload: Mapping[str, Any]) -> None:
    await go_on(int(payload["batch"]), "checking")


async def run(payload: Mapping[str, Any]) -> None:
    await go_on(int(payload["batch"]), "running")


async def given_up(payload: Mapping[str, Any]) -> None:
    await leave(int(payload["batch"]))


async def forget_imports(_: Mapping[str, Any]) -> None:
    """After a week a batch goes with its lines; files that belong to nobody go after an hour.

    One that was begun late has a week from then: no import takes so long, so nothing is cut off.
    """
    before = datetime.now(UTC) - KEEP
    begun = Q(state="running", started_at__gte=before)
    for batch in await ImportBatch.filter(~begun, created_at__lt=before).limit(500):
        await batch.delete()
        spool.discard(batch.spool)
    known = {batch.spool for batch in await ImportBatch.all().only("spool")}
    loose = time.time() - LOOSE
    for folder in (spool.root(), house().settings.data_dir / "exports"):
        for path in folder.glob("*"):
            if path.name not in known and path.stat().st_mtime < loose:
                path.unlink(missing_ok=True)


JOBS = (
    Job(
        name="core.check_import",
        run=check,
        timeout=60,
        given_up=given_up,
        title="检查要导入的表格",
    ),
    Job(name="core.run_import", run=run, timeout=60, given_up=given_up, title="导入表格"),
    Job(
        name="core.forget_imports",
        run=forget_imports,
        every=timedelta(hours=1),
        title="清理导入和导出的文件",
    ),
)
