"""`liuhe doctor`: what keeps an installation from being well, one line each, with what to do."""

import asyncio
import os
import shutil
import stat
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx2

from core import keys
from core.condition import ROOM, look
from core.contributions import Tables
from core.database import dialect, rows
from core.errors import LiuheError
from core.house import house
from core.inventory import take_stock

#: Seconds that clocks may differ: a second factor's code is good for about a minute.
SKEW = 20.0
#: Nobody but the runner may read what lies below these.
PRIVATE = ("secret.key", "worker.token", "personal-keys", "files", "liuhe.sqlite3")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """`bad`: to be mended. `text` says what is so, or what to do."""

    title: str
    bad: bool = False
    text: str


async def examine(tables: dict[str, Tables]) -> list[Finding]:
    """The database must be open. Nothing is changed."""
    found = [await asyncio.to_thread(check) for check in (_folder, _rights, _room)]
    condition = await look(tables)
    for name, title in (("database", "数据库"), ("migrations", "迁移"), ("storage", "写文件")):
        said = condition.problems.get(name, "")
        found.append(Finding(title=title, bad=bool(said), text=said or "正常"))
    if found[-3].bad:
        return found
    checks: tuple[tuple[str, Callable[[], Awaitable[Finding]]], ...] = (
        ("密钥", _keys),
        ("时钟", _clock),
        ("落盘", _kept),
        ("积压", _work),
    )
    for title, check in checks:
        try:
            found.append(await check())
        except LiuheError as error:
            found.append(Finding(title=title, bad=True, text=error.message))
    return found


def _folder() -> Finding:
    folder = house().settings.data_dir
    mine = folder.stat().st_uid == os.getuid()
    text = f"{folder}" if mine else f"{folder} 属于别的用户，请用运行六和的用户来运行。"
    return Finding(title="数据文件夹", bad=not mine, text=text)


def _rights() -> Finding:
    folder = house().settings.data_dir
    open_ones = [name for name in PRIVATE if _is_open(folder / name)]
    if not open_ones:
        return Finding(title="权限", text="密钥、数据库和图片只有运行者能读")
    names = " ".join(open_ones)
    text = f"别的用户能读 {names}。请运行：chmod -R go= {folder}"
    return Finding(title="权限", bad=True, text=text)


def _is_open(path: Path) -> bool:
    """By the path itself: what is above it may be open, if it is closed below."""
    if not path.exists():
        return False
    closed_above = not stat.S_IMODE(path.parent.stat().st_mode) & 0o077
    return bool(stat.S_IMODE(path.stat().st_mode) & 0o077) and not closed_above


def _room() -> Finding:
    usage = shutil.disk_usage(house().settings.data_dir)
    text = f"还有 {usage.free / 1e9:.1f} GB"
    if usage.free >= ROOM:
        return Finding(title="磁盘", text=text)
    return Finding(title="磁盘", bad=True, text=f"{text}，请腾出空间。")


async def _keys() -> Finding:
    await asyncio.to_thread(keys.demand_own_secret)
    stock = await take_stock()
    if stock.locked:
        text = f"有 {stock.locked} 份个人信息打不开，请把 personal-keys/ 从备份里放回来。"
        return Finding(title="密钥", bad=True, text=text)
    return Finding(title="密钥", text=f"打得开的个人信息 {stock.readable} 份")


async def _kept() -> Finding:
    """Whether what was acknowledged outlives a crash; on SQLite we see to that ourselves."""
    off = []
    if dialect() == "postgres":
        off = await rows(
            "SELECT name FROM pg_settings WHERE setting = 'off' "
            "AND name IN ('fsync', 'full_page_writes', 'synchronous_commit') ORDER BY name"
        )
    if not off:
        return Finding(title="落盘", text="办好的事写到磁盘上才算数")
    names = "、".join(str(row["name"]) for row in off)
    text = f"数据库关着 {names}，一崩溃就会丢掉刚办好的事。请在 PostgreSQL 里打开。"
    return Finding(title="落盘", bad=True, text=text)


async def _clock() -> Finding:
    """Held against the database's clock, and the identity provider's where there is one."""
    skews = {}
    if dialect() == "postgres":
        there = await rows("SELECT EXTRACT(EPOCH FROM clock_timestamp())::float8 AS at")
        skews["数据库"] = float(there[0]["at"]) - time.time()
    if issuer := house().settings.oidc_issuer:
        skews["身份平台"] = await _skew_of(issuer)
    wrong = [f"比{name}差 {skew:+.0f} 秒" for name, skew in skews.items() if abs(skew) > SKEW]
    if time.time() < 1_735_689_600 or wrong:  # before 2025
        return Finding(
            title="时钟", bad=True, text=f"{'，'.join(wrong) or '不准'}。请开启时间同步。"
        )
    return Finding(title="时钟", text=f"{time.strftime('%Y-%m-%d %H:%M:%S %z')}")


async def _skew_of(address: str) -> float:
    try:
        async with httpx2.AsyncClient(timeout=5) as client:
            answer = await client.head(address)
        return parsedate_to_datetime(answer.headers["date"]).timestamp() - time.time()
    except (httpx2.HTTPError, KeyError, ValueError):
        return 0.0  # that it is away is not the clock's fault


async def _work() -> Finding:
    dead = await rows("SELECT COUNT(*) AS n FROM core_job WHERE state = 'dead'")
    number = int(dead[0]["n"])
    text = f"有 {number} 个任务没有做成，请看“后台任务”页面。" if number else "没有做不成的任务"
    return Finding(title="任务", bad=bool(number), text=text)
