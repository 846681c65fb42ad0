"""The container file, which nothing here can build: what it names is there, and what it runs is."""

import json
import re
from pathlib import Path

from gpu.__main__ import _parser, _shards

TREE = Path(__file__).parents[2]
FILE = (TREE / "gpu" / "Containerfile").read_text("utf-8")


def test_it_copies_what_there_is() -> None:
    copied = re.findall(r"^COPY (\S+) ", FILE, re.MULTILINE)
    assert copied == ["requirements/gpu.txt", "gpu"]
    assert all((TREE / each).exists() for each in copied)


def test_what_it_runs_and_what_it_shows_are_commands() -> None:
    default = json.loads(re.search(r"^CMD (.*)$", FILE, re.MULTILINE)[1])  # type: ignore[index]
    assert _parser().parse_args(default).cache == Path("/srv/data/engines")
    text = FILE.replace("\\\n#", "")
    shown = [line.split() for line in re.findall(r"liuhe-eyes (\w.*)$", text, re.MULTILINE)]
    assert [words[0] for words in shown] == ["doctor", "watch"]
    watch = _parser().parse_args(shown[1])
    assert watch.deepstream
    assert watch.cache == Path("/srv/data/engines")
    shards = _shards(watch)
    assert (shards.most, shards.settings.precision, shards.settings.recording) == (16, "fp16", None)
    assert shards.folder == Path("/srv/data/spool/shards")
