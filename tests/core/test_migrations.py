"""A database comes to the models whole or not at all, and nothing in it is lost on the way."""

import asyncio
import itertools
import os
import signal
import sqlite3
import sys
import textwrap
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import asyncpg
import pytest
from tortoise.context import TortoiseContext
from tortoise.migrations.autodetector import MigrationAutodetector

from core.contributions import Tables
from core.database import config, dialect, opened, rows
from core.errors import SetupError
from core.kernel import Kernel
from core.migrate import COPIES_KEPT, migrate, pending, write_migrations
from core.ordering import closure_down
from core.settings import SettingsSource
from core.testing import at, drop_postgres
from tests.factories import only

TREE = Path(__file__).parents[2]
#: The kernel's own migrations.
OURS = sorted(path.stem for path in (TREE / "migrations" / "core").glob("0*.py"))
_numbers = itertools.count()

GROUND = """
from tortoise import fields
from core.tables import Model

class Place(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=20, unique=True)
    code = fields.CharField(max_length=20, db_index=True)
    area = fields.ForeignKeyField("core.Area", null=True, related_name="places_{n}", db_index=True)

    class Meta:
        table = "ground_place"
"""

ABOVE = """
from tortoise import fields
from core.tables import Model

class Visit(Model):
    id = fields.IntField(primary_key=True)
    place = fields.ForeignKeyField("ground.Place", related_name="visits", db_index=True)

    class Meta:
        table = "above_visit"
"""

STEP = """
from tortoise import fields, migrations
from tortoise.migrations import operations as ops
{before}

class Migration(migrations.Migration):
    dependencies = [("ground", "0001_initial")]
    operations = [{operations}]
"""

ALTER = 'ops.AlterField("Place", "code", fields.CharField(max_length=200, db_index=True))'


class Site:
    """Two invented plugins on disk, with migrations as a developer would write them."""

    def __init__(self, folder: Path) -> None:
        self.number = next(_numbers)
        self.folder = folder
        self.ground = self._package("ground", GROUND)
        self.above = self._package("above", ABOVE)
        self.both = {"ground": self.ground, "above": self.above}

    def _package(self, name: str, models: str) -> Tables:
        full = f"{name}_{self.number}_{os.getpid()}"
        package = self.folder / full
        (package / "migrations").mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / "migrations" / "__init__.py").touch()
        (package / "models.py").write_text(models.replace("{n}", str(self.number)))
        return Tables(modules=[f"{full}.models"], migrations=f"{full}.migrations")

    async def write(self) -> list[str]:
        return await write_migrations("sqlite://unused", self.both)

    def step(self, operations: str, name: str = "0002_step", before: str = "") -> Path:
        package = str(self.ground.migrations).replace(".", "/")
        path = self.folder / package / f"{name}.py"
        path.write_text(STEP.format(operations=operations, before=textwrap.dedent(before)))
        return path


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.syspath_prepend(tmp_path)
    before = {*sys.modules}
    yield Site(tmp_path)
    for name in {*sys.modules} - before:
        if name.startswith(("ground_", "above_")):
            del sys.modules[name]


@pytest.fixture
async def url(server, tmp_path):
    """An empty database."""
    if not server:
        (tmp_path / "data").mkdir()
        yield f"sqlite://{tmp_path}/data/liuhe.sqlite3"
        return
    name = f"m_{os.getpid()}_{next(_numbers)}"
    admin = await asyncpg.connect(server)
    await admin.execute(f"CREATE DATABASE {name}")
    await admin.close()
    yield at(server, name)
    await drop_postgres(at(server, name))


async def fill() -> None:
    await rows("INSERT INTO ground_place (id, name, code) VALUES (1, '桥', 'b'), (2, '河', 'r')")
    await rows("INSERT INTO above_visit (id, place_id) VALUES (1, 1), (2, 1), (3, 2)")


async def counts() -> tuple[int, int]:
    places = await rows("SELECT COUNT(*) AS n FROM ground_place")
    visits = await rows("SELECT COUNT(*) AS n FROM above_visit")
    return places[0]["n"], visits[0]["n"]


async def indexes(table: str) -> set[str]:
    """What the table's indexes cover; a rebuilt one may have another name."""
    sql = {
        "sqlite": "SELECT sql AS one FROM sqlite_master WHERE type = 'index' AND tbl_name = $1",
        "postgres": "SELECT indexdef AS one FROM pg_indexes WHERE tablename = $1",
    }
    found = await rows(sql[dialect()], table)
    return {str(row["one"]).partition("(")[2] for row in found}


def copies(url: str) -> list[Path]:
    return sorted(Path(url.removeprefix("sqlite://")).parent.glob("*.before-*"))


async def test_an_empty_database_is_filled_once(url):
    said: list[str] = []
    async with opened(url, {}):
        assert await pending(url, {}) == [f"core.{name}" for name in OURS]
    assert await migrate(url, {}, said.append) == len(OURS)
    assert said == [f"数据库：core {name}" for name in OURS]
    assert await migrate(url, {}, said.append) == 0
    async with opened(url, {}):
        assert await pending(url, {}) == []


async def test_what_others_refer_to_is_made_first(site, url):
    written = [Path(path).parts[-3].split("_")[0] for path in await site.write()]
    assert written == ["ground", "above"]
    assert await migrate(url, site.both) == len(OURS) + 2
    async with opened(url, site.both):
        await fill()
        assert await counts() == (2, 3)
        with pytest.raises(Exception, match=r"(?i)foreign key"):
            await rows("INSERT INTO above_visit (id, place_id) VALUES (9, 99)")


async def test_each_plugin_goes_in_alone_and_another_joins_later(site, url):
    await site.write()
    assert await migrate(url, {"ground": site.ground}) == len(OURS) + 1
    async with opened(url, {"ground": site.ground}):
        await rows("INSERT INTO ground_place (id, name, code) VALUES (1, '桥', 'b')")
    assert await migrate(url, site.both) == 1
    async with opened(url, site.both):
        assert await counts() == (1, 0)


async def test_a_disabled_plugin_keeps_its_tables(site, url):
    await site.write()
    await migrate(url, site.both)
    async with opened(url, site.both):
        await fill()
    site.step(ALTER)
    assert await migrate(url, {"ground": site.ground}) == 1
    assert await migrate(url, site.both) == 0
    async with opened(url, site.both):
        assert await counts() == (2, 3)


async def test_altering_a_field_keeps_child_rows_and_indexes(site, url):
    await site.write()
    await migrate(url, site.both)
    async with opened(url, site.both):
        await fill()
        before = await indexes("ground_place"), await indexes("above_visit")
    site.step(ALTER)
    assert await migrate(url, site.both) == 1
    async with opened(url, site.both):
        assert await counts() == (2, 3)
        assert (await indexes("ground_place"), await indexes("above_visit")) == before
        await rows("UPDATE ground_place SET code = $1 WHERE id = 1", "x" * 150)
        with pytest.raises(Exception, match=r"(?i)foreign key"):
            await rows("INSERT INTO above_visit (id, place_id) VALUES (9, 99)")


BREAKS = """
async def breaks(apps, schema_editor):
    raise ValueError("half way")
"""


async def test_a_failing_migration_changes_nothing(site, url):
    await site.write()
    await migrate(url, site.both)
    async with opened(url, site.both):
        await fill()
    site.step(
        'ops.RunSQL("DELETE FROM above_visit; DELETE FROM ground_place"), '
        'ops.AddField("Place", "extra", fields.IntField(null=True)), '
        "ops.RunPython(breaks)",
        before=BREAKS,
    )
    with pytest.raises(ValueError, match="half way"):
        await migrate(url, site.both)
    async with opened(url, site.both):
        assert await counts() == (2, 3)
        assert await pending(url, site.both) == ["ground.0002_step"]
        with pytest.raises(Exception, match="extra"):
            await rows("SELECT extra FROM ground_place")


@only("sqlite", because="a file is copied and put back")
async def test_references_that_a_migration_would_break_are_refused(site, url):
    await site.write()
    await migrate(url, site.both)
    async with opened(url, site.both):
        await fill()
    site.step('ops.RunSQL("DELETE FROM ground_place WHERE id = 1")')
    with pytest.raises(SetupError, match="2 处引用"):
        await migrate(url, site.both)
    async with opened(url, site.both):
        assert await counts() == (2, 3)
    assert copies(url) == []


@only("sqlite", because="a file is copied and put back")
async def test_the_file_is_copied_before_it_is_changed(site, url):
    await site.write()
    await migrate(url, {"ground": site.ground})
    assert copies(url) == [], "a new database needs none"
    folder = Path(url.removeprefix("sqlite://")).parent
    for number in range(4):
        (folder / f"liuhe.before-20260101-00000{number}.sqlite3").touch()
    await migrate(url, site.both)
    kept = copies(url)
    assert len(kept) == COPIES_KEPT
    with closing(sqlite3.connect(kept[-1])) as copy:
        names = {name for (name,) in copy.execute("SELECT name FROM sqlite_master")}
    assert "ground_place" in names
    assert "above_visit" not in names


MIGRATE = """
import asyncio, sys
from core.contributions import Tables
from core.migrate import migrate

url, *apps = sys.argv[1:]
tables = {}
for app in apps:
    tables[app.split("_")[0]] = Tables(modules=[app + ".models"], migrations=app + ".migrations")
print(asyncio.run(migrate(url, tables)))
"""


async def start(url: str, site: Site) -> asyncio.subprocess.Process:
    apps = [str(one.migrations).partition(".")[0] for one in site.both.values()]
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", MIGRATE, url, *apps),
        env={**os.environ, "PYTHONPATH": f"{TREE}:{site.folder}"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def test_two_processes_that_migrate_at_once_do_it_once(site, url):
    await site.write()
    both = [await start(url, site) for _ in range(2)]
    said = await asyncio.wait_for(asyncio.gather(*(one.communicate() for one in both)), 60)
    assert sorted(out.strip() for out, _ in said) == [b"0", f"{len(OURS) + 2}".encode()], said


async def test_two_tasks_that_migrate_at_once_do_it_once(site, url):
    await site.write()
    both = asyncio.gather(*(asyncio.create_task(migrate(url, site.both)) for _ in range(2)))
    assert sorted(await asyncio.wait_for(both, 30)) == [0, len(OURS) + 2]


HANGS = """
import asyncio, pathlib

async def hangs(apps, schema_editor):
    pathlib.Path({marker!r}).touch()
    await asyncio.sleep(60)
"""


@only("sqlite", because="a file is copied and put back")
async def test_a_migration_killed_half_way_leaves_the_database_as_it_was(site, url):
    await site.write()
    await migrate(url, site.both)
    async with opened(url, site.both):
        await fill()
    marker = site.folder / "half_way"
    step = site.step(
        f'{ALTER}, ops.RunSQL("DELETE FROM above_visit"), ops.RunPython(hangs)',
        before=HANGS.format(marker=str(marker)),
    )
    one = await start(url, site)
    async with asyncio.timeout(30):
        while not marker.exists():  # noqa: ASYNC110 - it is another process
            await asyncio.sleep(0.02)
    os.kill(one.pid, signal.SIGKILL)
    await one.wait()
    step.unlink()
    site.step(ALTER, name="0002_other")
    async with opened(url, site.both):
        assert await counts() == (2, 3)
    assert await migrate(url, site.both) == 1
    async with opened(url, site.both):
        assert await counts() == (2, 3)


async def test_a_model_without_its_migration_is_noticed(site):
    first, _ = await site.write()
    assert await missing(site.both) == []
    leave_out("'code'", Path(first))
    sys.modules.pop(f"{site.ground.migrations}.0001_initial")
    assert await missing(site.both) == ["ground"]


def leave_out(word: str, path: Path) -> None:
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if word not in line))


# --------------------------------------------------------------- the plugins that are in the tree


def tree() -> Kernel:
    return Kernel.load(SettingsSource({}, {}))


async def missing(tables: dict[str, Tables]) -> list[str]:
    """The apps whose models have outgrown their migrations."""
    settings = config("sqlite://unused", tables)
    async with TortoiseContext() as context:
        await context.init(settings, init_connections=False)
        changes = await MigrationAutodetector(context.apps, settings["apps"]).changes()
    return [change.app_label for change in changes]


async def test_each_plugin_of_the_tree_goes_into_an_empty_database_with_its_ground_alone(
    url, engine
):
    kernel = tree()
    known = {name: FoundLike(one) for name, one in kernel.plugins.items()}
    for name in kernel.tables:
        wanted = closure_down(known, {name})
        tables = {one: part for one, part in kernel.tables.items() if one in wanted}
        target = url if engine == "postgres" else f"{url}.{name}"
        await migrate(target, tables)
        async with opened(target, tables):
            assert await pending(target, tables) == []
            if engine == "postgres":
                await rows("DROP SCHEMA public CASCADE")
                await rows("CREATE SCHEMA public")


class FoundLike:
    def __init__(self, plugin) -> None:
        self.card = plugin.manifest
