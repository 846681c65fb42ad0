"""Dark, covered, blurred, moved: told apart on changed pictures of the clip, and no false alarm."""

from collections.abc import Callable, Sequence
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from av.video.reformatter import VideoReformatter
from hypothesis import given, settings
from hypothesis import strategies as st

from gpu.cpu.detect import Detector
from gpu.cpu.watch import Worker
from gpu.measures import HEIGHT, WIDTH, Grey
from gpu.messages import Camera, Config
from gpu.pipeline import CLIPS
from gpu.sight import IN_A_ROW, LEARNING, Sight

Change = Callable[[Grey], Grey]
rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
#: How a lamp lights the left half at night.
LAMP = np.exp(-(((columns - 150) / 120) ** 2 + ((rows - 150) / 90) ** 2))


@pytest.fixture(scope="module")
def pictures() -> list[Grey]:
    """One every two seconds, as the eyes look at them."""
    tools = VideoReformatter()
    with av.open(str(CLIPS / "campus.mp4")) as clip:
        frames = [frame for number, frame in enumerate(clip.decode(video=0)) if number % 20 == 0]
    return [
        tools.reformat(frame, WIDTH, HEIGHT, "gray", interpolation="AREA").to_ndarray()
        for frame in frames
    ]


@pytest.fixture
def sight(pictures: list[Grey]) -> Sight:
    """One that has learned what the camera usually shows."""
    made = Sight()
    for picture in pictures[:LEARNING]:
        made.look(picture)
    return made


def shown(sight: Sight, pictures: Sequence[Grey], change: Change) -> str:
    for picture in pictures[-IN_A_ROW:]:
        sight.look(change(picture))
    return sight.verdict


def shifted(across: float, down: float = 0.0) -> Change:
    moved = np.array([[1, 0, across * WIDTH], [0, 1, down * HEIGHT]], np.float32)
    return lambda grey: cv2.warpAffine(grey, moved, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT)


def turned(degrees: float, zoom: float = 1.0) -> Change:
    middle = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), degrees, zoom)
    return lambda grey: cv2.warpAffine(grey, middle, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT)


def blurred(by: float) -> Change:
    return lambda grey: cv2.GaussianBlur(grey, (0, 0), by)


def light(gain: float, plus: float = 0.0, noise: float = 0.0) -> Change:
    grain = np.random.default_rng(7).normal(0, noise, (HEIGHT, WIDTH)) if noise else 0.0
    return lambda grey: np.clip(grey * gain + plus + grain, 0, 255).astype(np.uint8)


def covered(part: float, by: int) -> Change:
    def change(grey: Grey) -> Grey:
        spoiled = grey.copy()
        spoiled[:, : int(WIDTH * part)] = by
        return light(1, noise=2)(spoiled)

    return change


def at_night(grey: Grey) -> Grey:
    return light(1, noise=4)((grey * (0.08 + 0.6 * LAMP)).astype(np.uint8))


def with_a_lorry(grey: Grey) -> Grey:
    spoiled = grey.copy()
    spoiled[60:, 100 : 100 + int(0.4 * WIDTH)] = 90
    return np.asarray(cv2.rectangle(spoiled, (110, 80), (270, 200), 200, 3), np.uint8)


CHANGES: dict[str, tuple[Change, str]] = {
    "nothing": (lambda grey: grey, "clear"),
    "no light": (light(0.04, noise=2), "dark"),
    "one lamp at night": (at_night, "dark"),
    "a hand on the lens": (covered(1.0, 120), "covered"),
    "paint over most of it": (covered(0.8, 180), "covered"),
    "out of focus": (blurred(1.2), "blurred"),
    "far out of focus": (blurred(8), "blurred"),
    "pushed aside": (shifted(0.06), "moved"),
    "pushed far aside": (shifted(0.4), "moved"),
    "sunk": (shifted(0, 0.1), "moved"),
    "tilted": (turned(8), "moved"),
    "zoomed": (turned(0, 1.25), "moved"),
    "upside down": (lambda grey: grey[::-1].copy(), "moved"),
    "dusk": (light(0.3, noise=2), "clear"),
    "fog": (light(0.35, 120), "clear"),
    "sun in the lens": (light(1.6, 40), "clear"),
    "grain": (light(1, noise=10), "clear"),
    "a lorry in front": (with_a_lorry, "clear"),
    "swaying in the wind": (shifted(0.01, 0.01), "clear"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_happened_to_a_camera_is_told_by_its_name(
    sight: Sight, pictures: list[Grey], name: str
) -> None:
    change, verdict = CHANGES[name]
    assert shown(sight, pictures, change) == verdict
    assert shown(sight, pictures, lambda grey: grey) == "clear"


def test_the_sample_clip_raises_no_false_alarm(pictures: list[Grey]) -> None:
    sight, told = Sight(), set()
    for picture in pictures * 4:
        sight.look(picture)
        told.add(sight.verdict)
    assert told == {"unknown", "clear"}


@settings(max_examples=25)
@given(
    across=st.floats(-0.3, 0.3),
    down=st.floats(-0.3, 0.3),
    gain=st.floats(0.6, 1.1),
)
def test_pushed_by_a_tenth_or_more_in_any_direction_is_noticed(
    pictures: list[Grey], across: float, down: float, gain: float
) -> None:
    if np.hypot(across, down * HEIGHT / WIDTH) < 0.08:
        return
    sight = Sight()
    for picture in pictures[:LEARNING]:
        sight.look(picture)
    change = shifted(across, down)
    assert shown(sight, pictures, lambda grey: light(gain)(change(grey))) == "moved"


@settings(max_examples=25)
@given(gain=st.floats(0.35, 1.3), plus=st.floats(-15, 40), noise=st.floats(0, 8))
def test_light_alone_is_no_alarm(
    pictures: list[Grey], gain: float, plus: float, noise: float
) -> None:
    sight = Sight()
    for picture in pictures[:LEARNING]:
        sight.look(picture)
    assert shown(sight, pictures, light(gain, plus, noise)) == "clear"


def test_a_moment_is_no_verdict(sight: Sight, pictures: list[Grey]) -> None:
    assert shown(sight, pictures, lambda grey: grey) == "clear"
    for picture in pictures[: IN_A_ROW - 1]:
        sight.look(covered(1.0, 120)(picture))
    assert sight.verdict == "clear"


def test_what_is_usual_outlives_a_restart_and_not_a_new_view(
    tmp_path: Path, pictures: list[Grey]
) -> None:
    path = tmp_path / "c.npz"
    before = Sight(path)
    for picture in pictures[:LEARNING]:
        before.look(picture)
    assert path.stat().st_size < 100_000
    assert shown(Sight(path), pictures, shifted(0.2)) == "moved"
    assert shown(Sight(path, view=1), pictures, shifted(0.2)) == "unknown"
    path.write_bytes(path.read_bytes()[:1000])
    assert shown(Sight(path), pictures, shifted(0.2)) == "unknown"


def test_the_health_of_a_camera_tells_what_it_shows(detector: Detector) -> None:
    worker = Worker(detector, lambda *_: None)
    camera = Camera(id="c", name="c", source="clip:campus", detect_every=250)
    worker.apply(Config(version="1", cameras=(camera,)), live=False)
    worker.cameras()[0].join()
    (told,) = worker.health()
    worker.apply(Config(version="2"))
    assert told.sight == "clear"
    assert told.brightness is not None
    assert told.likeness is not None
    assert 0.5 < told.brightness <= 1
    assert told.sharpness == pytest.approx(1, abs=0.3)
    assert told.likeness > 0.5
