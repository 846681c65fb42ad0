"""Who leans on whom: the contracts of pyproject.toml, and what manifests say about neighbours."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

import core

TREE = Path(__file__).resolve().parents[2]
PLUGINS = sorted(path.parent.name for path in (TREE / "plugins").glob("*/plugin.py"))


def test_what_is_tested_is_what_lies_here() -> None:
    assert Path(str(core.__file__)).parent == TREE / "core"


@pytest.mark.skipif(find_spec("importlinter") is None, reason="import-linter is not installed")
def test_the_import_contracts_hold() -> None:
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command as run; run()",
    ]
    done = subprocess.run([*command, "--no-cache"], cwd=TREE, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("plugin", PLUGINS)
def test_a_manifest_requires_the_neighbours_that_the_code_uses(plugin: str) -> None:
    manifest = import_module(f"plugins.{plugin}.plugin").manifest
    assert set(manifest.requires) == neighbours(TREE / "plugins" / plugin) - {plugin}


def neighbours(folder: Path) -> set[str]:
    """Plugins that are imported, or pointed to by a foreign key."""
    trees = [ast.parse(path.read_text("utf-8")) for path in folder.rglob("*.py")]
    return {name for tree in trees for name in (*imported(tree), *pointed_to(tree))}


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            if name.startswith("plugins."):
                yield name.split(".")[1]


def pointed_to(tree: ast.AST) -> Iterator[str]:
    fields = ("ForeignKeyField", "OneToOneField", "ManyToManyField")
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in fields
            and node.args
            and isinstance(node.args[0], ast.Constant)
        ):
            app = str(node.args[0].value).split(".")[0]
            if app != "core":
                yield app


def test_a_neighbour_that_is_used_is_seen_whatever_way_it_is_used() -> None:
    text = """
import plugins.one.facts
from plugins.two import actions
from plugins.three.schema import Thing
case = fields.ForeignKeyField("four.Case", related_name="things")
area = fields.ForeignKeyField("core.Area")
"""
    tree = ast.parse(text)
    assert {*imported(tree), *pointed_to(tree)} == {"one", "two", "three", "four"}
