"""What the settings of figures may say."""

import pytest

from plugins.figures.settings import FiguresSettings


def test_an_answer_is_never_promised_later_than_within_15_days() -> None:
    assert FiguresSettings(answer_days=3).answer_days == 3
    with pytest.raises(ValueError, match="15"):
        FiguresSettings(answer_days=16)
