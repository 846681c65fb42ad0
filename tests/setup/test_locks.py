"""The lock files: complete, hashed, tied to no registry, and what pyproject.toml asks for."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ["run", "gpu", "test"]
EXTRAS = {"run": ["eyes"], "gpu": ["eyes", "engine"]}
PLATFORMS = [
    {"sys_platform": system, "platform_machine": machine, "python_full_version": f"{python}.1"}
    for system, machine in (("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "arm64"))
    for python in ("3.11", "3.12", "3.13")
]


def text(kind: str) -> str:
    return (ROOT / "requirements" / f"{kind}.txt").read_text(encoding="utf-8")


def entries(kind: str) -> list[str]:
    """One string for each locked package, hashes and all."""
    joined = text(kind).replace("\\\n", " ")
    return [line for line in joined.splitlines() if line and not line.startswith("#")]


def locked(kind: str, platform: dict[str, str]) -> dict[str, str]:
    """Name and version of what is installed on this platform."""
    requirements = [Requirement(entry.partition(" --hash")[0]) for entry in entries(kind)]
    return {
        canonicalize_name(one.name): str(one.specifier).removeprefix("==")
        for one in requirements
        if applies(one.marker, platform)
    }


def applies(marker: Marker | None, platform: dict[str, str]) -> bool:
    return marker is None or marker.evaluate(platform)


def asked(kind: str) -> list[Requirement]:
    """What pyproject.toml wants in this lock."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project = pyproject["project"]
    extras = EXTRAS.get(kind, list(project["optional-dependencies"]))
    wanted = project["dependencies"] + pyproject["build-system"]["requires"]
    for extra in extras:
        wanted += project["optional-dependencies"][extra]
    return [Requirement(one) for one in wanted]


@pytest.mark.parametrize("kind", LOCKS)
def test_every_package_is_pinned_and_hashed(kind: str) -> None:
    odd = [
        one for one in entries(kind) if not re.match(r"[\w.-]+==\S+ .*--hash=sha256:\w{64}", one)
    ]
    assert odd == []


@pytest.mark.parametrize("kind", LOCKS)
def test_no_registry_is_named(kind: str) -> None:
    assert re.findall(r"\S+://\S+|--\w*index\S*|--find-links", text(kind)) == []


@pytest.mark.parametrize("platform", PLATFORMS, ids=lambda one: "-".join(one.values()))
@pytest.mark.parametrize("kind", LOCKS)
def test_the_lock_holds_what_pyproject_asks_for(kind: str, platform: dict[str, str]) -> None:
    have = locked(kind, platform)
    unmet = [
        str(one)
        for one in asked(kind)
        if applies(one.marker, platform)
        and not one.specifier.contains(have.get(canonicalize_name(one.name), "0"))
    ]
    assert unmet == []


@pytest.mark.parametrize("platform", PLATFORMS, ids=lambda one: "-".join(one.values()))
def test_tests_run_on_the_versions_that_users_run(platform: dict[str, str]) -> None:
    assert locked("run", platform).items() <= locked("test", platform).items()


@pytest.mark.parametrize("kind", LOCKS)
def test_opencv_comes_once_and_without_a_screen(kind: str) -> None:
    assert re.findall(r"^opencv[\w-]*", text(kind), re.MULTILINE) == ["opencv-python-headless"]


def test_whoever_installs_from_a_lock_by_hand_takes_it_as_it_is() -> None:
    """Some packages are locked without all that they ask for (what liuhe does not use of them):
    pip refuses such a lock unless it is told to look no further."""
    lines = [
        line
        for path in sorted((ROOT / "docs").rglob("*"))
        if path.is_file() and path.suffix in ("", ".md", ".service")
        for line in path.read_text(encoding="utf-8").splitlines()
        if "pip install" in line and "requirements/" in line
    ]
    assert len(lines) >= 2, "the container file and the guide"
    for line in lines:
        assert "--no-deps" in line, line
        assert "--require-hashes" in line, line
