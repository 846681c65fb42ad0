"""A clock that is set while the eyes watch, as on a box that wakes without one of its own."""

import time
from pathlib import Path
from typing import Any

import pytest

from gpu import clock, pipeline
from gpu.memory import Memory
from gpu.messages import Camera, Observation
from gpu.pipeline import CLIPS
from gpu.spells import Track
from gpu.teller import Teller

CAMPUS = Camera.from_json((CLIPS / "campus.json").read_bytes())
CAR = Track(id=1, object="car", score=0.9, box=(0.94, 0.0, 1.0, 0.12))
PARKED = next(zone for zone in CAMPUS.zones if any(each.kind == "dwell" for each in zone.watches))
LASTS = next(each.seconds for each in PARKED.watches if each.kind == "dwell")


def set_clock(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    real = time.time
    monkeypatch.setattr("gpu.clock.time.time", lambda: real() + seconds)


def teller(heard: list[Observation], memory: Memory) -> Teller:
    line = pipeline.line(Camera(id="c", name="", source="clip:campus", zones=(PARKED,)))
    made = Teller(line, lambda told, _: heard.append(told), lambda *_: None, memory)
    made.begin("m@1", clock.now())
    return made


def watch(made: Teller, start: float, seconds: float, tracks: list[Track]) -> float:
    for second in range(round(seconds) + 1):
        made.look(start + second, tracks)
    return start + seconds


@pytest.mark.parametrize("jump", [9 * 365 * 86_400.0, -3600.0], ids=["forward", "back"])
def test_a_clock_that_is_set_makes_nothing_longer_and_what_is_told_is_true(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jump: float
) -> None:
    heard: list[Observation] = []
    made, start = teller(heard, Memory(tmp_path)), clock.now()
    at = watch(made, start, LASTS + 1, [CAR])
    set_clock(monkeypatch, jump)
    at = watch(made, at, 10, [])
    started, ended = heard
    assert (ended.at - started.at).total_seconds() == pytest.approx(jump + 7, abs=4)
    assert ended.at.timestamp() == pytest.approx(at + jump, abs=6)
    assert ended.started_at.timestamp() == pytest.approx(start + jump, abs=2)


def test_what_was_open_when_the_clock_was_set_is_true_in_another_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[Observation] = []
    made, start = teller(heard, Memory(tmp_path)), clock.now()
    set_clock(monkeypatch, 3600)
    at = watch(made, start, LASTS + 1, [CAR])
    monkeypatch.setattr(clock, "_BEGAN", clock._BEGAN + 3600)  # another run begins
    again = teller(heard, Memory(tmp_path))
    watch(again, at + 3600, 10, [])
    assert [told.phase for told in heard] == ["started", "ended"]
    assert len({told.observation_id for told in heard}) == 1
    starts = [told.started_at.timestamp() for told in heard]
    assert starts == pytest.approx([start + 3600] * 2, abs=2)


def test_what_is_less_than_a_second_is_the_same_time(monkeypatch: Any) -> None:
    set_clock(monkeypatch, 0.3)
    assert clock.set_by() == 0
    assert clock.moment(1000.25).timestamp() == 1000.25
