"""What actions write besides the case: its pictures."""

from collections.abc import Sequence

from liuhe import File, Viewer, attach
from plugins.cases.models import Evidence, Step
from plugins.cases.rules import EvidenceKind

KEEPER = "cases"


async def add_uploads(step: Step, kind: EvidenceKind, ids: Sequence[str], viewer: Viewer) -> None:
    """Attach the viewer's own uploads; they are shown once they are blurred."""
    files = await attach(list(ids), viewer, keeper=KEEPER, subject=str(step.case_id))
    await _add(step, kind, files, taken_blurred=False)


async def add_blurred(step: Step, kind: EvidenceKind, files: Sequence[File]) -> None:
    """Take over pictures that were blurred before they were stored."""
    for file in files:
        if file.state != "ready":
            raise ValueError(f"file {file.id} is not blurred")
        file.keeper, file.subject = KEEPER, str(step.case_id)
        await file.save(update_fields=["keeper", "subject"])
    await _add(step, kind, files, taken_blurred=True)


async def _add(
    step: Step, kind: EvidenceKind, files: Sequence[File], *, taken_blurred: bool
) -> None:
    await Evidence.bulk_create(
        Evidence(
            case_id=step.case_id,
            step_id=step.id,
            file_id=file.id,
            kind=kind,
            taken_blurred=taken_blurred,
        )
        for file in files
    )
