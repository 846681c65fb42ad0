"""Pictures in another size, and what is told in parts of a picture in pixels."""

from collections.abc import Sequence

import numpy as np
from av import VideoFrame
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from gpu.messages import Point


def pixels_of(
    picture: VideoFrame, width: int, height: int, tools: VideoReformatter, colours: str = "RGB"
) -> NDArray[np.uint8]:
    """[height, width, 3]. Averaging areas is the quickest way down, and keeps small things."""
    order = "rgb24" if colours == "RGB" else "bgr24"
    way = "AREA" if width < picture.width else "BILINEAR"
    scaled = tools.reformat(picture, width, height, order, interpolation=way, threads=1)
    return scaled.to_ndarray().astype(np.uint8, copy=False)


def grey_of(
    picture: VideoFrame, width: int, height: int, tools: VideoReformatter
) -> NDArray[np.uint8]:
    """[height, width], smaller than the picture."""
    grey = tools.reformat(picture, width, height, "gray", interpolation="AREA", threads=1)
    return grey.to_ndarray().astype(np.uint8, copy=False)


def corners_of(polygon: Sequence[Point], width: int, height: int) -> NDArray[np.int32]:
    """As OpenCV draws them."""
    return np.array([(x * width, y * height) for x, y in polygon]).round().astype(np.int32)
