"""Files that are whole whenever they are there: written beside, then renamed."""

import os
from contextlib import suppress
from pathlib import Path


def write_whole(path: Path, data: bytes, *, sync: bool = False) -> None:
    """`sync`: it outlasts a loss of power. Raises OSError, and leaves nothing behind then."""
    beside = path.with_name(f"{path.name}.tmp")
    try:
        with beside.open("wb") as file:
            file.write(data)
            if sync:
                file.flush()
                os.fsync(file.fileno())
        os.replace(beside, path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
    if sync:
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """The new name too must survive a loss of power; some file systems cannot promise it."""
    handle = os.open(folder, os.O_RDONLY)
    with suppress(OSError):
        os.fsync(handle)
    os.close(handle)
