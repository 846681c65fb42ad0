"""Fixtures for tests of the kernel and of plugins: a house on an empty, migrated database.

On SQLite a migrated file is made once and copied for each test; on PostgreSQL a migrated database
is made once and used as a template.
"""

import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from core import house as running
from core.areas import Area, create_area
from core.database import atomic, opened
from core.discovery import Found
from core.files import remove_objects
from core.jobs import JobRow
from core.kernel import Kernel
from core.migrate import migrate
from core.people import Person, Post, Unit
from core.permissions import Viewer
from core.retention import forget_what_is_due
from core.settings import SettingsSource
from core.viewers import load_viewer

_templates: dict[tuple[str, str], str] = {}


def load(
    folder: Path,
    plugins: Iterable[str] | None = None,
    *,
    url: str = "",
    found: Iterable[Found] | None = None,
    sections: dict[str, dict[str, Any]] | None = None,
) -> Kernel:
    """A kernel with these plugins (and what they require); all of them if None."""
    values: dict[str, Any] = {"data_dir": folder, "secret_key": "test-" * 8}
    if plugins is not None:
        values["plugins"] = tuple(plugins)
    if url:
        values["database_url"] = url
    return Kernel.load(SettingsSource(values, sections or {}), found=found)


@asynccontextmanager
async def living(kernel: Kernel, *, migrated: bool = False) -> AsyncIterator[Kernel]:
    """The kernel's house, with its database migrated (a fresh copy already is) and open."""
    url = kernel.settings.database
    if not migrated:
        await migrate(url, kernel.tables)
    running.enter(kernel.house())
    async with opened(url, kernel.tables):
        yield kernel


async def sqlite_copy(kernel: Kernel, folder: Path) -> str:
    """The address of a fresh copy of a migrated file for these plugins."""
    key = ("sqlite", repr(kernel.tables))
    if key not in _templates:
        template = Path(tempfile.gettempdir()) / f"liuhe-template-{uuid.uuid4().hex}.sqlite3"
        await migrate(f"sqlite://{template}", kernel.tables)
        _templates[key] = str(template)
    target = folder / "liuhe.sqlite3"
    shutil.copy(_templates[key], target)
    return f"sqlite://{target}"


async def postgres_copy(kernel: Kernel, server: str) -> str:
    """The address of a fresh database on `server`, copied from a migrated one."""
    key = (server, repr(kernel.tables))
    if key not in _templates:
        template = f"t_{uuid.uuid4().hex[:12]}"
        await _postgres(server, f"CREATE DATABASE {template}")
        await migrate(at(server, template), kernel.tables)
        _templates[key] = template
    name = f"d_{uuid.uuid4().hex[:12]}"
    await _postgres(server, f"CREATE DATABASE {name} TEMPLATE {_templates[key]}")
    return at(server, name)


async def postgres_empty(server: str) -> str:
    """The address of a fresh database on `server` without any table."""
    name = f"d_{uuid.uuid4().hex[:12]}"
    await _postgres(server, f"CREATE DATABASE {name}")
    return at(server, name)


async def forget_templates() -> None:
    """Remove what the copies were made from; once, when all tests are over."""
    for (server, _), template in _templates.items():
        if server == "sqlite":
            for path in Path(template).parent.glob(f"{Path(template).stem}.*"):
                path.unlink()
        else:
            await drop_postgres(at(server, template))
    _templates.clear()


def at(server: str, database: str) -> str:
    """The same server's address with another database."""
    return urlunsplit(urlsplit(server)._replace(path=f"/{database}"))


async def drop_postgres(url: str) -> None:
    """Remove the database of this address, whoever is still connected."""
    name = urlsplit(url).path.removeprefix("/")
    await _postgres(url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


async def _postgres(server: str, statement: str) -> None:
    admin = await asyncpg.connect(at(server, "postgres"))
    try:
        await admin.execute(statement)
    finally:
        await admin.close()


async def a_night() -> None:
    """What the nightly job deletes, now, with the files that go after it."""
    await forget_what_is_due({})
    await removed()


async def removed() -> None:
    """The files that are to go are gone."""
    for row in await JobRow.filter(name="core.remove_objects", state="waiting"):
        await remove_objects(row.payload)


@atomic
async def make_area(
    code: str, name: str, level: str = "district", parent: Area | None = None
) -> Area:
    return await create_area(
        code=code, name=name, level=level, parent=parent, valid_from=date(2021, 4, 9)
    )


@atomic
async def make_unit(code: str, name: str, area: Area) -> Unit:
    return await Unit.create(code=code, name=name, area=area)


async def make_viewer(
    username: str, role: str, *, area: Area | None = None, unit: Unit | None = None
) -> Viewer:
    """A person with one post; the password hash is not a real one (argon2 is slow on purpose)."""

    @atomic
    async def write() -> Person:
        person = await Person.create(username=username, name=username, password="!")
        await Post.create(person=person, role=role, area=area, unit=unit)
        return person

    return await load_viewer(await write(), running.house().roster)
