"""到期: when a case is old, what is personal goes, and its skeleton stays.

The skeleton is number, type, area, unit, stages, times and clocks, and which officers did what:
timelines and figures stay as they were. Free text goes whole, for nobody knows whom it names.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from tortoise.expressions import F, Q

from liuhe import Retention, discard_files, settings_of
from plugins.cases.actions.documents import forget_documents
from plugins.cases.actions.wording import forget_words
from plugins.cases.models import (
    CalendarDay,
    Case,
    CaseType,
    CaseWords,
    Clock,
    Evidence,
    Step,
    Task,
    TaskClock,
    TaskEvidence,
    TaskStep,
)
from plugins.cases.permissions import SOMEBODY
from plugins.cases.rules import Source, Stage
from plugins.cases.settings import CasesSettings

#: Stages in which a case ends without being closed.
EARLY_ENDS = (Stage.REJECTED, Stage.WITHDRAWN, Stage.MERGED)


def due(cutoff: datetime) -> Q:
    """Closed before `cutoff` and not stripped since; what ended early counts from its report."""
    closed = Q(closed_at__lt=cutoff)
    early = Q(stage__in=EARLY_ENDS, opened_at__lt=cutoff)
    return (closed | early) & (Q(forgotten_at__isnull=True) | Q(forgotten_at__lt=F("closed_at")))


async def forget(cases: Sequence[Case]) -> None:
    """Take from these cases what tells of persons, all in the caller's transaction."""
    ids = [case.id for case in cases]
    await _forget_pictures(ids)
    await forget_documents(ids)
    await _forget_reporters([case for case in cases if case.source == Source.RESIDENT])
    await Step.filter(case_id__in=ids).update(note="")
    await _forget_tasks(ids)
    for kind in await CaseType.filter(id__in={case.type_id for case in cases}):
        # In place of what somebody wrote: the name of the matter.
        of_kind = [case.id for case in cases if case.type_id == kind.id]
        await Case.filter(id__in=of_kind).update(title=kind.name)
    await Case.filter(id__in=ids).update(
        description="",
        address="",
        longitude=None,
        latitude=None,
        rating_note="",
        forgotten_at=datetime.now(UTC),
    )
    await forget_words(ids)


async def _forget_pictures(ids: Sequence[int]) -> None:
    evidence = Evidence.filter(case_id__in=ids)
    files = await evidence.values_list("file_id", flat=True)
    await evidence.delete()
    await discard_files(files)


async def _forget_tasks(ids: Sequence[int]) -> None:
    tasks = await Task.filter(case_id__in=ids).values_list("id", flat=True)
    evidence = TaskEvidence.filter(task_id__in=tasks)
    files = await evidence.values_list("file_id", flat=True)
    await evidence.delete()
    await discard_files(files)
    await Task.filter(id__in=tasks).update(wanted="")
    await TaskStep.filter(task_id__in=tasks).update(note="")


async def _forget_reporters(cases: Sequence[Case]) -> None:
    """Residents are protected; officers answer for what they did as long as the case is kept."""
    for case in cases:
        if case.reporter_id is None:
            continue
        own = Step.filter(case_id=case.id, person_id=case.reporter_id)
        await own.update(person_id=None, actor=SOMEBODY)
    await Case.filter(id__in=[case.id for case in cases]).update(reporter_id=None)


async def _by_number(text: str) -> object | None:
    case = await Case.get_or_none(number=text.strip())
    return case.id if case else None


async def _numbers(keys: Sequence[str]) -> dict[str, str]:
    known = [int(key) for key in keys if key.isdigit()]
    found = await Case.filter(id__in=known).values_list("id", "number")
    return {str(id): number for id, number in found}


RETENTIONS = (
    Retention(
        of=Case,
        title="案件里的个人信息、说明和照片",
        basis="办结后为复查、投诉和诉讼保留；个人信息保护法第十九条、第四十七条",
        starts="结案（不予受理、撤回、并案的，自上报起）",
        days=lambda: settings_of(CasesSettings).keep_days,
        action="anonymise",
        due=due,
        forget=forget,
        covers=(CaseWords, Step, Evidence, Clock, Task, TaskStep, TaskEvidence, TaskClock),
        thing="案件",
        find=_by_number,
        called=_numbers,
    ),
    Retention(
        of=CalendarDay,
        title="工作日历的更正",
        basis="说明当时的时限是怎么算的；只记经办人",
        starts="更正",
        days=None,
        action="keep",
    ),
)
