"""Personal values in the clear, for whoever said why; the audit knows of it before the first."""

import asyncio
import json
import uuid
from dataclasses import dataclass
from typing import Any

from core import keys
from core.errors import LiuheError
from core.leaving.folder import Filling, read_lines
from core.sealing import unseal_with


@dataclass(kw_only=True)
class Told:
    opened: int = 0
    closed: int = 0


async def write(filling: Filling, folder: str) -> Told:
    """`values` is null where a record is destroyed or its key is not to be had."""
    told = Told()
    with filling.file("personal-opened.jsonl") as out:
        for row in read_lines(filling.root / folder / "core_personal.jsonl"):
            values = None if row["ended_at"] else await asyncio.to_thread(_open, row)
            told.opened += values is not None
            told.closed += values is None
            known = {name: row[name] for name in ("id", "kind", "subject_kind", "subject_key")}
            out.lines([{**known, "values": values}])
    return told


def _open(row: dict[str, Any]) -> Any:
    try:
        key = keys.load(uuid.UUID(row["id"]), row["kind"])
    except LiuheError:
        return None
    text = unseal_with(key, row["sealed"], f"{row['kind']}/{row['id']}")
    return None if text is None else json.loads(text)
