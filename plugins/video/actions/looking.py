"""Which cameras somebody looks at now: a file for each, whose time says until when.

Files beside the snapshots, so that all server processes know; what is written there is lost at
will, and then the pictures only come less often.
"""

import asyncio
import time
from pathlib import Path

from liuhe import house

LASTS = 8.0  # seconds after a page last asked


async def look_at(camera_id: int) -> None:
    """Somebody looks. Whoever calls has checked that they may."""
    await asyncio.to_thread(_touch, _folder() / str(camera_id))


async def looked_at() -> tuple[str, ...]:
    return await asyncio.to_thread(_recent, _folder())


def _folder() -> Path:
    return house().settings.data_dir / "video" / "looks"


def _touch(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    except OSError:
        return  # a full disk: the picture is still shown, only not so often anew


def _recent(folder: Path) -> tuple[str, ...]:
    """Those of now; what is over is removed."""
    since, found = time.time() - LASTS, []
    try:
        for path in folder.iterdir():
            if path.stat().st_mtime >= since:
                found.append(path.name)
            else:
                path.unlink(missing_ok=True)
    except FileNotFoundError:  # none yet, or another process was first
        pass
    return tuple(sorted(found))
