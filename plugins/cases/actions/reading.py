"""What is left behind when somebody reads what only some may know."""

from collections.abc import Collection, Iterable

from liuhe import Viewer, pictures_shown, record_reading
from plugins.cases.models import Case, Evidence, TaskEvidence
from plugins.cases.permissions import REPORTER_READ, reveals_reporter


async def note_case_read(
    viewer: Viewer, case: Case, evidence: Iterable[Evidence | TaskEvidence]
) -> None:
    """The case's page is shown: the name of the resident who reported it, and its pictures."""
    await _note_reporter(viewer, case)
    await _note_pictures(viewer, case, evidence)


async def note_tasks_read(
    viewer: Viewer, case: Case, people: Collection[int], evidence: Iterable[TaskEvidence]
) -> None:
    """Its tasks alone are shown, with what these people did."""
    if case.reporter_id in people:
        await _note_reporter(viewer, case)
    await _note_pictures(viewer, case, evidence)


async def _note_reporter(viewer: Viewer, case: Case) -> None:
    if reveals_reporter(viewer, case):
        await record_reading(viewer, REPORTER_READ, case, ("core.Person", case.reporter_id))


async def _note_pictures(
    viewer: Viewer, case: Case, evidence: Iterable[Evidence | TaskEvidence]
) -> None:
    ready = [one.file_id for one in evidence if one.file.state == "ready"]
    await pictures_shown(viewer, ready, case)
