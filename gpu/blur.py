"""Nobody leaves the worker recognisable: mosaics over people, number plates and surroundings.

A mosaic averages what it covers into blocks so coarse that nothing can be made out again, however
it is sharpened. Boxes are parts of the picture; pictures are uint8 [height, width, 3] RGB and are
changed in place.
"""

import io
from collections.abc import Callable, Iterable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from gpu.geometry import area, clipped, overlap
from gpu.messages import Box, Point
from gpu.pipeline import FAINTEST, Seen
from gpu.scaling import corners_of

Pixels = NDArray[np.uint8]
Find = Callable[[Pixels], Sequence[Seen]]

PLATED = {"car", "truck", "bus", "motorcycle", "bicycle"}  # e-bikes 电动自行车 are seen as bicycles
PLATE_BAND = {"car": 0.42, "truck": 0.42, "bus": 0.42}  # the lower part of the box
PLATE_BAND_OTHERS = 0.6
MARGIN = 0.1  # of the longer side, by which a box is enlarged on each side
BLOCKS_ACROSS = 64  # of a picture
BLOCKS_SHORT = 4  # along the shorter side of a person or a plate band
SURE_IF_LARGE = 0.45  # a faint vehicle over much of the picture is mostly a mistake
LARGE = 0.3
SMALL, SEVERAL = 0.1, 2  # so many people, so small in a faint box, are a group taken for one
SAME = 0.3  # overlap of one person seen twice, in the whole and in a part of it
CLOSER = 0.3  # of a picture, at least, is looked at once more
AROUND = 1.2  # times the zone, so that who stands on its edge is seen whole
LEAST_SIDE = 16  # pixels of a part: in fewer nobody can be made out

UPLOAD_BYTES = 30_000_000
UPLOAD_PIXELS = 50_000_000
UPLOAD_SIDE = 2048
QUALITY = 82


class PictureError(ValueError):
    """A picture that cannot be blurred; the sentence says what to do."""


def mosaic(pixels: Pixels, box: Box) -> None:
    """Average a box, enlarged by MARGIN, into at most BLOCKS_SHORT blocks on its shorter side."""
    x1, y1, x2, y2 = _enlarged(_pixel_box(pixels, box))
    part = pixels[y1:y2, x1:x2]
    if part.size:
        block = max(-(-min(part.shape[:2]) // BLOCKS_SHORT), block_of(pixels) // 2)
        pixels[y1:y2, x1:x2] = _coarse(part, block)


def mosaic_outside(pixels: Pixels, polygons: Iterable[Sequence[Point]]) -> None:
    """Average all that lies in none of the polygons into BLOCKS_ACROSS blocks."""
    height, width = pixels.shape[:2]
    inside = np.zeros((height, width), np.uint8)
    for polygon in polygons:
        cv2.fillPoly(inside, [corners_of(polygon, width, height)], 1)
    coarse = _coarse(pixels, block_of(pixels))
    np.copyto(pixels, coarse, where=inside[:, :, None] == 0)


def block_of(pixels: Pixels) -> int:
    """The size of a block for the surroundings, never finer than 8 pixels."""
    side: int = max(pixels.shape[:2])
    return max(-(-side // BLOCKS_ACROSS), 8)


def hide(pixels: Pixels, seen: Iterable[Seen], *, band: float = 0.0) -> None:
    """Cover every person, and the plate band of every vehicle (at least `band` of its height)."""
    seen = [each for each in seen if each.score >= FAINTEST]
    for each in seen:
        if each.object == "person":
            if not _faint(each) or not _is_a_group(each, seen):
                mosaic(pixels, each.box)
        elif each.object in PLATED and not _faint(each):
            share = PLATE_BAND.get(each.object, PLATE_BAND_OTHERS)
            mosaic(pixels, _lower(each.box, max(share, band)))


def protected(pixels: Pixels, polygons: Iterable[Sequence[Point]], seen: Iterable[Seen]) -> Pixels:
    """The picture that may leave: only the polygons are clear, without people and plates."""
    hide(pixels, seen)
    mosaic_outside(pixels, polygons)
    return pixels


def mark(pixels: Pixels, polygon: Sequence[Point], box: Box) -> None:
    """Draw the zone and the object, so that who looks knows where."""
    height, width = pixels.shape[:2]
    thick = max(1, width // 640)
    cv2.polylines(pixels, [corners_of(polygon, width, height)], True, (255, 200, 0), thick)
    x1, y1, x2, y2 = _pixel_box(pixels, box)
    cv2.rectangle(pixels, (x1, y1), (x2 - 1, y2 - 1), (255, 40, 40), thick)


def jpeg(pixels: Pixels) -> bytes:
    """A JPEG without metadata."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def blur_upload(data: bytes, find: Find) -> bytes:
    """A JPEG, PNG or WebP that somebody uploaded, as a JPEG that others may see.

    Turned upright, without metadata, at most UPLOAD_SIDE pixels a side. `find` looks at the whole
    and at quarters of it, where small people are larger. Raises PictureError.
    """
    pixels = read_picture(data)
    cover(pixels, (), find)
    return jpeg(pixels)


def cover(pixels: Pixels, seen: Iterable[Seen], find: Find) -> None:
    """Hide what was seen in a whole picture, and what `find` sees in it and in parts of it."""
    found = [*seen, *find(pixels)]
    for part in _quarters():
        found += _seen_in_part(pixels, part, find)
    hide(pixels, found, band=0.6)


def side(polygon: Sequence[Point]) -> float:
    """Of the square that is looked at closer."""
    xs, ys = zip(*polygon, strict=True)
    longest: float = max(max(xs) - min(xs), max(ys) - min(ys), CLOSER)
    return longest


def look_closer(pixels: Pixels, polygon: Sequence[Point], find: Find) -> list[Seen]:
    """What is seen in the polygon's surroundings alone, where it is larger."""
    xs, ys = zip(*polygon, strict=True)
    half = side(polygon) * AROUND / 2
    x, y = (max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2
    return _seen_in_part(pixels, clipped((x - half, y - half, x + half, y + half)), find)


def read_picture(data: bytes) -> Pixels:
    """Decode what came from outside; size is checked before anything is unpacked."""
    if len(data) > UPLOAD_BYTES:
        most = UPLOAD_BYTES // 1_000_000
        raise PictureError(f"The picture is larger than {most} MB; send a smaller one.")
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP")) as image:
            return _unpacked(image)
    except PictureError:
        raise
    except Image.DecompressionBombError:
        raise _too_many_pixels() from None
    except Exception as error:  # Pillow's readers raise a dozen kinds for broken files
        reason = f"{type(error).__name__}: {error}"[:120]
        raise PictureError(
            f"This is no whole JPEG, PNG or WebP ({reason}); send another."
        ) from None


def _unpacked(image: Image.Image) -> Pixels:
    if image.width * image.height > UPLOAD_PIXELS:
        raise _too_many_pixels()
    image.draft("RGB", (UPLOAD_SIDE, UPLOAD_SIDE))
    upright = ImageOps.exif_transpose(image)
    upright.thumbnail((UPLOAD_SIDE, UPLOAD_SIDE))
    if upright.has_transparency_data:
        upright = Image.alpha_composite(
            Image.new("RGBA", upright.size, "white"), upright.convert("RGBA")
        )
    return np.array(upright.convert("RGB"))


def _faint(thing: Seen) -> bool:
    return thing.score < SURE_IF_LARGE and area(thing.box) > LARGE


def _is_a_group(person: Seen, seen: Iterable[Seen]) -> bool:
    """Whether a faint box is drawn around several people; each of them is covered anyhow.

    Without them it may be one person close by, whose face is the largest of all.
    """
    people: list[Box] = []
    for box in (each.box for each in seen if _is_part(each, person)):
        if all(overlap(box, other) < SAME for other in people):
            people.append(box)
    return len(people) >= SEVERAL


def _is_part(each: Seen, group: Seen) -> bool:
    """Whether it surely is a person, much smaller than the group and standing in it."""
    if each.object != "person" or each.score < SURE_IF_LARGE:
        return False
    (x1, y1, x2, y2), (left, top, right, bottom) = each.box, group.box
    inside = left <= (x1 + x2) / 2 <= right and top <= (y1 + y2) / 2 <= bottom
    return inside and area(each.box) < SMALL * area(group.box)


def _too_many_pixels() -> PictureError:
    most = UPLOAD_PIXELS // 1_000_000
    return PictureError(f"The picture has more than {most} million pixels; send a smaller one.")


def _quarters() -> list[Box]:
    """Four parts that overlap, so that nobody stands only on a seam."""
    return [(x, y, x + 0.6, y + 0.6) for x in (0.0, 0.4) for y in (0.0, 0.4)]


def _seen_in_part(pixels: Pixels, part: Box, find: Find) -> list[Seen]:
    x1, y1, x2, y2 = _pixel_box(pixels, part)
    height, width = pixels.shape[:2]
    if x2 - x1 < LEAST_SIDE or y2 - y1 < LEAST_SIDE:
        return []
    across, down = (x2 - x1) / width, (y2 - y1) / height
    left, top = x1 / width, y1 / height

    def whole(box: Box) -> Box:
        a, b, c, d = box
        return clipped((left + a * across, top + b * down, left + c * across, top + d * down))

    seen = find(np.ascontiguousarray(pixels[y1:y2, x1:x2]))
    return [Seen(object=each.object, score=each.score, box=whole(each.box)) for each in seen]


def _coarse(part: Pixels, block: int) -> Pixels:
    height, width = part.shape[:2]
    small = (max(1, width // block), max(1, height // block))
    means = cv2.resize(part, small, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(means, (width, height), interpolation=cv2.INTER_NEAREST), np.uint8)


def _lower(box: Box, share: float) -> Box:
    x1, y1, x2, y2 = box
    return x1, y2 - (y2 - y1) * share, x2, y2


def _enlarged(box: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    x1, y1, x2, y2 = box
    margin = round(MARGIN * max(x2 - x1, y2 - y1))
    return max(x1 - margin, 0), max(y1 - margin, 0), x2 + margin, y2 + margin


def _pixel_box(pixels: Pixels, box: Box) -> tuple[int, int, int, int]:
    """Outwards to whole pixels."""
    height, width = pixels.shape[:2]
    x1, y1, x2, y2 = box
    return (
        int(x1 * width),
        int(y1 * height),
        min(width, int(np.ceil(x2 * width))),
        min(height, int(np.ceil(y2 * height))),
    )
