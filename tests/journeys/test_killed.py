"""kill -9 of server and worker under load: what was acknowledged is there, once."""

import asyncio
import json
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import httpx2
import pytest

from core.testing import postgres_empty
from gpu.messages import Observation
from tests.journeys.conftest import Household, start_household

CASES, SIGHTINGS, KILLS = 60, 60, 3
OPEN = """
mutation($input: OpenCaseInput!) { openCase(input: $input) { case { id } errors { message } } }
"""


@pytest.fixture
async def address(server: str, tmp_path: Path) -> str:
    """An empty database of the engine; `server` is "" for SQLite."""
    if not server:
        return f"sqlite://{tmp_path / 'killed.sqlite3'}"
    return await postgres_empty(server)


@pytest.fixture
def household(address: str, tmp_path: Path) -> Iterator[Household]:
    running = start_household(tmp_path / "data", "--no-video", LIUHE_DATABASE_URL=address)
    try:
        running.wait_until_ready()
        yield running
    finally:
        if running.process.poll() is None:
            running.stop()


def until_acknowledged(send: Callable[[], httpx2.Response]) -> httpx2.Response:
    """Send the same again until the server says yes, as every client of ours does."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            answer = send()
        except httpx2.HTTPError:
            time.sleep(0.2)
            continue
        if answer.status_code == 200:
            return answer
        assert answer.status_code in (502, 503), answer.text
        time.sleep(0.2)
    raise AssertionError("never acknowledged")


def open_cases(household: Household, headers: dict[str, str], area: str) -> list[str]:
    def one(number: int) -> str:
        given = {
            "title": f"杀不掉的案件 {number}",
            "typeCode": "0499",
            "areaId": area,
            "idempotencyKey": f"killed-{number}",
        }
        body = {"query": OPEN, "variables": {"input": given}}
        answer = until_acknowledged(
            lambda: httpx2.post(f"{household.url}/graphql", json=body, headers=headers, timeout=10)
        ).json()
        assert not answer.get("errors"), answer
        return str(answer["data"]["openCase"]["case"]["id"])

    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(one, range(CASES)))


def first_camera(household: Household, headers: dict[str, str]) -> dict[str, Any]:
    config = httpx2.get(f"{household.url}/video/config", headers=headers, timeout=20).json()
    return dict(config["cameras"][0])


def report_sightings(
    household: Household, headers: dict[str, str], camera: dict[str, Any]
) -> list[str]:
    zone = camera["zones"][0]

    def one(number: int) -> str:
        sight = sighting(number, camera["id"], zone["id"], zone["watches"][0])
        parts = {"observation": (None, sight, "application/json")}
        key = {"idempotency-key": f"killed-{number}:started"}
        answer = until_acknowledged(
            lambda: httpx2.post(
                f"{household.url}/video/observations",
                files=parts,
                headers={**headers, **key},
                timeout=10,
            )
        )
        return str(answer.json()["id"])

    with ThreadPoolExecutor(3) as pool:
        return list(pool.map(one, range(SIGHTINGS)))


def sighting(number: int, camera: str, zone: str, watch: dict[str, str]) -> str:
    """Each in its own corner of the picture, so that none is taken for another."""
    x, y = (number % 10) / 10, (number // 10) / 10
    now = datetime.now(UTC)
    message = Observation(
        key=f"killed-{number}:started",
        observation_id=f"killed-{number}",
        camera_id=camera,
        zone_id=zone,
        watch_id=watch["id"],
        kind=watch["kind"],  # type: ignore[arg-type]
        phase="started",
        at=now,
        started_at=now,
        object="car",
        count=1,
        score=0.9,
        box=(x, y, x + 0.08, y + 0.08),
        model="test",
    )
    return json.dumps(message.to_json())


def killing(household: Household, done: threading.Event) -> None:
    chance = random.Random(6)
    for number in range(KILLS):
        if done.wait(chance.uniform(1.0, 2.5)):
            return
        word = "serve" if number % 2 == 0 else "worker"
        try:
            household.child(word).kill()
        except StopIteration:
            continue
        if word == "serve":
            household.wait_until_ready()


async def query(address: str, sql: str) -> list[tuple[object, ...]]:
    if address.startswith("sqlite://"):
        with sqlite3.connect(urlsplit(address).path) as file:
            return list(file.execute(sql))
    client = await asyncpg.connect(address)
    found = [tuple(row) for row in await client.fetch(sql)]
    await client.close()
    return found


async def test_nothing_acknowledged_is_lost_or_doubled(household: Household, address: str) -> None:
    officer = {"authorization": f"Bearer {household.token('grid')}"}
    token = (household.folder / "worker.token").read_text()
    eyes = {"authorization": f"Bearer {token}"}
    area, camera = community(household, officer), first_camera(household, eyes)
    done = threading.Event()
    with ThreadPoolExecutor(3) as pool:
        killer = pool.submit(killing, household, done)
        cases = pool.submit(open_cases, household, officer, area)
        sightings = pool.submit(report_sightings, household, eyes, camera)
        opened, seen = cases.result(300), sightings.result(300)
        done.set()
        killer.result(120)
    household.wait_until_ready()

    assert len(set(opened)) == CASES
    assert len(set(seen)) == SIGHTINGS
    titles = await query(address, "SELECT title FROM cases_case WHERE title LIKE '杀不掉的案件 %'")
    assert sorted(row[0] for row in titles) == sorted(f"杀不掉的案件 {n}" for n in range(CASES))
    rows = await query(address, "SELECT key FROM video_message WHERE key LIKE 'killed-%'")
    assert sorted(row[0] for row in rows) == sorted(f"killed-{n}:started" for n in range(SIGHTINGS))
    await every_fact_was_delivered(address)


async def every_fact_was_delivered(address: str) -> None:
    """No delivery is left waiting for ever, none is dead."""
    open_work = "SELECT state, name FROM core_job WHERE state <> 'done' AND name LIKE 'fact:%'"
    deadline = time.monotonic() + 120
    while left := await query(address, open_work):
        assert not [row for row in left if row[0] == "dead"], left
        assert time.monotonic() < deadline, left[:5]
        await asyncio.sleep(0.5)


def community(household: Household, headers: dict[str, str], name: str = "长征桥社区") -> str:
    text = "query($n: String) { places(filter: {search: $n}) { edges { node { id name } } } }"
    body = {"query": text, "variables": {"n": name}}
    answer = httpx2.post(f"{household.url}/graphql", json=body, headers=headers, timeout=10)
    found = answer.json()["data"]["places"]["edges"]
    return str(next(edge["node"]["id"] for edge in found if edge["node"]["name"] == name))
