"""What actions write besides the case: its pictures."""

from collections.abc import Sequence

from liuhe import File, Viewer, attach
from plugins.cases.models import Evidence, Step, TaskEvidence, TaskStep
from plugins.cases.rules import EvidenceKind

KEEPER = "cases"


async def add_uploads(
    step: Step, kind: EvidenceKind, ids: Sequence[str], viewer: Viewer, *, caption: str = ""
) -> None:
    """Attach the viewer's own uploads; they are shown once they are blurred."""
    files = await attach(list(ids), viewer, keeper=KEEPER, subject=str(step.case_id))
    await _add(step, kind, files, caption, taken_blurred=False)


async def add_blurred(
    step: Step, kind: EvidenceKind, files: Sequence[File], *, caption: str = ""
) -> None:
    """Take over pictures that were blurred before they were stored."""
    await _take_over(step.case_id, files)
    await _add(step, kind, files, caption, taken_blurred=True)


async def _take_over(case_id: int, files: Sequence[File]) -> None:
    for file in files:
        if file.state != "ready":
            raise ValueError(f"file {file.id} is not blurred")
        file.keeper, file.subject = KEEPER, str(case_id)
        await file.save(update_fields=["keeper", "subject"])


async def add_to_task(
    step: TaskStep, case_id: int, ids: Sequence[str], blurred: Sequence[File], viewer: Viewer
) -> None:
    """The pictures of a task's step are kept as the case's: whoever sees it sees them."""
    uploads = await attach(list(ids), viewer, keeper=KEEPER, subject=str(case_id))
    await _take_over(case_id, blurred)
    await TaskEvidence.bulk_create(
        TaskEvidence(task_id=step.task_id, step_id=step.id, file_id=file.id)
        for file in (*uploads, *blurred)
    )


async def _add(
    step: Step, kind: EvidenceKind, files: Sequence[File], caption: str, *, taken_blurred: bool
) -> None:
    await Evidence.bulk_create(
        Evidence(
            case_id=step.case_id,
            step_id=step.id,
            file_id=file.id,
            kind=kind,
            caption=caption,
            taken_blurred=taken_blurred,
        )
        for file in files
    )
