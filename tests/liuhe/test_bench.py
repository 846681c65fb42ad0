"""The benches run from start to end; what they measure is for a quiet machine to say."""

import json
import math
import subprocess
import sys
from typing import Any

PATIENCE = 400  # seconds


def benched(*arguments: str) -> dict[str, Any]:
    """What the bench prints at the end, on SQLite, with few cases and one round."""
    command = [sys.executable, "-m", "liuhe", "bench", *arguments, "--engines", "sqlite"]
    done = subprocess.run(
        [*command, "--rounds", "1"], capture_output=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stderr.decode()[-2_000:]
    found: dict[str, Any] = json.loads(done.stdout.decode().splitlines()[-1])
    return found


def test_growth_opens_every_page_in_both_districts() -> None:
    found = benched("growth", "--cases", "10500")
    pages = found["engines"]["sqlite"]["pages"]
    assert {name: one for name, one in pages.items() if "failed" in one} == {}
    assert len(pages) > 40
    assert all(math.isfinite(one["ratio"]) and one["ratio"] > 0 for one in pages.values())
    assert (found["limit"], found["cases"]) == (1.3, [10_000, 10_500])
    assert found["ratio"] == max(one["ratio"] for one in pages.values())


def test_graphql_races_the_whole_application_against_a_bare_endpoint() -> None:
    found = benched("graphql", "--cases", "300")
    sides = found["engines"]["sqlite"]["requests_a_second"]
    assert set(sides) == {"whole", "bare", "list", "whole_open", "bare_open"}
    assert all(one > 0 for one in sides.values())
    assert found["ratio"] == found["engines"]["sqlite"]["ratio"]
    assert found["ratio_without_permissions"] > 0
    assert found["limit"] == 0.25
