"""The whole schema of all plugins."""

from pathlib import Path

from core.testing import load
from web.graphql.building import build_schema
from web.graphql.sdl import missing_descriptions, print_sdl

SDL = Path(__file__).parents[2] / "docs" / "schema.graphql"


def test_everything_in_the_schema_is_described(tmp_path: Path) -> None:
    assert missing_descriptions(build_schema(load(tmp_path))) == []


def test_the_written_schema_is_the_one_that_is_served(tmp_path: Path) -> None:
    """After a wanted change: `liuhe schema > docs/schema.graphql`, and a line in CHANGELOG.md."""
    assert SDL.read_text("utf-8") == print_sdl(build_schema(load(tmp_path)))
