"""What the page of settings shows as an example is what the plugins take."""

import re
import tomllib
from pathlib import Path
from typing import Any

from core.settings import SettingsSource
from tests.conftest import TREE, KernelOn
from tests.factories import only

PAGE = TREE / "docs/operate/settings.md"


def example(page: Path) -> dict[str, Any]:
    (text,) = re.findall(r"```toml\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    return tomllib.loads(text)


@only("sqlite")
async def test_the_example_of_the_settings_page_leaves_no_plugin_out(kernel_on: KernelOn) -> None:
    written = example(PAGE)
    sections = {name: one for name, one in written.items() if isinstance(one, dict)}
    assert len(sections) >= 2
    async with kernel_on(sections=sections) as kernel:
        assert kernel.failed == {}
    SettingsSource({"port": written["port"]}, {}).kernel()
