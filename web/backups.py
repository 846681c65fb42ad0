"""`/admin/backups`: whether a backup was made last night, what is kept, and one more now."""

import asyncio
import time

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.audit import record
from core.backup import JOB, kept_backups, last_backup
from core.database import atomic
from core.errors import Conflict
from core.house import house
from core.jobs import JobRow, enqueue
from core.permissions import Viewer, demand_everywhere
from web.pages import form, page, see_other, viewer

HERE = "/admin/backups"
PERMISSION = "backups.manage"
SHOWN = 100


async def listed(request: Request) -> Response:
    demand_everywhere(viewer(request), PERMISSION)
    kept = await asyncio.to_thread(kept_backups)
    context = {
        "page_title": "备份",
        "folder": house().settings.backup_dir,
        "keep": house().settings.backup_keep,
        "keys": house().settings.backup_keys,
        "last": await last_backup(),
        "rows": kept[:SHOWN],
        "running": await _under_way(),
    }
    return await page(request, "backups.html", context)


async def _under_way() -> bool:
    due = JobRow.filter(name=JOB, state__in=["waiting", "running"], run_at__lte=time.time() + 1)
    return await due.exists()


async def make(request: Request) -> Response:
    who = demand_everywhere(viewer(request), PERMISSION)
    await form(request)
    if house().settings.backup_dir is None:
        raise Conflict("还没有设置备份文件夹：请运行的人设置 LIUHE_BACKUP_DIR，再重新启动。")
    if await _under_way():
        return see_other(request, HERE, "正在备份，请稍后刷新这一页。")
    await _ask(who)
    return see_other(request, HERE, "已经开始备份，做好以后列在这里。")


@atomic
async def _ask(who: Viewer) -> None:
    await record(who, "backups.make")
    await enqueue(JOB, {})


ROUTES = [Route("/backups", listed), Route("/backups", make, methods=["POST"])]
