"""清空: nothing of the district is left here, and a certificate says so.

First the keys, so that what is sealed stays closed in every copy; then files, then the database.
A note lies in the data folder until the certificate is written: cut off, the same command goes on.
"""

import asyncio
import getpass
import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from core.contributions import Tables
from core.database import sqlite_path
from core.errors import BadInput, SetupError
from core.house import house
from core.leaving import certificate, ground
from core.leaving.folder import verify
from core.leaving.note import read_note, write_note
from core.leaving.plain import plain
from core.leaving.snapshot import Snapshot, snapshot
from core.leaving.tables import is_ours
from core.people import today
from core.refusals import refusal
from core.stores import storage_at

HOLDS = "SELECT case_no, until FROM core_hold WHERE lifted_at IS NULL ORDER BY until DESC"
NAME = """
SELECT name FROM core_area WHERE level = 'district' AND valid_to IS NULL ORDER BY id LIMIT 1
"""
HEAD = "SELECT seq, hash FROM core_audit ORDER BY seq DESC LIMIT 1"
ELSEWHERE = "SELECT COUNT(*) FROM core_file WHERE place = 's3'"


@dataclass(frozen=True, kw_only=True)
class Wiping:
    """`district`: the name as it was typed; `by`: who answers for it; `certificates`: the folder
    where the certificate is to lie; `export`: one that was made before, to be named in it."""

    folder: Path
    tables: Mapping[str, Tables]
    district: str
    by: str
    certificates: Path
    export: Path | None = None


async def wipe(job: Wiping) -> Path:
    """The certificate. Nobody else may use the data folder meanwhile."""
    await asyncio.to_thread(_demand_outside, job)
    if not job.by.strip():
        raise BadInput("请用 --by 写明由谁清空。", field="by", reason="required")
    found = await asyncio.to_thread(read_note, job.folder)
    if found is None:
        found = await _begin(job)
    elif found["district"] != job.district:
        raise SetupError(_wrong_name(job.district))
    await _remove(job, found)
    if left := await _left(job, found):
        raise SetupError(f"没有清空，还剩下：{'、'.join(left[:10])}。请检查权限，再运行一次。")
    path = await asyncio.to_thread(_certify, job, found)
    await asyncio.to_thread(_finish, job.folder)
    return path


def _demand_outside(job: Wiping) -> None:
    if job.certificates.resolve().is_relative_to(job.folder.resolve()):
        raise SetupError("证明要放在数据文件夹以外，否则会一起删掉；请换 --certificate。")
    try:
        job.certificates.mkdir(parents=True, exist_ok=True)
        probe = job.certificates / f".{uuid.uuid4().hex}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise SetupError(f"{job.certificates} 不能写：{refusal(error)}。什么也没有删。") from error


# ------------------------------------------------------------------------------- before anything


async def _begin(job: Wiping) -> dict[str, Any]:
    """Ask whether it may be, and write down what is there; nothing is gone yet."""
    url = house().settings.database
    export = await asyncio.to_thread(verify, job.export) if job.export else ""
    if file := sqlite_path(url):
        if not await asyncio.to_thread(file.exists):
            raise SetupError(f"没有数据库文件 {file}，没有可清空的；请检查 --data。")
        await asyncio.to_thread(ground.demand_alone, file)
    else:
        await ground.demand_alone_on(url)
    async with snapshot(url) as moment:
        await _demand_name(job, moment)
        await _demand_no_holds(moment)
        found = await _take_stock(job, moment)
    found["export_manifest_sha256"] = export
    await asyncio.to_thread(write_note, job.folder, found)
    return found


async def _demand_name(job: Wiping, moment: Snapshot) -> None:
    stored = await _values(moment, NAME)
    name = house().settings.district or (str(stored[0][0]) if stored else "")
    if not name:
        raise SetupError("这里还没有区的名称，请先设置 LIUHE_DISTRICT，再写在 --district 里。")
    if job.district != name:
        raise SetupError(_wrong_name(job.district))


def _wrong_name(typed: str) -> str:
    return f"“{typed}”不是这里的区名，没有清空。请核对是不是这个数据文件夹，再把区名写对。"


async def _demand_no_holds(moment: Snapshot) -> None:
    holds = await _values(moment, HOLDS)
    held = [no for no, until in holds if plain("date", until) >= today().isoformat()]
    if held:
        raise SetupError(
            f"有 {len(held)} 项保全还没有到期（案号 {held[0]}），不能清空。"
            "请等到期，或者由安全管理员解除保全以后再来。"
        )


async def _values(moment: Snapshot, sql: str) -> list[Any]:
    return [row async for part in moment.rows(sql) for row in part]


async def _take_stock(job: Wiping, moment: Snapshot) -> dict[str, Any]:
    apps = sorted({"core", *job.tables, *(app for app, _ in await moment.applied())})
    names = [name for name in await moment.tables() if is_ours(name, apps)]
    counts = {
        name: (await _values(moment, f'SELECT COUNT(*) FROM "{name}"'))[0][0] for name in names
    }
    bucket = bool(house().settings.s3_bucket)
    if (await _values(moment, ELSEWHERE))[0][0] and not bucket:
        raise SetupError("有文件存放在 S3 上，设置里却没有 s3_bucket，请补上再清空。")
    head = await _values(moment, HEAD)
    return {
        "district": job.district,
        "by": job.by.strip(),
        "os_user": getpass.getuser(),
        "started_at": _now(),
        "engine": moment.engine,
        "apps": apps,
        "rows": counts,
        "audit": {"seq": head[0][0], "hash": head[0][1]} if head else {"seq": 0, "hash": ""},
        "objects": len(await ground.in_bucket()) if bucket else 0,
        "files": await asyncio.to_thread(_count_files, job.folder),
    }


def _count_files(folder: Path) -> dict[str, int]:
    return {path.name: ground.count_files(path) for path in _on_disk(folder)}


def _on_disk(folder: Path) -> list[Path]:
    """Everything of ours in files, in the order in which it goes."""
    settings = house().settings
    # Also where PostgreSQL is used by now: a district may have begun with the file.
    files = {folder / "liuhe.sqlite3", sqlite_path(settings.database)} - {None}
    return [
        *ground.in_folder(folder, ground.KEYS),
        *ground.in_folder(folder, ground.OURS),
        *ground.backups(settings.backup_dir, settings.backup_keys),
        *(path for file in files if file for path in ground.beside(file)),
    ]


# ---------------------------------------------------------------------------------- the wipe itself


async def _remove(job: Wiping, found: dict[str, Any]) -> None:
    try:
        for path in await asyncio.to_thread(ground.in_folder, job.folder, ground.KEYS):
            await asyncio.to_thread(ground.remove, path)
        if house().settings.s3_bucket:
            await _empty_bucket()
        if sqlite_path(house().settings.database) is None:
            await ground.drop_all(house().settings.database, found["apps"])
        for path in await asyncio.to_thread(_on_disk, job.folder):
            await asyncio.to_thread(ground.remove, path)
    except OSError as error:
        raise SetupError(
            f"没有清空完：{error.filename} 删不掉（{refusal(error)}）。请改权限，再运行一次。"
        ) from error


async def _empty_bucket() -> None:
    bucket = storage_at("s3")
    for key in await ground.in_bucket():
        await bucket.remove(key)


async def _left(job: Wiping, found: dict[str, Any]) -> list[str]:
    """Looked for again, from nothing that was remembered."""
    url = house().settings.database
    left = [str(path) for path in await asyncio.to_thread(_on_disk, job.folder)]
    if sqlite_path(url) is None:
        left += await ground.drop_all(url, found["apps"])
    if house().settings.s3_bucket:
        left += await ground.in_bucket()
    return left


def _certify(job: Wiping, found: dict[str, Any]) -> Path:
    told = {
        **found,
        "format": certificate.FORMAT,
        "liuhe": version("liuhe"),
        "ended_at": _now(),
        "secret_from_settings": "LIUHE_SECRET_KEY" in os.environ,
        "not_ours": ground.strangers(job.folder),
    }
    return certificate.write(job.certificates, told)


def _finish(folder: Path) -> None:
    for name in ground.LAST:
        (folder / name).unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
