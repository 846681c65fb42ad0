"""kill -9 and freezing of eyes and server under a load of observations: each arrives, once."""

import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gpu.messages import Observation
from tests.journeys.conftest import TREE, Household, Moving
from tests.journeys.test_killed import first_camera, killing, query, sighting
from tests.plugins.video.conftest import jpeg

pytestmark = pytest.mark.slow

SIGHTINGS, KILLS, FREEZES = 100, 4, 2

#: What the eyes do with each observation: into the spool, and from there to the server. A line on
#: standard output says that the spool has it.
EYES = """
import json, sys, threading, time
from pathlib import Path
from gpu.link import Link
from gpu.messages import Observation
from gpu.sender import Sender
from gpu.spool import Spool
folder, server, token = map(Path, sys.argv[1:4])
spool = Spool(folder / "spool")
Sender(spool, Link(sys.argv[2], token), first_wait=0.1).start()
picture = (folder / "picture.jpg").read_bytes()
lines = (folder / "sightings").read_text().splitlines()
for line in lines[int(sys.argv[4]):]:
    spool.put(Observation.from_json(line), picture)  # False: it waits since before a kill
    assert spool.health().dropped == 0
    print("kept", flush=True)
    time.sleep(0.05)
while spool.health().waiting:
    time.sleep(0.05)
"""


class Eyes:
    """The program, started anew whenever it was killed, going on behind what the spool had."""

    def __init__(self, folder: Path, household: Household) -> None:
        self.folder, self.household = folder, household
        self.kept = 0
        self.process: subprocess.Popen[str] | None = None

    def work(self) -> None:
        deadline = time.monotonic() + 240
        while time.monotonic() < deadline:
            if self._run() == 0:
                return
        raise AssertionError(f"only {self.kept} of {SIGHTINGS} were kept")

    def _run(self) -> int:
        token = self.household.folder / "worker.token"
        given = [str(self.folder), self.household.url, str(token), str(self.kept)]
        self.process = subprocess.Popen(
            [sys.executable, "-c", EYES, *given], stdout=subprocess.PIPE, text=True, cwd=TREE
        )
        assert self.process.stdout
        for _ in self.process.stdout:
            self.kept += 1
        return self.process.wait(60)


@pytest.fixture
async def household(move_in: Moving) -> AsyncIterator[Household]:
    async with move_in("--no-video") as running:
        yield running


def killing_eyes(eyes: Eyes, done: threading.Event) -> None:
    chance = random.Random(28181)
    for number in range(KILLS + FREEZES):
        if done.wait(chance.uniform(0.8, 2.0)):
            return
        process = eyes.process
        if process is None or process.poll() is not None:
            continue
        if number % 3 == 2:
            process.send_signal(signal.SIGSTOP)
            time.sleep(2.0)
            process.send_signal(signal.SIGCONT)
        else:
            process.kill()


def freezing(household: Household, done: threading.Event) -> None:
    """The server stops to answer for longer than a call is patient, and goes on."""
    if done.wait(1.5):
        return
    server = household.child("serve")
    server.suspend()
    time.sleep(11.0)
    server.resume()
    killing(household, done)


async def test_what_the_spool_had_arrives_once_though_both_ends_are_killed_and_frozen(
    household: Household, tmp_path: Path
) -> None:
    token = (household.folder / "worker.token").read_text()
    camera = first_camera(household, {"authorization": f"Bearer {token}"})
    zone = camera["zones"][0]
    watch = zone["watches"][0]
    lines = [sighting(number, camera["id"], zone["id"], watch) for number in range(SIGHTINGS)]
    assert len({Observation.from_json(line).key for line in lines}) == SIGHTINGS
    (tmp_path / "sightings").write_text("\n".join(lines))
    (tmp_path / "picture.jpg").write_bytes(jpeg())

    eyes, done = Eyes(tmp_path, household), threading.Event()
    with ThreadPoolExecutor(3) as pool:
        server = pool.submit(freezing, household, done)
        own = pool.submit(killing_eyes, eyes, done)
        pool.submit(eyes.work).result(300)
        done.set()
        server.result(120)
        own.result(60)
    household.wait_until_ready()

    keys = "SELECT key FROM video_message WHERE key LIKE 'killed-%'"
    told = [str(row[0]) for row in await query(household.database, keys)]
    assert sorted(told) == sorted(f"killed-{n}:started" for n in range(SIGHTINGS))
    pictures = "SELECT told, evidence_id FROM video_observation WHERE told LIKE 'killed-%'"
    seen = await query(household.database, pictures)
    assert len(seen) == SIGHTINGS
    assert all(evidence for _, evidence in seen), "each with its picture"
    assert list((tmp_path / "spool" / "waiting").iterdir()) == []
    assert list((tmp_path / "spool" / "rejected").iterdir()) == []
