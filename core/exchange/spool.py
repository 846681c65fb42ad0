"""Lines on their way in: kept on disk, sealed, until the import is over.

Only columns that are read get here: what may not be kept never touches the disk.
"""

import json
import os
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from core.errors import Conflict, Unavailable
from core.house import house
from core.refusals import refusal
from core.sealing import seal, unseal
from core.secrets import flush_folder

PART = 100  # lines that are sealed together
PURPOSE = "imports.spool"


@dataclass(frozen=True, kw_only=True)
class Told:
    """A line's cells by column, as they were written; `flaws` of those that cannot be read."""

    number: int
    cells: dict[str, str]
    flaws: dict[str, str] = field(default_factory=dict)
    exact: bool = True


def root() -> Path:
    return house().settings.data_dir / "imports"


def put(lines: Iterable[Told]) -> tuple[str, int]:
    """Write the lines; the spool's name and how many there are. Flushed when it returns."""
    name, count = uuid.uuid4().hex, 0
    partial = root() / f"{name}.part"
    lines = iter(lines)
    try:
        root().mkdir(parents=True, exist_ok=True)
        partial.touch(mode=0o600)
        with partial.open("w", encoding="ascii") as out:
            while part := list(islice(lines, PART)):
                packed = json.dumps([vars(line) for line in part], ensure_ascii=False)
                out.write(seal(PURPOSE, packed, f"{name}:{count}") + "\n")
                count += len(part)
            out.flush()
            os.fsync(out.fileno())
        partial.rename(root() / name)
        flush_folder(root())
    except OSError as error:
        raise Unavailable(f"存不下这个文件：{refusal(error)}。请联系管理员检查磁盘。") from error
    finally:
        partial.unlink(missing_ok=True)
    return name, count


def take(name: str) -> Iterator[list[Told]]:
    """The lines again, part by part; Conflict where they are gone or were sealed elsewhere."""
    at = 0
    try:
        with (root() / name).open(encoding="ascii") as given:
            for sealed in given:
                packed = unseal(PURPOSE, sealed.strip(), f"{name}:{at}")
                if packed is None:
                    raise Conflict("上传的文件读不出来了，请重新上传。")
                part = [Told(**line) for line in json.loads(packed)]
                at += len(part)
                yield part
    except FileNotFoundError:
        raise Conflict("上传的文件已经清除，请重新上传。") from None


def discard(name: str) -> None:
    (root() / name).unlink(missing_ok=True)


def names() -> list[str]:
    """What lies there, by its name in the batches."""
    return [path.name.partition(".")[0] for path in root().glob("*")] if root().exists() else []
