"""Random values that this installation makes for itself and keeps in its data folder."""

import os
import secrets
from pathlib import Path


def keep_secret(path: Path) -> str:
    """The value in `path`, made at the first asking; readable by this user only."""
    if not path.exists():
        partial = path.with_name(f".{path.name}.{os.getpid()}")
        partial.touch(mode=0o600)
        partial.write_text(secrets.token_hex(32), "ascii")
        partial.rename(path)
    return path.read_text("ascii").strip()


def flush_folder(folder: Path) -> None:
    """A file's name is on the disk only when its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
