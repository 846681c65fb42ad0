"""An indicator is refused where it could not be told from another or shown."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.indicators import Band, Indicator, Scale, Things
from core.testing import load
from tests.factories import plugin


async def nothing(given: Any) -> Any:
    return {}


TREES = Things(
    title="树木",
    permission="trees.see",
    seen=lambda viewer: pytest.fail("not asked at start"),
    describe=nothing,
    type_names=nothing,
)
SOUND = Indicator(
    code="trees.watered",
    title="浇水率",
    formula="按时浇水 ÷ 应浇水",
    numerator="按时浇水",
    numerator_how="到期以前浇了水的",
    denominator="应浇水",
    denominator_how="本月到期要浇水的",
    things=TREES,
    count=nothing,
)
RED = Band(colour="红", tone="bad")


def test_a_sound_one_is_in_the_house_with_its_owner(tmp_path: Path) -> None:
    kernel = load(tmp_path, found=[plugin("trees", add_indicators=[SOUND])])
    assert kernel.failed == {}
    assert kernel.house().indicators == {"trees.watered": SOUND}
    assert SOUND.owner == "trees"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"code": "cases.watered"}, "要以“trees.”开头"),
        ({"code": "trees.a b"}, "要以“trees.”开头"),
        ({"code": f"trees.{'a' * 60}"}, "太长"),
        ({"version": 0}, "从 1 起"),
        ({"floor": 0}, "从 1 起"),
        ({"formula": ""}, "没有写全口径"),
        ({"beside": "trees.felled"}, "没有这个指标"),
        ({"scale": Scale(name="色标", bands=(RED, RED))}, "最后一种颜色"),
        ({"scale": Scale(name="色标", bands=(replace(RED, bound=90),))}, "最后一种颜色"),
    ],
)
def test_a_wrong_one_keeps_its_plugin_out(
    wrong: dict[str, Any], sentence: str, tmp_path: Path
) -> None:
    kernel = load(tmp_path, found=[plugin("trees", add_indicators=[replace(SOUND, **wrong)])])
    assert sentence in kernel.failed["trees"]


def test_the_same_code_twice_is_refused(tmp_path: Path) -> None:
    kernel = load(tmp_path, found=[plugin("trees", add_indicators=[SOUND, SOUND])])
    assert "定义了两次" in kernel.failed["trees"]
