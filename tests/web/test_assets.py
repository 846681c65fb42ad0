"""What a page brings along is ours, known, light, and fits the content policy."""

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

import web

WEB = Path(web.__file__).parent
STATIC = WEB / "static"
VENDOR = STATIC / "vendor"
TEMPLATES = WEB / "templates"
PLUGINS = WEB.parent / "plugins"
LIMIT = 120_000  # bytes of script and style on any page, uncompressed
ENTRIES: list[dict[str, Any]] = json.loads((VENDOR / "manifest.json").read_text())
OURS = sorted(
    path
    for path in WEB.rglob("*")
    if path.suffix in {".css", ".js", ".html", ".svg"} and path.parent != VENDOR
)
PAGES = sorted([*TEMPLATES.rglob("*.html"), *PLUGINS.glob("*/templates/**/*.html")])
NAMESPACE = "http://www.w3.org/2000/svg"
#: What the content policy would refuse, or what would need eval.
FORBIDDEN = (
    r"<style\b",
    r"\sstyle\s*=",
    r"\son[a-z]+\s*=\s*[\"']",
    r"\shx-on\b",
    r"javascript:",
    r"<script\b(?![^>]*\bsrc=)",
    r"hx-(?:vals|headers|confirm)[^=]*=[\"']js:",
    r"hx-trigger=\"[^\"]*\[",
)


def name(path: Path) -> str:
    return str(path.relative_to(WEB))


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["name"])
def test_vendored_file_is_what_was_taken_and_has_its_licence(entry: dict[str, Any]) -> None:
    digest = hashlib.sha384((WEB / entry["file"]).read_bytes()).digest()
    assert entry["sha384"] == f"sha384-{base64.b64encode(digest).decode()}"
    assert (WEB / entry["licence_file"]).read_text().strip()
    assert entry["version"] in Path(entry["licence_file"]).name


def test_nothing_is_vendored_unlisted() -> None:
    listed = {entry[key] for entry in ENTRIES for key in ("file", "licence_file")}
    found = {name(path) for path in VENDOR.iterdir()} - {"static/vendor/manifest.json"}
    assert found <= listed


@pytest.mark.parametrize("path", OURS, ids=name)
def test_no_outside_address(path: Path) -> None:
    text = path.read_text().replace(NAMESPACE, "")
    assert re.findall(r"(?:https?:)?//[a-z0-9-]+\.[a-z]{2,}", text, re.I) == []


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_page_fits_the_content_policy(path: Path) -> None:
    text = path.read_text()
    assert [found for rule in FORBIDDEN for found in re.findall(rule, text)] == []


def test_a_page_is_light() -> None:
    brought = [STATIC / "liuhe.css", *STATIC.glob("*.js"), *VENDOR.glob("*.js")]
    assert sum(path.stat().st_size for path in brought) < LIMIT
