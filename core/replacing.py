"""Where the files of a backup are put back: on this disk, or in the bucket where new ones go.

An object's key tells its content, so to put it twice is harmless; what an earlier try has put is
not sent again.
"""

import asyncio
import zipfile
from pathlib import Path

from core.archive import FILES, Manifest, reading, take_out
from core.errors import SetupError, Unavailable
from core.house import house
from core.storage import Missing, Storage
from core.stores import Place, place_of_new, storage_at

#: From this step on, a file's row says which storage has it.
KNOWS_PLACES = ("core", "0009_storage")
AT_ONCE = 8


def place_for(manifest: Manifest) -> Place:
    """Files of a version that knew only the disk go there; `liuhe files move` takes them on."""
    return place_of_new() if KNOWS_PLACES in manifest.migrations else "disk"


async def demand_free(to: Place) -> None:
    """Not into a bucket that somebody else may be using: its sweep would take our files for
    rubbish, and ours would take theirs."""
    if to == "disk":
        return
    try:
        first = await anext(aiter(storage_at(to).list()), None)
    except (Missing, Unavailable) as error:
        raise SetupError(
            f"桶 {_where()} 读不到，没有恢复。请检查它已经建好、s3_endpoint 连得上、钥匙能读能写。"
        ) from error
    if first is not None:
        raise SetupError(
            f"桶 {_where()} 里已经有文件，没有恢复。请换一个空的桶，或写一个新的 s3_prefix；"
            "确实是原来的桶、原来的六和已经停了，再加 --force：已有的文件不会删。"
        )


def _where() -> str:
    known = house().settings
    return f"{known.s3_bucket}/{known.s3_prefix}" if known.s3_prefix else known.s3_bucket


async def place_files(path: Path, folder: Path, to: Place, *, going_on: bool) -> None:
    """Pictures, documents and the heads of the audit, out of the archive at `path`."""
    with reading(path) as (archive, manifest):
        for name, member in manifest.members.items():
            if name.startswith("database/") or (_is_file(name) and to != "disk"):
                continue
            target = folder / name
            if not (target.exists() and target.stat().st_size == member.size):
                await asyncio.to_thread(take_out, archive, name, target)
        if to != "disk":
            await _send(archive, manifest, storage_at(to), going_on=going_on)


def _is_file(name: str) -> bool:
    return name.startswith(FILES)


async def _send(
    archive: zipfile.ZipFile, manifest: Manifest, storage: Storage, *, going_on: bool
) -> None:
    there = {one.key: one.size async for one in storage.list()} if going_on else {}
    names = [
        name
        for name, member in manifest.members.items()
        if _is_file(name) and there.get(name.removeprefix(FILES)) != member.size
    ]
    for start in range(0, len(names), AT_ONCE):
        some = names[start : start + AT_ONCE]
        contents = [await asyncio.to_thread(archive.read, name) for name in some]
        keys = [name.removeprefix(FILES) for name in some]
        await asyncio.gather(*map(storage.put, keys, contents))
