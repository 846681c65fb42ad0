"""协办 on a case's page: each called unit, how it stands, and what the viewer may do about it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from liuhe import BadInput, Viewer
from plugins.cases.models import Case, Task, TaskClock, TaskEvidence, TaskStep
from plugins.cases.pages.task_words import (
    RETURNED,
    TASK_DANGER,
    TASK_NOTES,
    TASK_REASONS,
    TASK_TONES,
    TASK_WORDS,
)
from plugins.cases.permissions import may_whistle, shown_actor, task_moves
from plugins.cases.rules import (
    OPEN_TASKS,
    TASK_CLOCK_LABELS,
    TASK_STATES,
    WHISTLED,
    Need,
    TaskClockKind,
    TaskMove,
    TaskStage,
    task_label,
)

BAD = ("return", "redo", "cancel")


@dataclass(frozen=True, kw_only=True)
class Tried:
    """A form that was just sent and has to be shown again, with what was typed."""

    number: int
    action: str
    values: Mapping[str, Any]
    error: BadInput | None = None


@dataclass(kw_only=True)
class Help:
    """All tasks of a case, as one viewer sees them.

    `mine`: those that wait for the viewer; `people`: who has done something on them.
    """

    case: Case
    tasks: list[dict[str, Any]] = field(default_factory=list)
    people: set[int] = field(default_factory=set)
    pictures: list[TaskEvidence] = field(default_factory=list)
    may_whistle: bool = False

    @property
    def mine(self) -> list[dict[str, Any]]:
        return [task for task in self.tasks if task["front"]]

    @property
    def forms(self) -> bool:
        """Whether something may be being filled in."""
        return any(task["front"] or task["asides"] for task in self.tasks)

    @property
    def open(self) -> int:
        return sum(task["open"] for task in self.tasks)

    @property
    def mark(self) -> str:
        """Changes whenever something about the tasks does."""
        return ".".join(str(task["version"]) for task in self.tasks) or "0"


async def help_on(viewer: Viewer, case: Case, tried: Tried | None = None) -> Help:
    """The tasks of a case that the viewer sees; five queries, or one where there are none."""
    under_way = case.stage in WHISTLED and case.suspended_at is None
    found = Help(case=case, may_whistle=under_way and may_whistle(viewer, case))
    tasks = await Task.filter(case_id=case.id).order_by("number").select_related("unit", "caller")
    if not tasks:
        return found
    ids = [task.id for task in tasks]
    done = await TaskStep.filter(task_id__in=ids).order_by("seq")
    found.people, steps = {step.person_id for step in done}, _by_task(done)
    clocks = _by_task(await TaskClock.filter(task_id__in=ids).order_by("id"))
    pictures = TaskEvidence.filter(task_id__in=ids).order_by("id")
    found.pictures = await pictures.select_related("file")
    for task in tasks:
        task.case = case
        one = _Shown(viewer, task, steps[task.id], clocks[task.id], found.pictures)
        found.tasks.append(one.told(tried if tried and tried.number == task.number else None))
    return found


def _by_task(rows: Sequence[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.task_id].append(row)
    return found


@dataclass(frozen=True)
class _Shown:
    """One task with what hangs on it."""

    viewer: Viewer
    task: Task
    steps: Sequence[TaskStep]
    clocks: Sequence[TaskClock]
    pictures: Sequence[TaskEvidence]

    def told(self, tried: Tried | None) -> dict[str, Any]:
        task = self.task
        forms = [self._form(move, tried) for move in self._moves(tried)]
        front = forms[0] if forms and (forms[0]["main"] or tried) else None
        return {
            "number": task.number,
            "unit": task.unit.name,
            "state": TASK_STATES[task.stage],
            "tone": TASK_TONES[task.stage],
            "open": task.stage in OPEN_TASKS,
            "wanted": task.wanted,
            "caller": task.caller.name,
            "called_at": task.called_at,
            "due_at": task.due_at,
            "timed": [self._clock(clock) for clock in self._latest()],
            "timeline": [self._entry(step) for step in reversed(self.steps)],
            "version": task.version,
            "report": next((s.note for s in reversed(self.steps) if s.action == "report"), ""),
            "why": self.steps[-1].note if task.stage == TaskStage.RETURNED else "",
            "front": front,
            "asides": forms[1:] if front else forms,
        }

    def _moves(self, tried: Tried | None) -> list[TaskMove]:
        """Those that the viewer may make, the one that was just tried first."""
        done = frozenset(s.action for s in self.steps if s.person_id == self.viewer.person_id)
        moves = task_moves(self.viewer, self.task, done)
        return sorted(moves, key=lambda move: tried is not None and move.action != tried.action)

    def _form(self, move: TaskMove, tried: Tried | None) -> dict[str, Any]:
        mine = tried if tried and tried.action == move.action else None
        error = mine.error if mine else None
        returned = move.action == "redo" and self.task.stage == TaskStage.RETURNED
        words = RETURNED if returned else TASK_WORDS[move.action]
        fields = {"reason", "note", "fileIds"}
        return {
            "name": f"task-{self.task.number}-{move.action}",
            "action": f"/admin/cases/{self.task.case_id}/tasks/{self.task.number}/{move.action}",
            "title": words.title.format(unit=self.task.unit.name),
            "button": words.button,
            "hint": words.hint,
            "main": move.main,
            "danger": move.action in TASK_DANGER,
            "version": self.task.version,
            "asks_reason": Need.REASON in move.needs,
            "asks_note": Need.NOTE in (*move.needs, *move.takes),
            "needs_note": Need.NOTE in move.needs,
            "asks_pictures": Need.AFTER_PICTURE in move.takes,
            "reason_label": TASK_REASONS.get(move.action, "理由"),
            "note_label": TASK_NOTES.get(move.action, "说明"),
            "values": dict(mine.values) if mine else {},
            "problems": {error.field: error.message} if error else {},
            "problem": error.message if error and error.field not in fields else "",
        }

    def _latest(self) -> list[TaskClock]:
        """What was done again, or gone on with, has a new clock; the older ones are history."""
        return list({clock.kind: clock for clock in self.clocks}.values())

    def _clock(self, clock: TaskClock) -> dict[str, Any]:
        given_up = self.task.stage in (TaskStage.RETURNED, TaskStage.CANCELLED)
        stopped = clock.stopped_at if given_up else None
        return {
            "label": TASK_CLOCK_LABELS[TaskClockKind(clock.kind)],
            "due_at": clock.due_at,
            "done_at": clock.stopped_at,
            "released": stopped is not None and stopped == self.task.ended_at,
            "paused": clock.paused_at is not None and clock.stopped_at is None,
            "rule": clock.rule,
        }

    def _entry(self, step: TaskStep) -> dict[str, Any]:
        return {
            "what": task_label(step.action),
            "who": shown_actor(self.viewer, self.task.case, step),
            "at": step.at,
            "why": step.note,
            "tone": "bad" if step.action in BAD else "",
            "evidence": [
                {"src": f"/files/{one.file_id}", "alt": f"{self.task.unit.name}协办的照片"}
                for one in self.pictures
                if one.step_id == step.id and one.file.state == "ready"
            ],
        }
