import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from gpu.messages import (
    Camera,
    CameraHealth,
    Config,
    Health,
    Observation,
    SpoolHealth,
    Watch,
    Zone,
)

AT = datetime(2026, 5, 1, 8, 30, tzinfo=UTC)
WATCH = Watch(id="parked", kind="dwell", objects=("car", "truck"), seconds=15)
ZONE = Zone(id="z", name="禁停区", polygon=((0.1, 0.1), (0.9, 0.1), (0.5, 0.8)), watches=(WATCH,))
CAMERA = Camera(id="c", name="东门", source="clip:campus", loop=True, detect_every=2, zones=(ZONE,))


def observation(**changes: Any) -> Observation:
    values: dict[str, Any] = {
        "key": "o1:started",
        "observation_id": "o1",
        "camera_id": "c",
        "zone_id": "z",
        "watch_id": "parked",
        "kind": "dwell",
        "phase": "started",
        "at": AT,
        "started_at": AT,
        "object": "car",
        "count": 1,
        "score": 0.8,
        "box": (0.1, 0.2, 0.3, 0.4),
        "track_id": 7,
        "model": "ssd@0123",
    }
    return Observation(**{**values, **changes})


@pytest.mark.parametrize(
    "message",
    [
        WATCH,
        ZONE,
        CAMERA,
        Config(version="1", cameras=()),
        Config(version="3", cameras=(CAMERA, Camera(id="d", name="", source="rtsp://h/1"))),
        observation(),
        observation(key="o1:ended", phase="ended", ended_at=AT, track_id=None),
        CameraHealth(camera_id="c", state="running", fps=24.8, last_frame_at=AT),
        Health(
            worker="w",
            started_at=AT,
            at=AT,
            cameras=(CameraHealth(camera_id="c", state="failed", error="坏了"),),
            spool=SpoolHealth(waiting=3, dropped=1),
        ),
    ],
)
def test_a_message_survives_the_way_through_json(message: Any) -> None:
    text = json.dumps(message.to_json())
    assert type(message).from_json(text) == message
    assert type(message).from_json(json.loads(text)) == message


def test_times_travel_in_utc() -> None:
    local = AT.astimezone(timezone(timedelta(hours=8)))
    assert observation(at=local).to_json()["at"] == "2026-05-01T08:30:00+00:00"
    data = observation().to_json() | {"at": "2026-05-01T16:30:00+08:00"}
    assert Observation.from_json(data).at == AT


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"secnds": 3}, "Watch: 'secnds' is unknown; did you mean 'seconds'?"),
        ({"id": None}, "Watch.id: text is needed, not null."),
        ({"kind": "dwel"}, "Watch.kind: 'dwel' is unknown; did you mean 'dwell'?"),
        ({"objects": "car"}, "Watch.objects: a list is needed, not 'car'."),
        ({"objects": []}, "Watch: name at least one kind of object."),
        ({"objects": [3]}, "Watch.objects[0]: text is needed, not 3."),
        ({"seconds": "15"}, "Watch.seconds: a number is needed, not '15'."),
        ({"seconds": True}, "Watch.seconds: a number is needed, not True."),
        ({"seconds": float("nan")}, "Watch.seconds: a finite number is needed."),
        ({"seconds": 10**400}, "Watch.seconds: a finite number is needed."),
        ({"seconds": 0}, "Watch: a dwell watch needs 'seconds' over 0."),
        ({"count": 1.5}, "Watch.count: a whole number is needed, not 1.5."),
        ({"count": 0}, "Watch: 'count' lies between 1 and 1000."),
        ({"grace": -1}, "Watch: 'grace' lies between 0 and 3600."),
    ],
)
def test_a_wrong_watch_is_refused_with_a_sentence(change: Any, sentence: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (the whole sentence is compared)
        Watch.from_json(WATCH.to_json() | change)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("polygon", "sentence"),
    [
        ([[0, 0], [1, 1]], "Zone: a polygon has 3 to 200 corners."),
        ([[0, 0], [1, 1], [2, 0]], "Zone: corners are parts of the picture, between 0 and 1."),
        (
            [[0, 0], [0.5, 0.5], [1, 1]],
            "Zone: the polygon encloses nothing; move its corners apart.",
        ),
        ([[0, 0], [1], [1, 0]], "Zone.polygon[1]: 2 values are needed, not 1."),
    ],
)
def test_a_wrong_polygon_is_refused_with_a_sentence(polygon: Any, sentence: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        Zone.from_json(ZONE.to_json() | {"polygon": polygon})
    assert str(caught.value) == sentence


def test_what_is_missing_and_what_is_there_twice_is_named() -> None:
    with pytest.raises(ValueError, match=r"Camera: 'source' is missing\."):
        Camera.from_json({"id": "c", "name": "c"})
    with pytest.raises(ValueError, match=r"camera 'c' is there twice\."):
        Config(version="1", cameras=(CAMERA, CAMERA))
    with pytest.raises(ValueError, match=r"watch 'parked' is there twice\."):
        Zone(id="z", name="", polygon=ZONE.polygon, watches=(WATCH, WATCH))


def test_an_error_deep_inside_says_where() -> None:
    data = Config(version="1", cameras=(CAMERA,)).to_json()
    data["cameras"][0]["zones"][0]["watches"][0]["seconds"] = None
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        Config.from_json(data)
    where = "Config.cameras[0].zones[0].watches[0].seconds"
    assert str(caught.value) == f"{where}: a number is needed, not null."


@pytest.mark.parametrize("text", ["", "[]", "null", "{", b"\xff", '{"version": 1}'])
def test_what_is_no_configuration_is_a_value_error(text: Any) -> None:
    with pytest.raises(ValueError, match="Config"):
        Config.from_json(text)


@pytest.mark.parametrize(
    "change",
    [
        {"key": "o1:ended"},
        {"phase": "ended", "key": "o1:ended"},
        {"ended_at": AT},
        {"score": 1.2},
        {"box": (0.3, 0.2, 0.1, 0.4)},
        {"at": datetime(2026, 5, 1)},  # noqa: DTZ001
        {"observation_id": "", "key": ":started"},
    ],
)
def test_an_observation_that_contradicts_itself_cannot_be_made(change: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        observation(**change)
