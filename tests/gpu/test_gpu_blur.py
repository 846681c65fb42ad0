"""Blurring, judged by what is left to see."""

import io
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray
from PIL import Image

from gpu import blur
from gpu.cpu.decode import Frame
from gpu.cpu.detect import Detector
from gpu.cpu.pictures import Eyes, Look, evidence, look_at, snapshot
from gpu.pipeline import Seen

ZONE = ((0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75))
CLIP = Path(blur.__file__).parent / "clips" / "campus.mp4"


def noise(width: int = 640, height: int = 480) -> blur.Pixels:
    """Nothing but detail: any that is left shows as differences between neighbours."""
    return np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8)


def detail(pixels: blur.Pixels, box: Sequence[float]) -> float:
    """How many neighbours in the box differ, 0 to 1."""
    height, width = pixels.shape[:2]
    x1, y1, x2, y2 = box
    part = pixels[int(y1 * height) : int(y2 * height), int(x1 * width) : int(x2 * width)]
    return float((np.diff(part.astype(int), axis=1) != 0).any(axis=2).mean())


def seen(kind: str, box: Any, score: float = 0.8) -> Seen:
    return Seen(object=kind, score=score, box=box)


def nothing(pixels: blur.Pixels) -> list[Seen]:
    return []


def test_outside_the_zone_little_is_left_and_inside_all() -> None:
    pixels, before = noise(), noise()
    blur.mosaic_outside(pixels, [ZONE])
    inside = (slice(125, 355), slice(165, 475))
    assert (pixels[inside] == before[inside]).all()
    for outside in ((0, 0, 1, 0.24), (0, 0.77, 1, 1), (0, 0, 0.24, 1), (0.77, 0, 1, 1)):
        assert detail(pixels, outside) < 0.12


def test_without_a_zone_all_is_coarse() -> None:
    pixels = noise()
    blur.mosaic_outside(pixels, [])
    assert detail(pixels, (0, 0, 1, 1)) < 0.12
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) <= 64 * 48


@pytest.mark.parametrize("width", [320, 640, 1920])
def test_a_person_is_a_few_blocks_whatever_the_size_of_the_picture(width: int) -> None:
    pixels = noise(width, width * 3 // 4)
    blur.hide(pixels, [seen("person", (0.4, 0.2, 0.5, 0.6))])
    height = pixels.shape[0]
    person = pixels[int(0.2 * height) : int(0.6 * height), int(0.4 * width) : int(0.5 * width)]
    assert len(np.unique(person.reshape(-1, 3), axis=0)) <= 5 * 20
    assert detail(pixels, (0.41, 0.2, 0.49, 0.6)) < 0.13
    assert detail(pixels, (0.6, 0.2, 0.9, 0.6)) > 0.99


def test_the_margin_covers_what_the_box_missed() -> None:
    pixels = noise()
    blur.hide(pixels, [seen("person", (0.4, 0.2, 0.6, 0.6))])
    assert detail(pixels, (0.385, 0.17, 0.4, 0.63)) < 0.3


@pytest.mark.parametrize("kind", ["car", "truck", "bus", "motorcycle", "bicycle"])
def test_of_a_vehicle_the_plate_is_covered_and_the_rest_is_not(kind: str) -> None:
    pixels = noise()
    blur.hide(pixels, [seen(kind, (0.2, 0.2, 0.6, 0.6))])
    assert detail(pixels, (0.2, 0.45, 0.6, 0.6)) < 0.12
    assert detail(pixels, (0.2, 0.2, 0.6, 0.3)) > 0.99


@pytest.mark.parametrize("many", [1, 3])
def test_everybody_is_covered_also_who_is_hardly_made_out(many: int) -> None:
    pixels = noise()
    boxes = [(0.1 + 0.3 * n, 0.3, 0.2 + 0.3 * n, 0.7) for n in range(many)]
    blur.hide(pixels, [seen("person", box, 0.21) for box in boxes])
    assert all(detail(pixels, box) < 0.12 for box in boxes)


NEAR = (0.1, 0.0, 0.9, 1.0)


@pytest.mark.parametrize("score", [0.15, 0.3, 0.44])
def test_who_stands_close_is_covered_however_faintly_seen(score: float) -> None:
    pixels = noise()
    twice = [seen("person", (0.3, 0.5, 0.35 + more, 0.8), 0.9) for more in (0, 0.01)]
    blur.hide(pixels, [seen("person", NEAR, score), *twice, seen("car", NEAR, 0.9)])
    assert detail(pixels, NEAR) < 0.12


def test_a_faint_box_around_several_people_covers_each_of_them_and_hides_no_evidence() -> None:
    pixels = noise()
    people = [(0.2, 0.5, 0.25, 0.8), (0.5, 0.5, 0.55, 0.8)]
    blur.hide(pixels, [seen("person", NEAR, 0.3), *(seen("person", each, 0.5) for each in people)])
    assert all(detail(pixels, each) < 0.12 for each in people)
    assert detail(pixels, (0.65, 0.0, 0.9, 1.0)) > 0.99


def test_a_faint_vehicle_over_half_the_picture_hides_no_evidence() -> None:
    pixels = noise()
    blur.hide(pixels, [seen("truck", NEAR, 0.3)])
    assert (pixels == noise()).all()


@pytest.mark.parametrize("box", [(0, 0, 0, 0), (1, 1, 1, 1), (0.999, 0.999, 1, 1), (0, 0, 1, 1)])
def test_strange_boxes_do_no_harm(box: Any) -> None:
    pixels = noise(33, 17)
    blur.hide(pixels, [seen("person", box), seen("car", box)])
    assert pixels.shape == (17, 33, 3)


def square(x: float, y: float, side: float) -> list[tuple[float, float]]:
    return [(x, y), (x + side, y), (x + side, y + side), (x, y + side)]


class Watched:
    """A detector that sees nothing, and notes how large what it looked at is."""

    def __init__(self) -> None:
        self.sizes: list[tuple[int, int]] = []

    def look(self, who: str, network: Any, picture: Any) -> tuple[Seen, ...]:
        self.sizes.append((picture.width, picture.height))
        return ()


def test_a_preview_of_all_zones_looks_at_each_as_closely_as_its_evidence() -> None:
    detector: Any = Watched()
    network: Any = SimpleNamespace(
        model=SimpleNamespace(covers=True), prepare=lambda picture, _: picture
    )
    frame = Frame(av.VideoFrame.from_ndarray(noise(1280, 720), format="rgb24"), 0.0, False)
    look = Look(frame=frame, seen=(), network=network)
    zones = [square(0.0, 0.0, 0.1), square(0.02, 0.02, 0.1), square(0.2, 0.2, 0.6),
             square(0.9, 0.9, 0.1)]  # fmt: skip
    for zone in (zones[0], zones[2], zones[3]):
        evidence(look, detector, zone, (0.0, 0.0, 0.1, 0.1), 1280)
    alone, detector.sizes = sorted(detector.sizes), []
    snapshot(look, detector, zones, 1280)
    looked = sorted(detector.sizes)
    assert len(looked) == 3, "two zones side by side need one look"
    assert [width * height for width, height in looked] == pytest.approx(
        [width * height for width, height in alone], rel=0.3
    )


def test_what_is_seen_closer_comes_back_in_parts_of_the_whole() -> None:
    small = ((0.45, 0.45), (0.55, 0.45), (0.55, 0.55))
    sizes = []

    def find(part: blur.Pixels) -> list[Seen]:
        sizes.append(part.shape)
        return [seen("person", (0.5, 0.5, 1.0, 1.0))]

    (found,) = blur.look_closer(noise(600, 500), small, find)
    assert sizes == [(180, 216, 3)]
    assert found.box == pytest.approx((0.5, 0.5, 0.68, 0.68))


# ----------------------------------------------------------------------------------------- uploads


def packed(pixels: Any, kind: str = "JPEG", **options: Any) -> bytes:
    out = io.BytesIO()
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    image.save(out, kind, **options)
    return out.getvalue()


def unpacked(data: bytes) -> NDArray[Any]:
    return np.array(Image.open(io.BytesIO(data)))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_an_upload_becomes_a_jpeg_without_metadata(kind: str) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x8825] = "Maker", {1: "N", 2: (30.0, 18.0, 0.0)}
    out = Image.open(io.BytesIO(blur.blur_upload(packed(noise(), kind, exif=exif), nothing)))
    assert (out.format, out.size, dict(out.getexif())) == ("JPEG", (640, 480), {})
    assert out.info.keys() <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_an_upload_is_turned_upright() -> None:
    pixels = np.zeros((40, 80, 3), np.uint8)
    pixels[:, :40] = 255  # the left half is white
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned right by a quarter
    out = unpacked(blur.blur_upload(packed(pixels, exif=exif), nothing))
    assert out.shape == (80, 40, 3)
    assert out[10, 20, 0] > 240
    assert out[70, 20, 0] < 15


def test_an_upload_is_blurred_where_people_and_plates_are() -> None:
    def find(pixels: blur.Pixels) -> list[Seen]:
        whole = pixels.shape[:2] == (480, 640)
        return [seen("person", (0.1, 0.1, 0.3, 0.9)), seen("car", (0.6, 0.2, 0.9, 0.8))] * whole

    out = unpacked(blur.blur_upload(packed(noise(), "PNG"), find))
    person, plate, roof = (0.1, 0.1, 0.3, 0.9), (0.6, 0.5, 0.9, 0.8), (0.6, 0.2, 0.9, 0.3)
    variances = [_fine(out, box) for box in (person, plate, roof)]
    assert variances[0] < 2
    assert variances[1] < 2
    assert variances[2] > 20


def _fine(pixels: NDArray[Any], box: Any) -> float:
    """The median step between neighbours: small however a JPEG trembles, large in noise."""
    height, width = pixels.shape[:2]
    x1, y1, x2, y2 = box
    part = pixels[int(y1 * height) : int(y2 * height), int(x1 * width) : int(x2 * width)]
    return float(np.median(np.abs(np.diff(part.astype(int), axis=1))))


def test_small_people_are_looked_for_in_parts() -> None:
    """Only a part shows the person, as the whole is too coarse for the network."""

    def find(pixels: blur.Pixels) -> list[Seen]:
        return [] if pixels.shape[:2] == (480, 640) else [seen("person", (0.4, 0.4, 0.6, 0.6))]

    out = unpacked(blur.blur_upload(packed(noise(), "PNG"), find))
    assert _fine(out, (0.26, 0.26, 0.34, 0.34)) < 2
    assert _fine(out, (0.66, 0.66, 0.74, 0.74)) < 2
    assert _fine(out, (0.45, 0.45, 0.55, 0.55)) > 20


def test_a_large_upload_is_made_smaller() -> None:
    assert unpacked(blur.blur_upload(packed(noise(3000, 900)), nothing)).shape == (614, 2048, 3)


def test_a_transparent_upload_gets_a_white_ground() -> None:
    image = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
    assert unpacked(blur.blur_upload(packed(image, "PNG"), nothing)).min() > 250


@pytest.mark.parametrize("mode", ["L", "P", "CMYK", "1", "I;16"])
def test_uploads_of_every_mode_are_taken(mode: str) -> None:
    image = Image.new(mode, (40, 30))
    kind = "JPEG" if mode == "CMYK" else "PNG"
    assert unpacked(blur.blur_upload(packed(image, kind), nothing)).shape == (30, 40, 3)


def bomb() -> bytes:
    """A small PNG of 100 million pixels."""
    return packed(Image.new("1", (10_000, 10_000)), "PNG")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "no whole JPEG, PNG or WebP"),
        (b"<svg onload=alert(1)>", "no whole JPEG, PNG or WebP"),
        (packed(noise())[:5000], "no whole JPEG, PNG or WebP"),
        (packed(noise(), "PNG")[:5000], "no whole JPEG, PNG or WebP"),
        (packed(Image.new("RGB", (9, 9)), "GIF"), "no whole JPEG, PNG or WebP"),
        (bomb(), "more than 50 million pixels"),
        (b"x" * 30_000_001, "larger than 30 MB"),
    ],
    ids=["empty", "svg", "half a jpeg", "half a png", "gif", "bomb", "large"],
)
def test_what_is_no_picture_is_refused_with_a_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(blur.PictureError, match=sentence):
        blur.blur_upload(data, nothing)


# ------------------------------------------------------------------------------ with the real model


@pytest.fixture(scope="module")
def campus() -> av.VideoFrame:
    """The hundredth frame of the clip: seven people, a van and a car."""
    with av.open(str(CLIP)) as container:
        return next(p for n, p in enumerate(container.decode(video=0)) if n == 100)


HEADS = [
    (0.46, 0.35, 0.49, 0.39), (0.50, 0.30, 0.52, 0.34), (0.56, 0.29, 0.575, 0.33),
    (0.65, 0.23, 0.67, 0.27), (0.68, 0.24, 0.70, 0.28), (0.78, 0.24, 0.80, 0.28),
]  # fmt: skip


def sharp(pixels: NDArray[Any], box: Any) -> float:
    """The part of neighbours, across and down, between which there is a step."""
    height, width = pixels.shape[:2]
    x1, y1, x2, y2 = box
    part = pixels[int(y1 * height) : int(y2 * height), int(x1 * width) : int(x2 * width)]
    grey = part.astype(int).mean(axis=2)
    steps = [np.abs(np.diff(grey, axis=axis)).ravel() for axis in (0, 1)]
    return float((np.concatenate(steps) > 5).mean())


@pytest.mark.slow
def test_an_upload_of_the_campus_shows_no_face(detector: Any, campus: av.VideoFrame) -> None:
    eyes = Eyes(detector=detector, network=detector.network(None), who="test")
    before = campus.to_ndarray(format="rgb24")
    after = unpacked(blur.blur_upload(packed(before, "PNG"), eyes))
    for head in HEADS:
        assert sharp(after, head) < 0.35 < sharp(before, head), head
    assert sharp(after, (0.0, 0.5, 0.5, 1.0)) > 0.15  # the lawn is as it was


@pytest.mark.slow
def test_evidence_shows_the_zone_and_no_face(detector: Any, campus: av.VideoFrame) -> None:
    network = detector.network(None)
    frame = Frame(campus, 0.0, False)
    seen = network.look(network.prepare(campus, VideoReformatter()))
    look = Look(frame=frame, seen=seen, network=network)
    road = ((0.38, 0.2), (0.86, 0.2), (0.86, 0.55), (0.38, 0.55))
    after = unpacked(evidence(look, detector, road, (0.45, 0.5, 0.5, 0.54), 1280))
    assert after.shape == (432, 768, 3)
    for head in HEADS:
        assert sharp(after, head) < 0.35, head
    assert sharp(after, (0.39, 0.21, 0.44, 0.33)) > 0.15  # the gravel in the zone is clear
    assert sharp(after, (0.0, 0.6, 1.0, 1.0)) < 0.05
    small = unpacked(snapshot(look, detector, [], 400))
    assert small.shape == (225, 400, 3)
    assert sharp(small, (0, 0, 1, 1)) < 0.15


def test_without_eyes_there_is_no_picture(campus: av.VideoFrame) -> None:
    closed = Detector(threads=1)
    network = closed.network(None)
    closed.close()
    look = Look(frame=Frame(campus, 0.0, False), seen=(), network=network)
    assert evidence(look, closed, ZONE, (0, 0, 1, 1), 640) is None
    assert snapshot(look, closed, [ZONE], 640) is None
    assert look_at(look.frame, closed, network, "c") is None
