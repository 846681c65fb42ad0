"""A database of an earlier version comes to this one whole: rows, figures, audit, indexes."""

import itertools
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from core import house as running
from core.archive import Manifest
from core.database import dialect, opened, rows
from core.errors import SetupError
from core.kernel import Kernel
from core.migrate import migrate, pending
from core.proof import verify
from core.restore import Restoring, restore
from core.testing import at, drop_postgres, load, postgres_copy, sqlite_copy
from plugins.figures.actions import check_month
from plugins.figures.models import Month

EARLIER = Path(__file__).parent / "earlier"
_numbers = itertools.count()

FIGURES = {
    "people": "SELECT COUNT(*) AS n FROM core_person",
    "stages": "SELECT stage, COUNT(*) AS n FROM cases_case GROUP BY stage ORDER BY stage",
    "cases": "SELECT id, number, title, unit_id FROM cases_case ORDER BY id",
    "clocks": "SELECT COUNT(*) AS n, COUNT(stopped_at) AS stopped FROM cases_clock",
    "cameras": "SELECT id, name, area_id FROM video_camera ORDER BY id",
    "places": "SELECT COUNT(*) AS n FROM places_division",
}
#: By how far core had come: each has what the earlier ones have, and more.
VERSIONS = ("core-0008", "core-0011")
LATER = {
    "orders": "SELECT task_num, state, area_id, case_id FROM hotline_order ORDER BY id",
    "sheets": "SELECT month, code, digest, closed_at FROM figures_sheet ORDER BY id",
    "objections": "SELECT sheet_id, text, outcome FROM figures_objection ORDER BY id",
}


@pytest.fixture
async def url(server: str, tmp_path: Path) -> AsyncIterator[str]:
    if not server:
        yield f"sqlite://{tmp_path}/liuhe.sqlite3"
        return
    name = f"u_{os.getpid()}_{next(_numbers)}"
    admin = await asyncpg.connect(server)
    await admin.execute(f"CREATE DATABASE {name}")
    await admin.close()
    yield at(server, name)
    await drop_postgres(at(server, name))


async def as_it_was(kernel: Kernel, folder: Path, engine: str, version: str) -> Manifest:
    """The earlier version's database, put back with exactly its migrations."""
    running.enter(kernel.house())
    job = Restoring(
        path=EARLIER / version / f"{engine}.zip",
        keys_path=None,
        folder=folder,
        url=kernel.settings.database,
        tables=kernel.tables,
    )
    return await restore(job)


async def counted() -> dict[str, int]:
    sql = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
        "postgres": "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'",
    }
    names = sorted(str(row["name"]) for row in await rows(sql[dialect()]))
    own = [name for name in names if name != "tortoise_migrations"]
    return {name: (await rows(f'SELECT COUNT(*) AS n FROM "{name}"'))[0]["n"] for name in own}


async def figures(wanted: dict[str, str]) -> dict[str, list[tuple[Any, ...]]]:
    return {name: [tuple(row.values()) for row in await rows(sql)] for name, sql in wanted.items()}


async def indexes() -> set[tuple[str, str]]:
    """Table and what is covered: a rebuilt index may have another name."""
    sql = {
        "sqlite": "SELECT tbl_name AS t, sql AS d FROM sqlite_master WHERE type = 'index' "
        "AND sql IS NOT NULL",
        "postgres": "SELECT tablename AS t, indexdef AS d FROM pg_indexes "
        "WHERE schemaname = 'public'",
    }
    found = await rows(sql[dialect()])
    return {(str(row["t"]), str(row["d"]).partition(" ON ")[2].partition("(")[2]) for row in found}


async def closed_months_are_intact() -> bool:
    months = [one.month for one in await Month.filter(closed_at__isnull=False)]
    checked = [(month, await check_month(month)) for month in months]
    return bool(months) and all(found and all(ok for _, ok in found) for _, found in checked)


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
async def test_an_earlier_database_comes_to_this_version_whole(
    url: str, server: str, engine: str, version: str, tmp_path: Path
) -> None:
    wanted = FIGURES if version == VERSIONS[0] else FIGURES | LATER
    folder = tmp_path / "data"
    folder.mkdir()
    kernel = load(folder, url=url)
    manifest = await as_it_was(kernel, folder, engine, version)
    async with opened(url, kernel.tables):
        applied = await rows("SELECT app, name FROM tortoise_migrations ORDER BY id")
        assert [(row["app"], row["name"]) for row in applied] == manifest.migrations
        rows_before, figures_before = await counted(), await figures(wanted)
    assert rows_before["cases_case"] > 10
    assert rows_before["core_audit"] > 0
    assert all(figures_before.values())

    assert await migrate(url, kernel.tables) > 0

    async with opened(url, kernel.tables):
        assert await pending(url, kernel.tables) == []
        after = await counted()
        assert {name: after.get(name) for name in rows_before} == rows_before
        assert await figures(wanted) == figures_before
        if "sheets" in wanted:
            assert await closed_months_are_intact()
        assert (await verify()).seq == rows_before["core_audit"]
        if engine == "sqlite":
            assert await rows("PRAGMA foreign_key_check") == []
            assert [row["integrity_check"] for row in await rows("PRAGMA integrity_check")] == [
                "ok"
            ]
        with pytest.raises(Exception, match="append-only"):
            await rows("DELETE FROM core_audit")
        upgraded = await indexes()
    fresh = await (postgres_copy(kernel, server) if server else sqlite_copy(kernel, folder / ".."))
    try:
        async with opened(fresh, kernel.tables):
            assert upgraded == await indexes()
    finally:
        if server:
            await drop_postgres(fresh)


async def test_a_database_of_a_later_version_is_refused_and_left_alone(
    url: str, tmp_path: Path
) -> None:
    kernel = load(tmp_path, [], url=url, found=[])
    await migrate(url, kernel.tables)
    async with opened(url, kernel.tables):
        await rows("UPDATE tortoise_migrations SET name = '9999_later' WHERE name LIKE '0001%'")
        before = await counted()
    with pytest.raises(SetupError, match="更新的版本升级过（core"):
        await migrate(url, kernel.tables)
    async with opened(url, kernel.tables):
        assert await counted() == before
    assert not [one for one in os.listdir(tmp_path) if ".before-" in one]
