"""The import contracts of pyproject.toml keep a good house and catch each way to break it.

They are tried on a toy house, so that they are known to bite before anybody breaks them.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

GOOD = {
    "core/kernel.py": "import pluggy",
    "core/facts.py": "from core import kernel",
    "web/pages.py": "import starlette\nfrom core import kernel",
    "liuhe/__init__.py": "from core import kernel\nfrom web import pages",
    "liuhe/cli.py": "import core.kernel\nimport plugins.cases.plugin\nimport gpu.pipeline",
    "liuhe/__main__.py": "import liuhe.cli",
    "liuhe/bench/__init__.py": "import core.kernel",
    "gpu/addresses.py": "",
    "gpu/geometry.py": "",
    "gpu/zones.py": "",
    "gpu/messages.py": "",
    "gpu/national/messages.py": "",
    "gpu/pipeline.py": "import numpy\nfrom gpu import messages, zones",
    "plugins/cases/plugin.py": "from plugins.cases import pages",
    "plugins/cases/pages.py": "from plugins.cases import actions, settings",
    "plugins/cases/actions.py": "from plugins.cases import facts, models",
    "plugins/cases/models/__init__.py": "from plugins.cases.models import case",
    "plugins/cases/models/case.py": "from liuhe import kernel\nfrom plugins.cases import rules",
    "plugins/cases/rules.py": "",
    "plugins/cases/facts.py": "",
    "plugins/cases/settings.py": "",
    "plugins/video/actions.py": "import gpu.messages, gpu.zones\nimport gpu.national.messages\n"
    "import plugins.cases.actions",
}

BREACHES = [
    ("Floors", "core/kernel.py", "import web.pages"),
    ("Floors", "web/pages.py", "import liuhe"),
    ("Floors", "liuhe/__init__.py", "import plugins.cases.facts"),
    ("The front door is the only one", "plugins/cases/actions.py", "import core.kernel"),
    ("The front door is the only one", "plugins/cases/models/case.py", "from web import pages"),
    ("Nobody imports the command line", "plugins/cases/plugin.py", "import liuhe.cli"),
    ("Nobody imports the command line", "liuhe/__init__.py", "import liuhe.cli"),
    ("A neighbour's public rooms", "plugins/video/actions.py", "import plugins.cases.rules"),
    ("A neighbour's public rooms", "plugins/video/facts.py", "import plugins.cases.models.case"),
    ("Rooms", "plugins/cases/rules.py", "import plugins.cases.models"),
    ("Rooms", "plugins/cases/models/case.py", "import plugins.cases.actions"),
    ("Rooms", "plugins/cases/actions.py", "import plugins.cases.pages"),
    ("Rooms", "plugins/cases/helpers.py", ""),
    ("No circles", "plugins/cases/actions.py", "import plugins.video.actions"),
    ("No circles", "core/kernel.py", "import core.facts"),
    ("The eyes are a program", "gpu/pipeline.py", "import tortoise"),
    ("The eyes are a program", "gpu/pipeline.py", "import core.kernel"),
    ("Of the eyes, only plugins/video", "plugins/video/actions.py", "import gpu.pipeline"),
    ("Of the eyes, only plugins/video", "plugins/cases/actions.py", "import gpu.zones"),
    ("Of the eyes, only plugins/video", "core/kernel.py", "import gpu.messages"),
    ("What the server reads of the eyes", "gpu/zones.py", "import numpy"),
    ("What the server reads of the eyes", "gpu/national/messages.py", "import aiosipua"),
]


def build(tree: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
        for folder in path.relative_to(tree).parents[:-1]:
            (tree / folder / "__init__.py").touch()


def broken_contracts(tree: Path) -> list[str]:
    """The names of the contracts that import-linter says are broken."""
    contracts = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (tree / "pyproject.toml").write_text(contracts, encoding="utf-8")
    linted = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=tree,
        env=os.environ | {"PYTHONPATH": str(tree), "COLUMNS": "200"},
        capture_output=True,
        text=True,
    )
    assert "Contracts" in linted.stdout, linted.stdout + linted.stderr
    return re.findall(r"^(.+?) +BROKEN", linted.stdout, re.MULTILINE)


def test_the_house_as_drawn_breaks_no_contract(tmp_path: Path) -> None:
    build(tmp_path, GOOD)
    assert broken_contracts(tmp_path) == []


@pytest.mark.parametrize(("contract", "file", "line"), BREACHES)
def test_a_breach_is_caught_by_its_contract(
    tmp_path: Path, contract: str, file: str, line: str
) -> None:
    build(tmp_path, GOOD)
    build(tmp_path, {file: f"{GOOD.get(file, '')}\n{line}"})
    assert contract in " ".join(broken_contracts(tmp_path))
