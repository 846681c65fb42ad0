"""Which cameras share a process: those with one model that look equally often, at most K.

Films that end and what never ends are kept apart: a shard ends when all that is in it does.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from gpu.pipeline import Line, Tell, Watch

Kind = tuple[str | None, int, bool]
Shards = Mapping[int, tuple[Line, ...]]


def kind(line: Line) -> Kind:
    return line.detect.model, line.detect.every, line.source.ends


def arranged(
    wanted: Iterable[Line], before: Shards, most: int, closed: Collection[int] = ()
) -> dict[int, tuple[Line, ...]]:
    """Shards by number. A camera stays where it is as long as it can; holes are filled first.

    So what comes or goes touches one shard and no other. Nobody new comes into a `closed` one.
    """
    left = {line.source.camera_id: line for line in wanted}
    shards: dict[int, list[Line]] = {}
    for number, lines in before.items():
        kept = [left[line.source.camera_id] for line in lines if _stays(line, left)][:most]
        if kept:
            shards[number] = kept
            for line in kept:
                del left[line.source.camera_id]
    for line in left.values():
        _place(line, shards, most, closed)
    return {number: tuple(lines) for number, lines in shards.items()}


def halved(shards: Shards, number: int) -> dict[int, tuple[Line, ...]]:
    """Two shards of one."""
    lines = shards[number]
    middle = len(lines) // 2
    return {**shards, number: lines[:middle], _free(shards): lines[middle:]}


def same_eyes(before: Sequence[Line], after: Sequence[Line]) -> bool:
    """Whether the pipeline is the same: what else differs the running process takes over."""
    return [_eyes(line) for line in before] == [_eyes(line) for line in after]


def _eyes(line: Line) -> Line:
    """Without zones, what the camera usually shows and what is told of it."""
    return replace(line, source=replace(line.source, view=0), watch=Watch(zones=()), tell=Tell())


def _stays(line: Line, wanted: Mapping[str, Line]) -> bool:
    new = wanted.get(line.source.camera_id)
    return new is not None and kind(new) == kind(line)


def _place(line: Line, shards: dict[int, list[Line]], most: int, closed: Collection[int]) -> None:
    for number, lines in shards.items():
        if number not in closed and kind(lines[0]) == kind(line) and len(lines) < most:
            lines.append(line)
            return
    shards[_free(shards)] = [line]


def _free(shards: Collection[int]) -> int:
    return next(number for number in range(len(shards) + 1) if number not in shards)
