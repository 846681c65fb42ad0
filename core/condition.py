"""How the house is doing: what keeps it from serving, and what merely lags behind.

Every look is bounded in time and costs a few small queries, whoever asks however often.
"""

import asyncio
import shutil
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.contributions import Tables
from core.database import rows
from core.errors import LiuheError
from core.house import house
from core.migrate import demand_not_newer, pending
from core.refusals import refusal
from core.state import recall, remember

LOOK = 3.0  # seconds for each look
ROOM = 200_000_000  # bytes that must be free: below, nothing more is to be taken in
BEAT = "worker.beat"
BEAT_EVERY = 10.0  # seconds
SILENT = 60.0  # seconds after which the worker counts as gone
LAG = 300.0  # seconds that work which is due may wait


@dataclass(kw_only=True)
class Condition:
    """`problems`: cannot serve. `warnings`: serves, but somebody has to look. Name to sentence."""

    problems: dict[str, str] = field(default_factory=dict)
    warnings: dict[str, str] = field(default_factory=dict)


async def look(tables: dict[str, Tables]) -> Condition:
    found = Condition()
    checks: dict[str, Callable[[], Awaitable[str]]] = {
        "database": _database,
        "migrations": lambda: _migrations(tables),
        "disk": lambda: asyncio.to_thread(_disk),
        "storage": lambda: asyncio.to_thread(_storage),
    }
    softer: dict[str, Callable[[], Awaitable[str]]] = {"worker": _worker, "outbox": _outbox}
    for name, check in checks.items():
        if said := await _bounded(check):
            found.problems[name] = said
    if "database" in found.problems:
        found.problems.pop("migrations", None)  # nobody can know
        return found
    for name, check in softer.items():
        if said := await _bounded(check):
            found.warnings[name] = said
    return found


async def _bounded(check: Callable[[], Awaitable[str]]) -> str:
    try:
        async with asyncio.timeout(LOOK):
            return await check()
    except TimeoutError:
        return f"{LOOK:.0f} 秒没有应答。"
    except LiuheError as error:
        return error.message
    except Exception as error:
        return f"没有应答：{type(error).__name__}。"


async def _database() -> str:
    await rows("SELECT 1 AS one")
    return ""


async def _migrations(tables: dict[str, Tables]) -> str:
    await demand_not_newer(tables)
    waiting = await pending(house().settings.database, tables)
    return f"还有 {len(waiting)} 个没有执行，请运行 liuhe migrate。" if waiting else ""


def _disk() -> str:
    folder = house().settings.data_dir
    free = shutil.disk_usage(folder).free
    return "" if free >= ROOM else f"{folder} 所在的磁盘只剩 {free // 1_000_000} MB，请腾出空间。"


def _storage() -> str:
    """Whether something can be put there, as a picture would."""
    folder: Path = house().settings.data_dir
    probe = folder / f".probe.{uuid.uuid4().hex}"
    try:
        probe.write_bytes(b"x")
        probe.unlink()
    except OSError as error:
        return f"{folder} 不能写：{refusal(error)}。请检查磁盘和权限。"
    return ""


async def _worker() -> str:
    heard = await recall(BEAT)
    if heard is None:
        return "后台任务进程还没有启动过。"
    silent = time.time() - float(heard)
    return "" if silent < SILENT else f"后台任务进程 {silent:.0f} 秒没有动静，请检查它。"


async def beat() -> None:
    """The worker is alive."""
    await remember(BEAT, time.time())


async def _outbox() -> str:
    lag = float((await queue())["lag"])
    return "" if lag < LAG else f"到点的任务等了 {lag:.0f} 秒还没有做，请检查后台任务进程。"


async def queue() -> Mapping[str, Any]:
    """Work by state, and for how many seconds what is due longest has waited."""
    found = await rows("SELECT state, COUNT(*) AS n FROM core_job GROUP BY state")
    oldest = await rows("SELECT MIN(run_at) AS at FROM core_job WHERE state = 'waiting'")
    at = oldest[0]["at"]
    counts = {str(row["state"]): int(row["n"]) for row in found}
    states = {state: counts.get(state, 0) for state in ("waiting", "running", "done", "dead")}
    return {**states, "lag": max(0.0, time.time() - float(at)) if at is not None else 0.0}
