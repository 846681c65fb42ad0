"""The note that lies in a data folder while it is being wiped: what was there, who asked, since
when. With it a wipe that was cut off goes on, and nothing starts on what is left."""

import json
import os
from pathlib import Path
from typing import Any

from core.errors import SetupError
from core.secrets import flush_folder

NOTE = "wiping.json"


def read_note(folder: Path) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads((folder / NOTE).read_bytes())
    except FileNotFoundError:
        return None
    return found


def write_note(folder: Path, found: dict[str, Any]) -> None:
    partial = folder / f".{NOTE}.part"
    partial.touch(mode=0o600)
    with partial.open("w", encoding="utf-8") as out:
        json.dump(found, out, ensure_ascii=False)
        out.flush()
        os.fsync(out.fileno())
    partial.rename(folder / NOTE)
    flush_folder(folder)


def demand_not_wiping(folder: Path) -> None:
    if (folder / NOTE).exists():
        raise SetupError("这里的清空没有做完：请再运行一次同样的 liuhe wipe，它会接着做完。")
