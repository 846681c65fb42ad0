"""恢复: a backup put back into an empty installation.

Order makes it safe to be killed anywhere. A note in the data folder says which archive is being put
back, and nothing starts there while it lies; pictures come first, one by one; the database comes
last and in one step, with the archive's id in it. The same command again goes on where it ended.

Keys are never taken from the archive of the data: those that are there, or that come with an
archive of their own, decide what still opens.
"""

import asyncio
import json
import sqlite3
import uuid
import zipfile
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tortoise.transactions import in_transaction

from core import archive as archives
from core import keys
from core.archive import Manifest, reading, take_out
from core.backup import KEYS, secret_mark
from core.contributions import Tables
from core.database import connection, opened, rows, sqlite_path
from core.dump import DATABASE, TABLES
from core.errors import SetupError
from core.migrate import bring_to, unknown_to
from core.replacing import demand_free, place_files, place_for
from core.restoring import NOTE, demand_same
from core.secrets import flush_folder
from core.stores import Place

PLACED = "restore.archive"
#: What a restore lays down in the data folder, besides the database.
OURS = ("files", "audit-heads.txt")

FOREIGN_KEYS = """
SELECT c.conrelid::regclass::text AS "table", c.conname AS name, pg_get_constraintdef(c.oid) AS rule
FROM pg_constraint c
WHERE c.contype = 'f' AND c.conparentid = 0
  AND c.connamespace = current_schema()::regnamespace
"""


@dataclass(kw_only=True)
class Restoring:
    """One restore: from where to where. `tables` are those of every plugin on this machine."""

    path: Path
    keys_path: Path | None
    folder: Path
    url: str
    tables: dict[str, Tables]
    force: bool = False
    without_secret: bool = False


async def restore(job: Restoring) -> Manifest:
    """Put the archive back whole, or say why not and leave all as it was."""
    manifest = await asyncio.to_thread(_checked, job)
    await _demand_fits(job, manifest)
    going_on = await asyncio.to_thread(demand_same, job.folder, manifest.id)
    to = place_for(manifest)
    if not going_on:
        if not job.force:
            await demand_free(to)
        await _make_room(job)
        await asyncio.to_thread(_begin, job.folder, manifest.id)
    if not await _placed(job, manifest):
        await place_files(job.path, job.folder, to, going_on=going_on)
        if job.keys_path:
            await asyncio.to_thread(_place_keys, job.keys_path, job.folder)
        await _place_database(job, manifest, to)
    (job.folder / NOTE).unlink()
    flush_folder(job.folder)
    return manifest


def _checked(job: Restoring) -> Manifest:
    manifest = archives.verify(job.path)
    if manifest.kind != "data":
        raise SetupError(f"{job.path} 里只有密钥；数据的备份是另一个文件。")
    if job.keys_path and archives.verify(job.keys_path).kind != "keys":
        raise SetupError(f"{job.keys_path} 不是密钥的备份。")
    if manifest.secret != secret_mark() and not job.without_secret:
        raise SetupError(
            f"这里的 secret.key 不是做备份时的那一把。请先把原来的放到 {job.folder}/secret.key；"
            "真的找不到了，可以加 --without-secret：第二道验证要重新设置，加密的个人信息打不开。"
        )
    return manifest


async def _demand_fits(job: Restoring, manifest: Manifest) -> None:
    engine = "sqlite" if sqlite_path(job.url) else "postgres"
    if manifest.engine != engine:
        names = {"sqlite": "SQLite", "postgres": "PostgreSQL"}
        raise SetupError(
            f"这份备份来自 {names[manifest.engine]}，这里用的是 {names[engine]}，"
            "请检查 LIUHE_DATABASE_URL。"
        )
    if missing := sorted({app for app, _ in manifest.migrations} - {"core", *job.tables}):
        raise SetupError(f"备份里有插件“{missing[0]}”的数据，请先安装这个插件。")
    async with opened("sqlite://:memory:", job.tables):
        if newer := await unknown_to(job.tables, manifest.migrations):
            raise SetupError(f"备份来自更新的版本（{newer[0]}），请先升级六和，再恢复。")


async def _make_room(job: Restoring) -> None:
    """Only into an empty place; with `force`, what is there is set aside, never deleted."""
    there = [name for name in OURS if _holds_something(job.folder / name)]
    file = sqlite_path(job.url)
    if file is None and await _has_tables(job.url):
        raise SetupError(
            "数据库不是空的，没有恢复。请新建一个空的数据库，把 LIUHE_DATABASE_URL 指向它；"
            "原来的留着。"
        )
    if file is not None and file.exists():
        there.append(file.name)
    if there and not job.force:
        raise SetupError(
            f"{job.folder} 里已经有数据（{'、'.join(there)}），没有恢复。请换一个空的文件夹，"
            "或加 --force：原来的会改名放在旁边，不会删除。"
        )
    if job.keys_path and any((keys.root() / "records").glob("??/*")):
        raise SetupError(
            "这里已经有 personal-keys/，它比备份新：请不要用旧的覆盖（销毁过的又能打开），"
            "去掉 --keys 再恢复。"
        )
    await asyncio.to_thread(_set_aside, job.folder, file)


def _holds_something(path: Path) -> bool:
    return path.is_file() or (path.is_dir() and any(one.is_file() for one in path.rglob("*")))


async def _has_tables(url: str) -> bool:
    async with opened(url, {}):
        return bool(await rows(TABLES))


def _set_aside(folder: Path, file: Path | None) -> None:
    stamp = f"{datetime.now(UTC):%Y%m%d-%H%M%S}"
    for name in OURS:
        with suppress(FileNotFoundError):
            (folder / name).rename(folder / f"{name}.before-restore-{stamp}")
    if file is None:
        return
    aside = file.with_name(f"{file.stem}.before-restore-{stamp}{file.suffix}")
    for tail in ("-wal", "-shm", ""):
        with suppress(FileNotFoundError):
            file.with_name(file.name + tail).rename(aside.with_name(aside.name + tail))


def _begin(folder: Path, id: str) -> None:
    (folder / NOTE).write_text(id, "ascii")
    flush_folder(folder)


async def _placed(job: Restoring, manifest: Manifest) -> bool:
    """Whether the database is in its place already, from an earlier try."""
    file = sqlite_path(job.url)
    if file is not None and not file.exists():
        return False
    async with opened(job.url, {}):
        if file is None and not await rows(TABLES):
            return False
        found = await rows("SELECT value FROM core_note WHERE key = $1", PLACED)
    return bool(found) and manifest.id in str(found[0]["value"])


def _place_keys(path: Path, folder: Path) -> None:
    with reading(path) as (archive, manifest):
        for name in manifest.members:
            if name.startswith(f"{KEYS}/"):
                take_out(archive, name, folder / name)


async def _place_database(job: Restoring, manifest: Manifest, to: Place) -> None:
    file = sqlite_path(job.url)
    if file is not None:
        await asyncio.to_thread(_place_sqlite, job.path, manifest, to, file)
        return
    async with opened(job.url, job.tables, migrating=True):
        with reading(job.path) as (archive, _):
            await _place_postgres(archive, manifest, to, job.tables)


# --------------------------------------------------------------------------------------- SQLite


def _place_sqlite(path: Path, manifest: Manifest, to: Place, file: Path) -> None:
    """Made ready beside its place, then renamed: it is there as a whole or not at all."""
    fresh = file.with_name(f"{file.name}.restoring")
    fresh.unlink(missing_ok=True)
    with reading(path) as (archive, _):
        take_out(archive, DATABASE, fresh)
    with closing(sqlite3.connect(fresh)) as client, client:
        if broken := client.execute("PRAGMA foreign_key_check").fetchall():
            raise SetupError(f"备份里有 {len(broken)} 处引用断开，没有恢复；请换一份。")
        now = datetime.now(UTC).isoformat(" ", "microseconds")
        client.execute("DELETE FROM core_note WHERE key = ?", (PLACED,))
        client.execute("INSERT INTO core_note VALUES (?, ?, ?)", (*_note(manifest), now))
        for id, changed in manifest.blurred.items():
            sets = ", ".join(f"{name} = ?" for name in changed)
            whose = (*changed.values(), id)
            client.execute(f"UPDATE core_file SET {sets} WHERE REPLACE(id, '-', '') = ?", whose)
        columns = [row[1] for row in client.execute("PRAGMA table_info(core_file)")]
        if "place" in columns:
            client.execute("UPDATE core_file SET place = ?", (to,))
    fresh.rename(file)
    flush_folder(file.parent)


def _note(manifest: Manifest) -> tuple[str, str]:
    return PLACED, json.dumps([manifest.id])


# ----------------------------------------------------------------------------------- PostgreSQL


async def _place_postgres(
    archive: zipfile.ZipFile,
    manifest: Manifest,
    to: Place,
    tables: dict[str, Tables],
) -> None:
    """Tables as they were at the time of the backup, filled, and all references checked anew: one
    transaction."""
    async with in_transaction("default"):
        await bring_to(tables, manifest.migrations)
        present = {row["name"]: set(row["columns"]) for row in await rows(TABLES)}
        for table, columns in manifest.tables.items():
            if lacking := set(columns) - present.get(table, set()):
                raise SetupError(f"这里没有备份里的 {table} {sorted(lacking)}，没有恢复。")
        foreign = await rows(FOREIGN_KEYS)
        for key in foreign:
            await rows(f'ALTER TABLE {key["table"]} DROP CONSTRAINT "{key["name"]}"')
        for table, columns in manifest.tables.items():
            await _fill(archive, table, columns)
        for key in foreign:  # each is checked against every row
            await rows(f'ALTER TABLE {key["table"]} ADD CONSTRAINT "{key["name"]}" {key["rule"]}')
        for name, last in manifest.sequences.items():
            await rows("SELECT setval(format('%I', $1::text)::regclass, $2)", name, last)
        await _tell_of_pictures(manifest, to)
        await rows("DELETE FROM core_note WHERE key = $1", PLACED)
        note = "INSERT INTO core_note (key, value, written_at) VALUES ($1, $2, now())"
        await rows(note, *_note(manifest))


async def _fill(archive: zipfile.ZipFile, table: str, columns: list[str]) -> None:
    """What a migration has put there goes; triggers are for those who write, not for what was
    written."""
    client: Any = connection()
    await rows(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
    await rows(f'DELETE FROM "{table}"')
    with archive.open(f"database/{table}.copy") as source:
        await client._connection.copy_to_table(table, source=source, columns=columns, timeout=None)
    await rows(f'ALTER TABLE "{table}" ENABLE TRIGGER USER')


async def _tell_of_pictures(manifest: Manifest, to: Place) -> None:
    """They lie elsewhere now; some were blurred after the picture of the database was taken."""
    for id, changed in manifest.blurred.items():
        sets = ", ".join(f"{name} = ${at}" for at, name in enumerate(changed, 2))
        await rows(f"UPDATE core_file SET {sets} WHERE id = $1", uuid.UUID(id), *changed.values())
    if "place" in manifest.tables.get("core_file", []):
        await rows("UPDATE core_file SET place = $1", to)
