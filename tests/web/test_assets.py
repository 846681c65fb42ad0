"""What a page brings along is ours, known, light, and fits the content policy."""

import base64
import gzip
import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

import web
from web.assets import Assets

WEB = Path(web.__file__).parent
STATIC = WEB / "static"
VENDOR = STATIC / "vendor"
TEMPLATES = WEB / "templates"
PLUGINS = WEB.parent / "plugins"
LIMIT = 120_000  # bytes of script and style on any page, uncompressed
MAP = ("map.js", "map.css", "vendor/maplibre-gl-3.6.2-csp.js")
MAP_WORKER = "vendor/maplibre-gl-3.6.2-csp-worker.js"
MAP_LIMIT = 300_000  # bytes of the map page, as they go over the wire
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
    if "gzip" in entry:
        assert (
            gzip.decompress((WEB / entry["gzip"]).read_bytes())
            == (WEB / entry["file"]).read_bytes()
        )


def test_nothing_is_vendored_unlisted() -> None:
    listed = {entry.get(key) for entry in ENTRIES for key in ("file", "licence_file", "gzip")}
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
    map_only = {STATIC / one for one in (*MAP, MAP_WORKER)}
    assert sum(path.stat().st_size for path in brought if path not in map_only) < LIMIT


@dataclass(frozen=True)
class Fetched:
    status_code: int
    headers: Any
    raw: bytes


async def fetched(path: str, **headers: str) -> "Fetched":
    """One file as it goes over the wire."""
    transport = httpx2.ASGITransport(app=Assets(directory=STATIC))
    async with (
        httpx2.AsyncClient(transport=transport, base_url="http://testserver") as client,
        client.stream("GET", f"/{path}", headers=headers) as answer,
    ):
        body = b"".join([part async for part in answer.aiter_raw()])
    return Fetched(answer.status_code, answer.headers, body)


async def test_the_map_page_is_light_on_the_wire() -> None:
    """All that the shell brings, MapLibre and its worker among it."""
    shell = ("liuhe.css", "liuhe.js", "vendor/htmx-4.0.1.min.js")
    total = 0
    for path in (*shell, *MAP, MAP_WORKER):
        answer = await fetched(path, **{"accept-encoding": "gzip"})
        assert answer.headers["content-encoding"] == "gzip"
        assert gzip.decompress(answer.raw) == (STATIC / path).read_bytes()
        total += len(answer.raw)
    assert total < MAP_LIMIT


async def test_an_asset_is_sent_as_it_is_to_who_takes_nothing_else() -> None:
    answer = await fetched("liuhe.css", **{"accept-encoding": "identity"})
    assert "content-encoding" not in answer.headers
    assert answer.raw == (STATIC / "liuhe.css").read_bytes()


async def test_an_asset_with_its_mark_is_kept_and_others_are_asked_for_again() -> None:
    marked = await fetched("liuhe.css?v=123")
    plain = await fetched("liuhe.css", **{"accept-encoding": "gzip"})
    assert "immutable" in marked.headers["cache-control"]
    assert "cache-control" not in plain.headers
    again = await fetched(
        "liuhe.css", **{"accept-encoding": "gzip", "if-none-match": plain.headers["etag"]}
    )
    assert (again.status_code, again.raw) == (304, b"")
