"""Moving files from one storage to the other while people work; cut off, it goes on where it was.

Each file is copied, read back and compared before its row names the new place; only then the old
copy goes. What is cut off in between is a copy that nobody names: the sweep takes it away.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from core.errors import LiuheError, Unavailable
from core.files import File, digest_of
from core.storage import read
from core.stores import Place, storage_at

BATCH = 100
KEPT = ("waiting", "ready")


@dataclass(kw_only=True)
class Moved:
    """`failed`: which files stay where they were, and why."""

    done: int = 0
    failed: dict[str, str] = field(default_factory=dict)


async def move_files(to: Place, say: Callable[[str], None] = lambda _: None) -> Moved:
    """Bring every file to this storage; those that are there already cost nothing."""
    moved, last = Moved(), ""
    while batch := await _next(to, last):
        for file in batch:
            last = str(file.id)
            try:
                moved.done += await _move(file, to)
            except Unavailable:
                raise  # it would be so for each of them: run it again later
            except LiuheError as error:
                moved.failed[last] = error.message
        say(f"移好了 {moved.done} 个文件")
    return moved


async def _next(to: Place, last: str) -> list[File]:
    left = File.filter(state__in=KEPT).exclude(place=to)
    if last:
        left = left.filter(id__gt=last)
    return await left.order_by("id").limit(BATCH)


async def _move(file: File, to: Place) -> bool:
    """Whether it was moved; not where somebody else changed it meanwhile."""
    old_key, old_digest = file.key, file.digest
    source, target = storage_at(file.place), storage_at(to)
    content = await read(source, old_key)
    digest = digest_of(content)
    if old_digest not in ("", digest):
        raise LiuheError("内容和存下时的不一样，没有移动；请从备份里找回。")
    file.digest = digest
    await target.put(file.key, content)
    if digest_of(await read(target, file.key)) != digest:
        raise LiuheError("存过去以后读回来不一样，没有移动；请检查新的存储。")
    same = File.filter(id=file.id, state=file.state, place=file.place, digest=old_digest)
    if not await same.update(place=to, digest=digest):
        await target.remove(file.key)
        return False
    await source.remove(old_key)
    return True
