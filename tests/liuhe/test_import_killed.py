"""kill -9 of the worker in the middle of an import: it goes on, nothing is doubled or left out."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.database import rows
from core.exchange.batches import ImportBatch
from core.exchange.starting import start_import
from core.exchange.uploading import upload
from core.testing import make_area, make_viewer
from plugins.hotline.models import WorkOrder

TREE = Path(__file__).parents[2]
LINES = 3_000
HEAD = "任务号,受理时间,诉求类别,一级类型,诉求内容,街道,社区\n"
LINE = "杀-{n:05d},2025-03-01 09:30,投诉,没有对应的类型,第 {n} 件,湖墅街道,仓基社区\n"


def worker(kernel: Any) -> "subprocess.Popen[bytes]":
    known = kernel.settings
    env = {key: value for key, value in os.environ.items() if not key.startswith("LIUHE_")}
    env |= {
        "LIUHE_DATA_DIR": str(known.data_dir),
        "LIUHE_DATABASE_URL": known.database,
        "LIUHE_SECRET_KEY": known.secret_key,
        "LIUHE_PLUGINS": "hotline",
    }
    command = [sys.executable, "-m", "liuhe", "worker"]
    return subprocess.Popen(command, cwd=TREE, env=env)


async def until(come: Callable[[ImportBatch], bool], every: float = 0.1) -> ImportBatch:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        batch = await ImportBatch.all().order_by("-id").first()
        if batch is not None:
            assert batch.state != "failed", batch.error
            if come(batch):
                return batch
        await asyncio.sleep(every)
    raise AssertionError("it went nowhere")


async def test_an_import_survives_the_death_of_its_worker(kernel_on: Any) -> None:
    async with kernel_on(["hotline"]) as kernel:
        district = await make_area("330105", "拱墅区")
        street = await make_area("330105001000", "湖墅街道", "street", district)
        await make_area("330105001001", "仓基社区", "community", street)
        viewer = await make_viewer("paidan", "dispatcher", area=district)
        sheet = (HEAD + "".join(LINE.format(n=n) for n in range(LINES))).encode()
        batch = await upload(viewer, "hotline.orders", sheet, "工单.csv")
        first = worker(kernel)
        try:
            await until(lambda one: one.state == "checked")
            await start_import(viewer, batch.id)
            await until(lambda one: one.position > 0, every=0.01)
        finally:
            first.kill()
            first.wait(20)
        cut = await ImportBatch.get(id=batch.id)
        assert cut.state == "running"
        assert 0 < cut.position < LINES
        assert await WorkOrder.all().count() == cut.position
        # As if the minute and a half had gone by for which the dead one has its job.
        await rows("UPDATE core_job SET lease_until = 0 WHERE name = 'core.run_import'")
        second = worker(kernel)
        try:
            done = await until(lambda one: one.state == "done")
        finally:
            second.terminate()
            second.wait(30)
        assert done.made == {"new": LINES}
        assert await WorkOrder.all().count() == LINES
