"""Pictures on demand: who asks gets the next one of that camera; nobody else costs anything."""

import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from gpu.deepstream import host, mapper
from gpu.deepstream.pictures import Pictures
from gpu.deepstream.watching import _shaped
from tests.gpu.gst_machine import PERSON, FakeBuffer, World


class Gate:
    """The part of a machine that pictures use."""

    def __init__(self) -> None:
        self.states: list[bool] = []

    def set(self, name: str, properties: dict[str, Any]) -> None:
        assert name == "gate"
        self.states.append(not properties["drop"])

    @property
    def is_open(self) -> bool:
        return bool(self.states) and self.states[-1]


class Buffer(FakeBuffer):
    def __init__(self, *pads: int, world: World | None = None) -> None:
        super().__init__((world or World()).metadata([(pad, 0) for pad in pads]), (1280, 720))
        self.extracted: list[int] = []

    def extract(self, batch_id: int) -> Any:
        self.extracted.append(batch_id)
        return np.full((self.height, self.width, 3), 10 + batch_id, np.uint8)


Asked = tuple[list[Any], threading.Thread]


def asking(pictures: Pictures, pad: int, patience: float = 5.0) -> Asked:
    answers: list[Any] = []
    thread = threading.Thread(target=lambda: answers.append(pictures.ask(pad, patience)))
    thread.start()
    return answers, thread


def test_while_nobody_asks_nothing_is_copied_and_the_gate_is_left_alone() -> None:
    gate, buffer = Gate(), Buffer(0, 1)
    Pictures(gate).take(buffer)  # type: ignore[arg-type]
    assert (buffer.extracted, gate.states) == ([], [])


def test_who_asks_gets_his_camera_s_picture_and_the_gate_shuts(
    until: Callable[..., None],
) -> None:
    gate = Gate()
    pictures = Pictures(gate)  # type: ignore[arg-type]
    first, second = asking(pictures, 1), asking(pictures, 1)
    until(lambda: len(pictures._wishes) == 2)
    assert gate.is_open
    other = Buffer(0)
    pictures.take(other)
    assert other.extracted == [], "another camera's"
    buffer = Buffer(0, 1)
    pictures.take(buffer)
    for answers, thread in (first, second):
        thread.join(5)
        pixels, frame = answers[0]
        assert frame.pad == 1
        assert (pixels == 11).all()
    assert buffer.extracted == [1], "copied once for both"
    assert not gate.is_open
    assert gate.states == [True, False]
    assert first[0][0][0] is not second[0][0][0], "blurring changes a picture in place"


@pytest.mark.parametrize("size", [(1920, 1080), (2560, 1440), (1280, 720), (704, 576)])
def test_boxes_lie_in_the_picture_where_the_camera_had_them(
    size: tuple[int, int], until: Callable[..., None]
) -> None:
    box = (0.7, 0.5, 0.8, 0.9)
    pictures = Pictures(Gate())  # type: ignore[arg-type]
    answers, thread = asking(pictures, 0)
    until(lambda: len(pictures._wishes) == 1)
    pictures.take(Buffer(0, world=World(lambda pad, number: [(1, PERSON, 0.9, box)], size)))
    thread.join(5)
    [(_, frame)] = answers
    assert (frame.width, frame.height) == size, "the camera's own shape"
    [track] = mapper.tracks(frame, {PERSON: "person"})
    assert track.box == pytest.approx(box)


def test_a_camera_that_is_away_is_not_waited_for_for_long() -> None:
    gate = Gate()
    pictures = Pictures(gate)  # type: ignore[arg-type]
    assert pictures.ask(0, 0.05) is None
    assert gate.states == [True, False]
    late = Buffer(0)
    pictures.take(late)
    assert late.extracted == [], "nobody wants it any more"


def test_a_picture_that_cannot_be_copied_is_no_picture(until: Callable[..., None]) -> None:
    def broken(tensor: Any) -> Any:
        raise host.CopyError("no CUDA")

    pictures = Pictures(Gate(), broken)  # type: ignore[arg-type]
    answers, thread = asking(pictures, 0)
    until(lambda: len(pictures._wishes) == 1)
    pictures.take(Buffer(0))
    thread.join(5)
    assert answers == [None]


def test_a_picture_gets_its_camera_s_shape_back() -> None:
    frame = SimpleNamespace(width=768, height=576)
    pixels = np.zeros((720, 1280, 3), np.uint8)
    assert _shaped(pixels, frame).shape == (960, 1280, 3)  # type: ignore[arg-type]
    wide = SimpleNamespace(width=1920, height=1080)
    assert _shaped(pixels, wide) is pixels  # type: ignore[arg-type]
