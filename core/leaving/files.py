"""Pictures and documents as files that anybody opens, and one line about each."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from core.errors import NotFound
from core.files import File, open_file
from core.leaving.folder import Filling, Out, read_lines
from core.storage import Missing

ENDINGS = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp"}
TOLD = ("id", "name", "media_type", "size", "digest", "keeper", "subject", "created_at")


@dataclass(kw_only=True)
class Kept:
    """By id. `withheld`: not blurred yet, or cannot be; nobody is shown those."""

    written: int = 0
    withheld: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


async def write(filling: Filling, folder: str) -> Kept:
    kept = Kept()
    with filling.file("files.jsonl") as index:
        for row in read_lines(filling.root / folder / "core_file.jsonl"):
            path = "" if row["state"] != "ready" else await _write(filling, row, kept)
            if row["state"] != "ready":
                kept.withheld.append(row["id"])
            index.lines([{**{name: row.get(name) for name in TOLD}, "path": path}])
    return kept


async def _write(filling: Filling, row: dict[str, Any], kept: Kept) -> str:
    """Where in the folder it is; "" if its storage has lost it."""
    file = File(id=uuid.UUID(row["id"]), **{one: row[one] for one in ("state", "place", "digest")})
    ending = ENDINGS.get(row["media_type"], "".join(_ending(row["name"])))
    name = f"files/{file.id.hex[:2]}/{file.id.hex}{ending}"
    try:
        pieces = await open_file(file)
    except (Missing, NotFound):
        kept.lost.append(row["id"])
        return ""
    with filling.file(name) as out:
        await _copy(pieces, out)
    kept.written += 1
    return name


def _ending(name: str) -> tuple[str, str]:
    """Of a document's name, which was checked when it came."""
    _, dot, ending = name.rpartition(".")
    return (dot, ending) if dot and ending.isalnum() else ("", "")


async def _copy(pieces: Any, out: Out) -> None:
    async for piece in pieces:
        out.write(piece)
