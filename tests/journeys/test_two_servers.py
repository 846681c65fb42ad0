"""Two machines on one PostgreSQL, each with a server and a worker, are one house: whoever signs in
at one acts at the other, pages hear of what the other did, and nothing is done twice."""

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from core.people import hash_password
from core.state import PLUGIN_CHOICE, remember
from core.testing import drop_postgres, living, load, postgres_copy
from liuhe.graphql import global_id
from plugins.dispatch.actions import Draft, save_rule
from tests.journeys.client import wait_for
from tests.journeys.conftest import PASSWORD, TREE, free_port
from tests.journeys.test_killed import query
from tests.journeys.test_pulled_plugs import set_passwords
from tests.plugins.cases.conftest import make_district

pytestmark = pytest.mark.slow
OFF = ["city_eye", "figures", "hotline", "open311", "residents", "video"]
CASES = 12
AGAIN = 75

OPEN = """mutation($input: OpenCaseInput!) { openCase(input: $input) {
  case { id } errors { message } } }"""
ACCEPT = """mutation($input: AcceptCaseInput!) { acceptCase(input: $input) {
  case { stage } errors { message } } }"""


@dataclass
class Machine:
    """A server, its worker, and how to reach them."""

    url: str
    processes: dict[str, "subprocess.Popen[bytes]"]
    log: Path

    def ready(self) -> bool:
        assert all(one.poll() is None for one in self.processes.values()), self.log.read_text()
        try:
            return httpx2.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except httpx2.HTTPError:
            return False

    def sign_in(self, name: str, password: str = PASSWORD) -> httpx2.Response:
        given = {"username": name, "password": password}
        return httpx2.post(f"{self.url}/auth/token", json=given, timeout=40)

    def token(self, name: str) -> str:
        return str(self.sign_in(name).json()["access_token"])

    def ask(self, token: str, text: str, **variables: Any) -> Any:
        body = {"query": text, "variables": variables}
        headers = {"authorization": f"Bearer {token}"}
        answer = httpx2.post(f"{self.url}/graphql", json=body, headers=headers, timeout=40)
        told = answer.json()
        assert "errors" not in told, told
        return told["data"]


@dataclass
class House:
    """Both machines, and what is in their database."""

    address: str
    area: str
    machines: tuple[Machine, Machine]


@contextmanager
def machine(folder: Path, address: str) -> Iterator[Machine]:
    folder.mkdir()
    port, log = free_port(), folder / "log"
    clean = {key: value for key, value in os.environ.items() if not key.startswith("LIUHE_")}
    env = {**clean, "LIUHE_DATABASE_URL": address, "LIUHE_SECRET_KEY": "test-" * 8}
    processes = {}
    with log.open("ab") as out:
        for name in ("serve", "worker"):
            command = [sys.executable, "-m", "liuhe", name, "--port", str(port)]
            processes[name] = subprocess.Popen(
                [*command, "--data", str(folder)],
                cwd=TREE,
                env={**env, "PYTHONUTF8": "1"},
                stdout=out,
                stderr=subprocess.STDOUT,
            )
    try:
        yield Machine(f"http://127.0.0.1:{port}", processes, log)
    finally:
        for process in processes.values():
            process.terminate()
        for process in processes.values():
            process.wait(30)


@pytest.fixture
async def house(postgres_server: str, tmp_path: Path) -> AsyncIterator[House]:
    """A district where what is accepted is dispatched at once by a rule: work for the workers."""
    address = await postgres_copy(load(tmp_path, ["dispatch"]), postgres_server)
    async with living(load(tmp_path, ["dispatch"], url=address), migrated=True) as kernel:
        place = await make_district(kernel)
        await set_passwords(await hash_password(PASSWORD))
        await save_rule(place.admin, Draft(unit_id=place.unit.id, mode="auto"))
        await remember(PLUGIN_CHOICE, OFF)
        area = str(global_id("Place", place.community.id))
    with ExitStack() as stack:
        both = [stack.enter_context(machine(tmp_path / name, address)) for name in "ab"]
        for one in both:
            wait_for(one.ready, 240)
        yield House(address, area, (both[0], both[1]))
    await drop_postgres(address)


async def test_two_machines_are_one_house(house: House) -> None:
    here, there = house.machines
    grid, dispatcher = (
        here.sign_in(name).json()["access_token"] for name in ("grid", "dispatcher")
    )
    heard = Hearing(there, dispatcher)

    def work(number: int) -> None:
        given = {"title": f"两台 {number}", "typeCode": "0102", "areaId": house.area}
        opened = house.machines[number % 2].ask(grid, OPEN, input=given)["openCase"]
        case = opened["case"]["id"]
        told = house.machines[1 - number % 2].ask(dispatcher, ACCEPT, input={"caseId": case})
        assert told["acceptCase"]["errors"] == []

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(CASES)))
    wait_for(lambda: heard.count("cases.opened") >= CASES, 60)  # also what was done here
    heard.stop()

    deadline = time.monotonic() + 90
    waiting = "SELECT COUNT(*) FROM cases_case WHERE unit_id IS NULL"
    while await query(house.address, waiting) != [(0,)]:
        assert time.monotonic() < deadline, here.log.read_text()[-2000:]
        await asyncio.sleep(0.3)
    once = "SELECT case_id, COUNT(*) FROM cases_step WHERE action = 'dispatch' GROUP BY case_id"
    assert {row[1] for row in await query(house.address, once)} == {1}
    tried = "SELECT COUNT(*) FROM core_job WHERE attempts > 1"
    assert await query(house.address, tried) == [(0,)], "no job was taken by both"

    codes = [one.sign_in("handler", "wrong").status_code for one in (here, there) * 5]
    assert codes == [401] * 10
    for one in house.machines:
        paused = one.sign_in("handler")
        assert paused.status_code == 429, "guesses at one count at the other"
        assert int(paused.headers["retry-after"]) > 0

    await asyncio.to_thread(switch_off, house, "dispatch")
    for one in house.machines:
        for name, process in one.processes.items():
            assert process.wait(60) == AGAIN, name


def switch_off(house: House, plugin: str) -> None:
    """At a third machine, as somebody at its keyboard does it."""
    known = {"LIUHE_DATABASE_URL": house.address, "LIUHE_SECRET_KEY": "test-" * 8}
    command = [sys.executable, "-m", "liuhe", "plugins", "disable", plugin]
    env = {**os.environ, **known, "LIUHE_DATA_DIR": str(house.machines[0].log.parent / "third")}
    subprocess.run(command, cwd=TREE, env=env, check=True, timeout=120, capture_output=True)


class Hearing:
    """A page that is open at one machine, and what it is told."""

    def __init__(self, machine: Machine, token: str) -> None:
        self.lines: list[str] = []
        self._done = threading.Event()
        self._open = threading.Event()
        given = (f"{machine.url}/admin/live", {"authorization": f"Bearer {token}"})
        self._thread = threading.Thread(target=self._listen, args=given, daemon=True)
        self._thread.start()
        assert self._open.wait(30)

    def _listen(self, url: str, headers: dict[str, str]) -> None:
        with httpx2.stream("GET", url, headers=headers, timeout=30) as answer:
            assert answer.status_code == 200
            for line in answer.iter_lines():
                self.lines.append(line)
                self._open.set()
                if self._done.is_set():
                    return

    def count(self, name: str) -> int:
        return sum(line == f"event: {name}" for line in self.lines)

    def stop(self) -> None:
        self._done.set()
