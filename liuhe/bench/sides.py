"""Server processes to race against each other."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
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
        """Seconds that the process has used."""
        parts = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")


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
