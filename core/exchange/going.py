"""检查 and 导入, line by line in the background: each part is written with how far it came.

Killed in the middle, the next worker goes on where the last commit was: nothing is left out and
nothing is done twice. A part that fails is done again line by line, so that one line that has gone
wrong meanwhile holds up no other.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from core.database import atomic
from core.errors import BadInput, Conflict, LiuheError, Unavailable
from core.exchange import spool
from core.exchange.batches import ImportBatch, ImportProblem
from core.exchange.cards import Import, Verdict
from core.exchange.uploading import import_named
from core.house import house
from core.jobs import enqueue
from core.people import Person
from core.permissions import Viewer
from core.sheets import Column, Row, Unfit, value_of
from core.viewers import load_viewer

#: Seconds of work before the rest is given to a job of its own: a killed one is soon taken over.
SLICE = 15.0
#: Beyond so many cells, one sentence is kept for a line: sentences are bounded, lines never lost.
MOST_PROBLEMS = 10_000
LONGEST = 300
JOBS = {"checking": "core.check_import", "running": "core.run_import"}


@dataclass(kw_only=True)
class Reader:
    """Turns what was told into rows, and knows the keys that came before."""

    kind: Import
    columns: tuple[Column, ...]
    zone: ZoneInfo
    seen: dict[str, int] = field(default_factory=dict)

    @classmethod
    async def of(cls, kind: Import) -> "Reader":
        given = await kind.choices() if kind.choices else {}
        columns = tuple(
            replace(one, choices=tuple(given[one.name])) if one.name in given else one
            for one in kind.columns
        )
        return cls(kind=kind, columns=columns, zone=ZoneInfo(house().settings.timezone))

    def row(self, told: spool.Told) -> Row:
        values: dict[str, Any] = {}
        problems = dict(told.flaws)
        for column in self.columns:
            if column.name in problems:
                continue
            try:
                text = told.cells.get(column.name, "")
                values[column.name] = value_of(column, text, self.zone, exact=told.exact)
            except Unfit as error:
                problems[column.name] = str(error)
        self._mark_twin(told.number, values.get(self.kind.key), problems)
        return Row(number=told.number, values=values, problems=problems)

    def _mark_twin(self, number: int, key: Any, problems: dict[str, str]) -> None:
        if key is None:
            return
        first = self.seen.setdefault(str(key), number)
        if first != number:
            problems.setdefault(self.kind.key, f"和第 {first} 行重复了，请留一行。")


async def go_on(batch_id: int, state: str) -> None:
    """One slice of the work on a batch that is in this state; does nothing for any other."""
    batch = await ImportBatch.get_or_none(id=batch_id, state=state)
    if batch is None:
        return
    try:
        await _slice(batch)
    except Unavailable:
        raise  # the database is away: the job is tried again
    except LiuheError as error:
        await _give_up(batch.id, error.message)


async def leave(batch_id: int) -> None:
    """The work has failed so often that nobody tries it again: whoever waits is told."""
    batch = await ImportBatch.get_or_none(id=batch_id)
    if batch is None:
        return
    went = "什么也没有导入" if batch.state == "checking" else f"前 {batch.position} 行已经做完"
    again = "请过一会儿重新上传同一个文件，已经导入的不会重复；还是这样，请告诉管理员。"
    await _give_up(batch_id, f"服务器一再出错，没有再做下去，{went}。{again}")


async def _slice(batch: ImportBatch) -> None:
    viewer = await _viewer(batch)
    reader = await Reader.of(import_named(batch.kind, viewer))
    until = time.monotonic() + SLICE
    position, at = batch.position, 0
    parts = spool.take(batch.spool)
    while part := await asyncio.to_thread(next, parts, None):
        rows = [reader.row(told) for told in part]
        ahead, at = rows[max(0, position - at) :], at + len(rows)
        if not ahead:
            continue
        if not await _part(batch, viewer, reader.kind, ahead, position):
            return  # another worker is at it
        position = at
        if time.monotonic() > until and position < batch.lines:
            await enqueue(JOBS[batch.state], {"batch": batch.id, "from": position})
            return
    if at < batch.lines:
        raise Conflict("上传的文件不完整了，请重新上传。")
    await _end(batch.id, batch.state)


async def _part(
    batch: ImportBatch, viewer: Viewer, kind: Import, rows: Sequence[Row], position: int
) -> bool:
    try:
        return await _together(batch, viewer, kind, rows, position)
    except LiuheError:
        if batch.state != "running":
            raise
    for row in rows:
        try:
            went = await _together(batch, viewer, kind, [row], position)
        except LiuheError as error:
            name = error.field if isinstance(error, BadInput) else ""
            went = await _leave_out(batch, kind, row, {name: error.message}, position)
        if not went:
            return False
        position += 1
    return True


@atomic
async def _together(
    batch: ImportBatch, viewer: Viewer, kind: Import, rows: Sequence[Row], position: int
) -> bool:
    """All these rows, and how far that is: one transaction. False: somebody else was faster."""
    held = await _held(batch, position)
    if held is None:
        return False
    sound = [row for row in rows if not row.problems]
    verdicts = dict(
        zip((row.number for row in sound), await kind.check(viewer, sound), strict=True)
    )
    counts: Counter[str] = Counter()
    good: list[tuple[Row, Verdict]] = []
    problems: dict[int, Mapping[str, str]] = {}
    for row in rows:
        verdict = verdicts.get(row.number, Verdict(problems=row.problems))
        counts["wrong" if verdict.problems else verdict.outcome] += 1
        if verdict.problems:
            problems[row.number] = verdict.problems
        else:
            good.append((row, verdict))
    if held.state == "running":
        await kind.write(viewer, good)
        held.made = dict(Counter(held.made) + counts)
    else:
        held.found = dict(Counter(held.found) + counts)
    await _write_down(held, kind, problems)
    held.position = position + len(rows)
    await held.save(update_fields=["position", "found", "made"])
    return True


@atomic
async def _leave_out(
    batch: ImportBatch, kind: Import, row: Row, wrong: Mapping[str, str], position: int
) -> bool:
    held = await _held(batch, position)
    if held is None:
        return False
    held.made = dict(Counter(held.made) + Counter({"wrong": 1}))
    held.position = position + 1
    await _write_down(held, kind, {row.number: wrong})
    await held.save(update_fields=["position", "made"])
    return True


async def _held(batch: ImportBatch, position: int) -> ImportBatch | None:
    """The batch, locked, if it is still where this work thinks it is."""
    return await (
        ImportBatch.filter(id=batch.id, state=batch.state, position=position)
        .select_for_update()
        .first()
    )


async def _write_down(
    batch: ImportBatch, kind: Import, problems: Mapping[int, Mapping[str, str]]
) -> None:
    """What is wrong, once: a line that the check has found wrong is so when it is written, too."""
    if not problems:
        return
    known = await ImportProblem.filter(batch_id=batch.id, line__in=list(problems)).only("line")
    told = {one.line for one in known}
    fresh = {line: wrong for line, wrong in problems.items() if line not in told}
    if await ImportProblem.filter(batch_id=batch.id).count() >= MOST_PROBLEMS:
        fresh = {line: _in_one(kind, wrong) for line, wrong in fresh.items()}
    await ImportProblem.bulk_create(
        ImportProblem(batch_id=batch.id, line=line, column=name[:60], sentence=_short(text))
        for line, wrong in fresh.items()
        for name, text in wrong.items()
    )


def _in_one(kind: Import, wrong: Mapping[str, str]) -> Mapping[str, str]:
    if len(wrong) == 1:
        return wrong
    titles = {one.name: f"{one.title}：" for one in kind.columns}
    return {"": " ".join(f"{titles.get(name, '')}{text}" for name, text in wrong.items())}


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


@atomic
async def _end(batch_id: int, state: str) -> None:
    done = {"checking": "checked", "running": "done"}[state]
    batch = await ImportBatch.filter(id=batch_id, state=state).select_for_update().first()
    if batch is None or batch.position < batch.lines:
        return
    batch.state, batch.ended_at = done, datetime.now(UTC)
    await batch.save(update_fields=["state", "ended_at"])


@atomic
async def _give_up(batch_id: int, sentence: str) -> None:
    going = ImportBatch.filter(id=batch_id, state__in=["checking", "running"])
    await going.update(state="failed", error=_short(sentence), ended_at=datetime.now(UTC))


async def _viewer(batch: ImportBatch) -> Viewer:
    """Who brought it in, with what this person may do by now."""
    person = await Person.get_or_none(id=batch.person_id, active=True)
    if person is None:
        raise Conflict("上传的人账号已经停用，没有再做下去。")
    viewer = await load_viewer(person, house().roster)
    return viewer
