"""The password in a camera's address stays in memory: not in health, logs, or on the disk."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from gpu.cpu.watch import Worker
from gpu.memory import Memory
from gpu.messages import Camera, Config
from gpu.standalone import camera

SECRET = "hunter2"


def test_an_address_that_fails_is_told_of_without_its_password(
    detector: Any, until: Any, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    addresses = (
        f"rtsp://admin:{SECRET}@127.0.0.1:9/live?token={SECRET}",
        f"rtsps://127.0.0.1:9/user=admin_password={SECRET}_channel=1.sdp",
    )
    worker = Worker(detector, lambda *_: None, Memory(tmp_path))
    cameras = [Camera(id=f"{n}", name="c", source=one) for n, one in enumerate(addresses)]
    worker.apply(Config(version="1", cameras=tuple(cameras)))
    until(lambda: all(one.vitals.state == "reconnecting" for one in worker.cameras()))
    told = json.dumps([each.to_json() for each in worker.health()])
    worker.apply(Config(version="2"))
    assert "cannot be reached" in told
    assert "cannot be reached" in caplog.text
    assert SECRET not in told + caplog.text
    assert not [one for one in tmp_path.rglob("*") if SECRET.encode() in one.read_bytes()]


def test_an_address_from_the_environment_is_on_no_command_line_and_one_on_it_is_warned_of(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    address = f"rtsp://admin:{SECRET}@127.0.0.1:9/live"
    monkeypatch.setenv("CAMERA", address)
    assert camera("env:CAMERA", None, loop=False).source == address
    assert caplog.text == ""
    assert camera(address, None, loop=False).source == address
    assert "use env:NAME" in caplog.text
    assert SECRET not in caplog.text
