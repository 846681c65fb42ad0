"""Server processes to race against each other."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TREE = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Side:
    name: str
    port: int
    pid: int

    def cpu(self) -> float:
        """Seconds that the process has used, all its threads together."""
        return used(Path(f"/proc/{self.pid}"))


def used(process: Path) -> float:
    """To the nanosecond; one thread that ends meanwhile is lost, and ours do not."""
    tasks = (process / "task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


def backends(database: str) -> float:
    """Seconds that PostgreSQL's processes for this database have used, as far as they still run."""
    total = 0.0
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (process / "cmdline").read_bytes().startswith(b"postgres: ") and (
                f" {database} ".encode() in (process / "cmdline").read_bytes()
            ):
                total += used(process)
    return total


@asynccontextmanager
async def sides(given: Mapping[str, Mapping[str, Any]]) -> AsyncIterator[list[Side]]:
    """One process each, as `bench.served` takes it."""
    processes: list[subprocess.Popen[bytes]] = []
    found: list[Side] = []
    try:
        for name, one in given.items():
            command = [sys.executable, "-m", "liuhe.bench.served", json.dumps(one)]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=TREE)  # noqa: S603, ASYNC220
            processes.append(process)
            assert process.stdout is not None
            line = await asyncio.to_thread(process.stdout.readline)
            found.append(Side(name, int(line), process.pid))
        yield found
    finally:
        for process in processes:
            process.kill()
            process.wait()
