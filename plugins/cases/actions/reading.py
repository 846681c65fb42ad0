"""What is left behind when somebody reads what only some may know."""

from collections.abc import Iterable

from liuhe import Viewer, pictures_shown, record_reading
from plugins.cases.models import Case, Evidence, TaskEvidence
from plugins.cases.permissions import REPORTER_READ, reveals_reporter


async def note_case_read(
    viewer: Viewer, case: Case, evidence: Iterable[Evidence | TaskEvidence]
) -> None:
    """The case's page is shown: the name of the resident who reported it, and its pictures."""
    if reveals_reporter(viewer, case):
        await record_reading(viewer, REPORTER_READ, case, ("core.Person", case.reporter_id))
    ready = [one.file_id for one in evidence if one.file.state == "ready"]
    await pictures_shown(viewer, ready, case)
