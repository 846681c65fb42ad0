"""What a worker does for the server besides sending, against a real server."""

import io
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from gpu.blur import PictureError
from gpu.errands import BlurErrand, ChangeErrand, Errand, LooksErrand, SnapshotErrand
from gpu.link import Link, Unreachable
from gpu.messages import Camera, Config
from gpu.served import Options, serve

AT = datetime(2026, 5, 1, tzinfo=UTC)
PARKING = {
    "id": "z",
    "name": "禁停区",
    "polygon": [[0.81, 0.0], [1.0, 0.0], [1.0, 0.17], [0.83, 0.17]],
    "watches": [{"id": "w", "kind": "dwell", "objects": ["car"], "seconds": 1.0}],
}


@pytest.fixture
def link(server: Any, token_file: Path) -> Iterator[Link]:
    made = Link(server.address, token_file)
    yield made
    made.close()


def config(version: str, *cameras: Camera) -> tuple[int, dict[str, str], bytes]:
    made = Config(version=version, cameras=cameras)
    return 200, {"ETag": f'"{version}"'}, json.dumps(made.to_json()).encode()


def test_each_new_configuration_is_applied_once(server: Any, link: Link) -> None:
    applied: list[Config] = []
    server.on("GET /video/config", config("1"), 304, config("2"), 304)
    errand = ChangeErrand(link.config, applied.append)
    for _ in range(4):
        errand.round()
    assert [each.version for each in applied] == ["1", "2"]
    assert [call.headers["If-None-Match"] for call in server.calls] == [None, '"1"', '"1"', '"2"']


def test_an_errand_outlives_a_server_that_is_down_and_says_so_once(
    until: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gpu.errands.waits", lambda: iter([0.01] * 99))
    troubles: list[Exception] = [Unreachable("down")] * 3 + [ValueError("a defect")]
    rounds: list[int] = []

    def round_() -> float:
        rounds.append(1)
        if troubles:
            raise troubles.pop(0)
        return 0.01

    stop = threading.Event()
    Errand("errand", round_, stop).start()
    until(lambda: len(rounds) > 6)
    stop.set()
    assert [record.message for record in caplog.records] == [
        "errand: down",
        "errand: a round failed",
    ]


def test_a_picture_is_blurred_and_sent_back(server: Any, link: Link) -> None:
    server.on("GET /video/blur", (200, {"X-Blur-Id": "b1"}, b"clear"), 204)
    server.on("PUT /video/blur/b1", 204)
    errand = BlurErrand(link, lambda data: b"blurred " + data)
    errand.round()
    errand.round()
    (call,) = server.named("PUT /video/blur/b1")
    assert (call.body, call.headers["Content-Type"]) == (b"blurred clear", "image/jpeg")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (PictureError("This is no picture."), "This is no picture."),
        (RuntimeError("secret detail"), "The picture could not be blurred; see the worker's log."),
    ],
)
def test_what_cannot_be_blurred_is_said_and_not_sent(
    server: Any, link: Link, error: Exception, reason: str
) -> None:
    def blur(data: bytes) -> bytes:
        raise error

    server.on("GET /video/blur", (200, {"X-Blur-Id": "b1"}, b"clear"))
    server.on("POST /video/blur/b1/failed", 204)
    BlurErrand(link, blur).round()
    assert json.loads(server.named("POST /video/blur/b1/failed")[0].body) == {"reason": reason}


@pytest.mark.parametrize("many", [1, 3])
def test_each_camera_shows_what_is_new(server: Any, link: Link, many: int) -> None:
    names = [f"c{number}" for number in range(many)]
    for name in names:
        server.on(f"PUT /video/cameras/{name}/snapshot", 204)
    fresh = dict.fromkeys(names, b"jpeg")

    def snapshot(name: str) -> Any:
        return lambda: (fresh.pop(name), AT) if name in fresh else None

    errand = SnapshotErrand(link, lambda: [(name, snapshot(name)) for name in names])
    errand.round()
    errand.round()
    assert [call.path for call in server.calls] == [f"/video/cameras/{n}/snapshot" for n in names]


def test_a_camera_at_which_somebody_looks_is_shown_more_often(server: Any, link: Link) -> None:
    for name in ("a", "b"):
        server.on(f"PUT /video/cameras/{name}/snapshot", 204)
    server.on("GET /video/looks", (200, {}, b'{"camera_ids": ["b"]}'), 204, 503)
    looks = LooksErrand(link)
    errand = SnapshotErrand(link, lambda: [(n, lambda: (b"x", AT)) for n in ("a", "b")], looks.now)
    errand.round()
    for _ in range(2):
        looks.round()
        errand.round()
    with pytest.raises(Unreachable):
        looks.round()
    assert len(server.named("PUT /video/cameras/a/snapshot")) == 1
    assert len(server.named("PUT /video/cameras/b/snapshot")) == 3
    assert server.named("GET /video/looks")[1].path.endswith("known=b")
    assert tuple(looks.now()) == ("b",)


def test_one_unwanted_snapshot_does_not_keep_the_others_away(server: Any, link: Link) -> None:
    server.on("PUT /video/cameras/a/snapshot", 404)
    server.on("PUT /video/cameras/b/snapshot", 204)
    SnapshotErrand(link, lambda: [(n, lambda: (b"x", AT)) for n in ("a", "b")]).round()
    assert len(server.named("PUT /video/cameras/b/snapshot")) == 1


def test_a_camera_whose_picture_fails_keeps_no_other_from_being_shown(
    server: Any, link: Link
) -> None:
    def broken() -> Any:
        raise RuntimeError("the engine is gone")

    server.on("PUT /video/cameras/b/snapshot", 204)
    errand = SnapshotErrand(link, lambda: [("a", broken), ("b", lambda: (b"x", AT))])
    assert errand.round() > 0
    assert len(server.named("PUT /video/cameras/b/snapshot")) == 1


@pytest.mark.slow
def test_a_worker_watches_what_the_server_says_from_first_to_last(
    server: Any, token_file: Path, tmp_path: Path, until: Any
) -> None:
    """Server away at first, then a camera, a change of zones, a blur job, and the end."""
    camera = Camera.from_json(
        {"id": "c", "name": "c", "source": "clip:campus", "loop": True, "zones": [PARKING]}
    )
    unzoned = Camera(id="c", name="c", source="clip:campus", loop=True)
    picture = io.BytesIO()
    Image.new("RGB", (64, 48), "green").save(picture, "PNG")
    change = threading.Event()

    def second(call: Any) -> Any:
        assert change.wait(60)
        return config("2", unzoned)

    server.on("GET /video/config", 0, 503, config("1", camera), second, 304)
    server.on("GET /video/blur", (200, {"X-Blur-Id": "b1"}, picture.getvalue()), 204)
    server.on("PUT /video/blur/b1", 204)
    server.on("POST /video/health", 204)
    server.on("PUT /video/cameras/c/snapshot", 204)
    server.on("POST /video/observations", (200, {}, b'{"id": "1", "duplicate": false}'))
    stop = threading.Event()
    options = Options(server=server.address, token_file=token_file, spool=tmp_path / "spool")
    worker = threading.Thread(target=serve, args=(options, stop))
    worker.start()
    try:
        until(lambda: server.observed(), 60)
        change.set()
        until(lambda: len(server.observed()) == 2, 60)
        until(lambda: server.named("PUT /video/cameras/c/snapshot"), 60)
        until(lambda: server.named("PUT /video/blur/b1"), 60)
    finally:
        change.set()
        stop.set()
        worker.join(10)
    assert not worker.is_alive()
    started, ended = (call.parts() for call in server.named("POST /video/observations"))
    assert json.loads(started["observation"])["phase"] == "started"
    assert Image.open(io.BytesIO(started["evidence"])).size == (768, 432)
    assert json.loads(ended["observation"])["phase"] == "ended"
    assert "evidence" not in ended
    assert Image.open(io.BytesIO(server.named("PUT /video/blur/b1")[0].body)).format == "JPEG"
    assert server.named("POST /video/health")
