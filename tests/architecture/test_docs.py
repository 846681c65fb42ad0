"""Documents that speak of code say what the code says."""

import ast
import inspect
import re
from pathlib import Path

import pytest

from core import hooks

TREE = Path(__file__).resolve().parents[2]
DOCS = TREE / "docs"
HOOKS = [name for name in vars(hooks) if name.startswith("add_")]
PACKAGE = TREE / "tests" / "example_plugin"


def blocks(path: Path, language: str) -> list[str]:
    text = path.read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def test_every_hook_is_described_in_the_order_of_the_code() -> None:
    headings = re.findall(r"^## (.*)$", (DOCS / "hooks.md").read_text("utf-8"), re.MULTILINE)
    assert headings == [signature(name) for name in HOOKS]


def signature(name: str) -> str:
    answer = inspect.signature(getattr(hooks, name)).return_annotation
    return f"{name}() -> {answer}"


def test_every_hook_has_an_example_that_answers_it() -> None:
    answered = [
        node.name
        for block in blocks(DOCS / "hooks.md", "python")
        for node in ast.parse(block).body
        if isinstance(node, ast.FunctionDef)
    ]
    assert answered == HOOKS


def test_the_tutorial_holds_the_code_of_the_example_word_for_word() -> None:
    text = (DOCS / "first-plugin.md").read_text("utf-8")
    named = r"^`(liuhe_notes/\S+|pyproject\.toml)`\n+```\w*\n(.*?)^```"
    shown = dict(re.findall(named, text, re.MULTILINE | re.DOTALL))
    assert shown == {name: (PACKAGE / name).read_text("utf-8") for name in written()}


def written() -> set[str]:
    """What an author writes; migrations are made, and `__init__.py` says only what it is."""
    files = [PACKAGE / "pyproject.toml", *(PACKAGE / "liuhe_notes").rglob("*.*")]
    return {
        path.relative_to(PACKAGE).as_posix()
        for path in files
        if path.suffix in (".py", ".html", ".toml")
        and path.name != "__init__.py"
        and "migrations" not in path.parts
    }


@pytest.mark.parametrize("path", sorted(DOCS.rglob("*.md")), ids=lambda path: path.name)
def test_links_inside_the_project_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)", path.read_text("utf-8"))
    inside = [target for target in targets if "://" not in target]
    assert [target for target in inside if not (path.parent / target).exists()] == []


def test_each_decision_has_a_number_of_its_own() -> None:
    numbers = sorted(int(path.name[:4]) for path in (DOCS / "decisions").glob("*.md"))
    assert numbers == [*range(1, len(numbers) + 1)]
