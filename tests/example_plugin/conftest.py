"""Installs the example as a package of its own, where only the tests of this folder find it."""

import importlib
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the installed package: by pip, or by its metadata where nothing can build."""
    folder = tmp_path_factory.mktemp("site")
    if find_spec("pip") and find_spec("hatchling"):
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
        command += ["--no-build-isolation", "--target", str(folder), str(PACKAGE)]
        subprocess.run(command, check=True)
    else:
        (folder / "liuhe_notes").symlink_to(PACKAGE / "liuhe_notes")
        _write_metadata(folder)
    return folder


def _write_metadata(folder: Path) -> None:
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text("utf-8"))["project"]
    info = folder / f"liuhe_notes-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    points = project["entry-points"]["liuhe.plugins"].items()
    lines = "\n".join(f"{name} = {target}" for name, target in points)
    (info / "entry_points.txt").write_text(f"[liuhe.plugins]\n{lines}\n")


@pytest.fixture
def installed(site: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(site))
    importlib.invalidate_caches()
    return site
