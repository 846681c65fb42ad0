"""The close-up of a small object: inside the picture, around the object, never distorted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.city_eye.rules import LARGE, WIDE, close_up

part = st.floats(0, 1, allow_nan=False)
small = st.floats(0.001, LARGE - 0.001, allow_nan=False)


@given(x=part, y=part, width=small, height=small, ratio=st.sampled_from([WIDE, 4 / 3, 1.0, 9 / 16]))
def test_it_lies_in_the_picture_and_holds_the_middle_of_the_object(
    x: float, y: float, width: float, height: float, ratio: float
) -> None:
    x, y = x * (1 - width), y * (1 - height)
    found = close_up((x, y, x + width, y + height), ratio)
    assert found is not None
    left, top, wide, high = found
    assert left >= -1e-3
    assert top >= -1e-3
    assert left + wide <= ratio + 1e-3
    assert top + high <= 1 + 1e-3
    assert left - 1e-3 <= (x + width / 2) * ratio <= left + wide + 1e-3
    assert top - 1e-3 <= y + height / 2 <= top + high + 1e-3
    assert wide / high == pytest.approx(WIDE, rel=1e-2)


def test_a_large_object_needs_none() -> None:
    assert close_up((0.1, 0.1, 0.1 + LARGE, 0.2), WIDE) is None


def test_a_parked_car_at_the_edge_is_shown_twice_its_size() -> None:
    assert close_up((0.9, 0.0, 1.0, 0.1), WIDE) == (1.3867, 0.0, 0.3911, 0.22)
