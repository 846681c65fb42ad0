"""The course of a case as its reporter may be told it: units, never officers.

For neighbours that speak to reporters. Of what people wrote on the way only that is told which was
written for the reporter to read.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from liuhe import File, NotFound, Viewer
from plugins.cases.actions.merged import leading_cases
from plugins.cases.models import Case, CaseType, Evidence, Step
from plugins.cases.permissions import allowed, visible
from plugins.cases.rules import HANDLING, STANDARD, EvidenceKind, Kind, state_words

#: Steps whose words the reporter reads; the others are between officers.
TOLD_NOTES = frozenset(
    {"reject", "submit_handling", "close", "rate", "withdraw", "reopen", "suspend", "merge"}
)


@dataclass(frozen=True, kw_only=True)
class ToldPicture:
    """A picture of the case; to be shown once its file is "ready" (blurred)."""

    kind: EvidenceKind
    file: File


@dataclass(frozen=True, kw_only=True)
class ToldStep:
    """`unit`: whom the step concerns. `own`: made with the reporter's account."""

    action: str
    label: str
    at: datetime
    unit: str
    note: str
    own: bool
    rating: int | None
    pictures: tuple[ToldPicture, ...]


@dataclass(frozen=True, kw_only=True)
class Course:
    """`case` with area, type and unit; `ways`: the actions that the viewer may take now."""

    case: Case
    state: str
    steps: tuple[ToldStep, ...]
    ways: frozenset[str]
    merged_into_stage: str


async def tell_course(viewer: Viewer, case_id: int) -> Course:
    """The course of a case that the viewer may see; NotFound otherwise."""
    case = (
        await Case.filter(visible(viewer), id=case_id)
        .first()
        .select_related("area", "type", "unit")
    )
    if case is None:
        raise NotFound()
    steps = await Step.filter(case_id=case.id).order_by("seq").select_related("unit")
    evidence = await Evidence.filter(case_id=case.id).order_by("id").select_related("file")
    mine = {step.action for step in steps if step.person_id == viewer.person_id}
    leading = (await leading_cases([case.id]))[case.id]
    moves = allowed(viewer, case, frozenset(mine & set(HANDLING)))
    return Course(
        case=case,
        state=state_words(case.stage, case.marks),
        steps=tuple(_told(step, case, evidence) for step in steps),
        ways=frozenset(move.action for move in moves),
        merged_into_stage=leading.stage.value if case.merged_into_id else "",
    )


def _told(step: Step, case: Case, evidence: Iterable[Evidence]) -> ToldStep:
    return ToldStep(
        action=step.action,
        label=STANDARD.label(step.action),
        at=step.at,
        unit=step.unit.name if step.unit else "",
        note=step.note if step.action in TOLD_NOTES else "",
        own=step.person_id == case.reporter_id,
        rating=step.details.get("rating"),
        pictures=tuple(
            ToldPicture(kind=one.kind, file=one.file) for one in evidence if one.step_id == step.id
        ),
    )


async def types_in_use(codes: Iterable[str]) -> frozenset[str]:
    """Which of these events may be reported today."""
    found = CaseType.filter(kind=Kind.EVENT, active=True, code__in=list(codes))
    return frozenset(str(code) for code in await found.values_list("code", flat=True))


async def type_options() -> list[tuple[str, str]]:
    """The events that may be reported today, for a form: code, and code with name."""
    found = await CaseType.filter(kind=Kind.EVENT, active=True).order_by("code")
    return [(row.code, f"{row.code} {row.name}") for row in found]


async def last_change(case_id: int) -> datetime | None:
    """When the last step of a case was made; None where there is no such case."""
    step = await Step.filter(case_id=case_id).order_by("-seq").first()
    return step.at if step else None
