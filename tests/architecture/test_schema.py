"""The whole schema of all plugins."""

from pathlib import Path

from core.testing import load
from web.graphql.building import build_schema
from web.graphql.sdl import missing_descriptions


def test_everything_in_the_schema_is_described(tmp_path: Path) -> None:
    assert missing_descriptions(build_schema(load(tmp_path))) == []
