"""The database is killed under load, the disk runs full: what was acknowledged is there, once, who
was not served was told so in words, and service comes back by itself."""

import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest

from core.database import atomic
from core.people import Person, hash_password
from core.testing import living, load, sqlite_copy
from tests.conftest import _start_postgres, fill
from tests.journeys.client import photo
from tests.journeys.conftest import PASSWORD, Household, start_household
from tests.journeys.test_killed import OPEN, community, query
from tests.plugins.cases.conftest import make_district

pytestmark = pytest.mark.slow
CASES = 40
SENTENCES = ("请稍后再试", "请联系管理员")


@dataclass
class Clerk:
    """Opens cases and uploads pictures, and tries each again until it is acknowledged."""

    household: Household
    headers: dict[str, str]
    area: str
    opened: list[str] = field(default_factory=list)
    uploaded: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)

    def work(self, name: str, number: int, *, patience: float = 100) -> None:
        """`number` cases, by three hands at once."""
        with ThreadPoolExecutor(3) as pool:
            found = pool.map(lambda n: self._insist(f"{name} {n}", patience), range(number))
            self.opened += list(found)

    def _insist(self, title: str, patience: float) -> str:
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if self.open_case(title):
                return title
            time.sleep(0.3)
        raise AssertionError(f"never acknowledged; last refusals: {self.refusals[-3:]}")

    def open_case(self, title: str) -> bool:
        given = {"title": title, "typeCode": "0499", "areaId": self.area, "idempotencyKey": title}
        body = {"query": OPEN, "variables": {"input": given}}
        answer = self._post("/graphql", json=body)
        if answer is None:
            return False
        told = answer.json()
        for error in told.get("errors") or []:
            self._refused(answer, error["extensions"]["code"], error["message"])
            return False
        assert told["data"]["openCase"]["errors"] == [], told
        return True

    def upload(self) -> str:
        """The picture's id, "" where it was refused."""
        answer = self._post("/files", files={"file": ("a.jpg", photo("x" * 40), "image/jpeg")})
        if answer is None:
            return ""
        if answer.status_code == 201:
            self.uploaded.append(str(answer.json()["id"]))
            return self.uploaded[-1]
        told = answer.json()["error"]
        self._refused(answer, told["code"], told["message"])
        return ""

    def _post(self, path: str, **more: Any) -> httpx2.Response | None:
        url = f"{self.household.url}{path}"
        return httpx2.post(url, headers=self.headers, timeout=40, **more)

    def _refused(self, answer: httpx2.Response, code: str, message: str) -> None:
        assert code == "UNAVAILABLE", (answer.status_code, answer.text)
        assert any(part in message for part in SENTENCES), message
        if answer.status_code == 503:
            assert int(answer.headers["retry-after"]) > 0
        self.refusals.append(message)


async def furnish(address: str, folder: Path) -> None:
    """A small district whose grid member has a password."""
    async with living(load(folder, ["cases"], url=address)) as kernel:
        await make_district(kernel)
        await set_passwords(await hash_password(PASSWORD))


@atomic
async def set_passwords(hashed: str) -> None:
    await Person.all().update(password=hashed)


def start(folder: Path, **env: str) -> Household:
    """Server and worker, nothing else."""
    known = {"LIUHE_PLUGINS": "cases", "LIUHE_SECRET_KEY": "test-" * 8}
    return start_household(folder, "--no-demo", "--no-video", **known, **env)


def clerk(household: Household) -> Clerk:
    headers = {"authorization": f"Bearer {household.token('grid')}"}
    return Clerk(household, headers, community(household, headers, "仓基社区"))


def titles(rows: list[tuple[object, ...]]) -> list[str]:
    return sorted(str(row[0]) for row in rows)


# ----------------------------------------------------------------------- PostgreSQL, restarted


@pytest.fixture
def own_postgres() -> Iterator[Any]:
    """A server of this test's own, to be killed. It waits for the disk, as it comes: with
    `synchronous_commit = off` its last commits would die with it."""
    folder = Path(tempfile.mkdtemp(prefix="liuhe-plug-"))
    server = _start_postgres(folder)
    try:
        yield server
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.postgres
async def test_a_database_that_crashes_twice_under_load_loses_and_doubles_nothing(
    own_postgres: Any, tmp_path: Path
) -> None:
    server = own_postgres.get_postmaster_info()
    address = f"postgres://postgres@/postgres?host={server.socket_dir}"
    await furnish(address, tmp_path)
    running = start(tmp_path / "data", LIUHE_DATABASE_URL=address)
    try:
        running.wait_until_ready(240)
        pids = {word: running.child(word).pid for word in ("serve", "worker")}
        officer = clerk(running)
        done = threading.Event()
        with ThreadPoolExecutor(1) as pool:
            crashing = pool.submit(crash, own_postgres, running, done)
            number = 0
            while not done.is_set():
                officer.work(f"断电 {number}", CASES // 4)
                number += 1
            crashing.result(100)
        running.wait_until_ready()
        assert officer.refusals, "the load met no crash: it proves nothing"
        sql = "SELECT title FROM cases_case WHERE title LIKE '断电 %'"
        assert titles(await query(address, sql)) == sorted(officer.opened)
        assert {word: running.child(word).pid for word in pids} == pids, "nobody was restarted"
        worker_comes_back(running)
        told_in_the_log(running)
    finally:
        if running.process.poll() is None:
            running.stop()


def told_in_the_log(household: Household) -> None:
    """A line of each process when it went, one when it was back, and no trace of each failure."""
    deadline = time.monotonic() + 30
    while (text := household.log.read_text()).count("database.back") < 2:
        assert time.monotonic() < deadline, text[-3000:]
        time.sleep(0.2)
    away, back = text.count('"database.away"'), text.count('"database.back"')
    assert 2 <= away <= 6, text[-3000:]
    assert back <= away
    assert ".py:" not in text, text[-3000:]


def crash(server: Any, household: Household, done: threading.Event) -> None:
    try:
        for _ in range(2):
            time.sleep(1.5)
            kill_all(psutil.Process(server.get_pid()))
            told = httpx2.get(f"{household.url}/readyz", timeout=20)
            assert told.status_code == 503
            assert "database" in told.json()["problems"]
            time.sleep(1.0)
            begin_again(server)
    finally:
        done.set()


def kill_all(postmaster: psutil.Process) -> None:
    """At once and without farewell, as when the machine loses power."""
    lost = [postmaster, *postmaster.children()]
    for process in lost:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    assert not psutil.wait_procs(lost, 20)[1]


def begin_again(server: Any) -> None:
    """Its own patience is ten seconds, too short for a busy machine."""
    for _ in range(5):
        with suppress(subprocess.TimeoutExpired, subprocess.CalledProcessError):
            return server.ensure_postgres_running()
    raise AssertionError("PostgreSQL does not come back")


def worker_comes_back(household: Household) -> None:
    deadline = time.monotonic() + 60
    while httpx2.get(f"{household.url}/readyz?strict=1", timeout=10).status_code != 200:
        assert time.monotonic() < deadline, household.log.read_text()[-3000:]
        time.sleep(0.5)


# ------------------------------------------------------------------------- SQLite, a full disk


async def test_a_full_disk_refuses_in_words_and_takes_in_again_once_there_is_room(
    small_disk: Callable[[str], Path],
) -> None:
    disk = small_disk("320m")  # it must have 200 MB free to be called ready
    data = disk / "data"
    data.mkdir()
    await sqlite_copy(load(data, ["cases"]), data)
    await furnish("", data)
    running = start(data)
    try:
        running.wait_until_ready(240)
        officer = clerk(running)
        officer.work("满盘之前", 5)
        assert officer.upload()
        ballast = fill(disk)
        told = httpx2.get(f"{running.url}/readyz", timeout=20)
        assert (told.status_code, "disk" in told.json()["problems"]) == (503, True)
        for number in range(200):  # what room SQLite still has is used up
            if not officer.open_case(f"满盘 {number}"):
                break
            officer.opened.append(f"满盘 {number}")
        before = len(officer.refusals)
        assert officer.upload() == ""
        assert len(officer.refusals) == before + 1
        ballast.unlink()
        officer.work("满盘之后", 5)
        assert officer.upload()
        running.wait_until_ready()
        address = f"sqlite://{data / 'liuhe.sqlite3'}"
        found = titles(
            await query(address, "SELECT title FROM cases_case WHERE title LIKE '满盘%'")
        )
        assert found == sorted(officer.opened)
        assert (await query(address, "PRAGMA integrity_check")) == [("ok",)]
        files = {
            path.name.partition(".")[0] for path in (data / "files").rglob("*") if path.is_file()
        }
        assert {one.replace("-", "") for one in officer.uploaded} <= files
        worker_comes_back(running)
    finally:
        if running.process.poll() is None:
            running.stop()
