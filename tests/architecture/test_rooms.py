"""The house as drawn is the house as built: rooms, and what no file may mention."""

import re
import subprocess
from pathlib import Path
from shutil import which

import pytest

TREE = Path(__file__).resolve().parents[2]
PLUGINS = sorted(path.parent for path in (TREE / "plugins").glob("*/plugin.py"))
ROOMS = {
    "plugin",
    "models",
    "rules",
    "facts",
    "actions",
    "schema",
    "pages",
    "jobs",
    "permissions",
    "settings",
    "indicators",
    "seeds",
    "templates",
}


@pytest.mark.parametrize("folder", PLUGINS, ids=lambda path: path.name)
def test_a_plugin_has_known_rooms_only(folder: Path) -> None:
    found = {
        path.stem for path in folder.iterdir() if path.name not in ("__init__.py", "__pycache__")
    }
    assert found - ROOMS == set()


@pytest.mark.parametrize("folder", PLUGINS, ids=lambda path: path.name)
def test_a_plugins_templates_lie_under_its_own_name(folder: Path) -> None:
    templates = folder / "templates"
    if templates.exists():
        assert [path.name for path in templates.iterdir()] == [folder.name]


def test_rooms_are_listed_in_the_docs() -> None:
    text = (TREE / "docs" / "rooms.md").read_text("utf-8")
    listed = set(re.findall(r"^\| `(\w+)", text, re.MULTILINE))
    assert listed == ROOMS


def project_files() -> list[Path]:
    """What belongs to the project: known to git, or everything that is no one's leftover."""
    if (TREE / ".git").exists() and which("git"):
        listing = subprocess.run(
            ["git", "ls-files", "-z"], cwd=TREE, capture_output=True, text=True, check=True
        )
        names = filter(None, listing.stdout.split("\0"))
        return [TREE / name for name in names if (TREE / name).is_file()]
    hidden = re.compile(r"(^|/)(\.[^/]+|__pycache__|data|node_modules)(/|$)")
    return [
        path
        for path in TREE.rglob("*")
        if path.is_file() and not hidden.search(path.relative_to(TREE).as_posix())
    ]


def texts(files: list[Path]) -> dict[Path, str]:
    found = {}
    for path in files:
        data = path.read_bytes()
        if b"\0" not in data[:2000]:
            found[path] = data.decode("utf-8", "replace")
    return found


def test_no_file_mentions_the_machine_it_was_written_on() -> None:
    machine = re.compile(r"(?<![\w.])/(?:" + "work|root|" + r"home/\w+|tmp/" + r"lab)/")
    assert {
        str(path.relative_to(TREE)): hit.group()
        for path, text in texts(project_files()).items()
        if (hit := machine.search(text))
    } == {}


def test_pages_load_nothing_from_outside() -> None:
    outside = re.compile(r"""https?://|(?:src|srcset|href|action|poster|hx-\w+)=["']?//""")
    templates = [path for path in project_files() if "templates" in path.parts]
    pages = {path: text for path, text in texts(templates).items() if path.suffix == ".html"}
    assert pages
    assert {
        str(path.relative_to(TREE)): hit.group()
        for path, text in pages.items()
        if (hit := outside.search(text))
    } == {}


def test_templates_hold_no_script_and_no_style_of_their_own() -> None:
    inline = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:|hx-on", re.I)
    templates = [path for path in project_files() if "templates" in path.parts]
    assert {
        str(path.relative_to(TREE)): hit.group()
        for path, text in texts(templates).items()
        if path.suffix == ".html" and (hit := inline.search(text))
    } == {}
