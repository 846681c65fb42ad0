"""追问 and 答复: an officer asks the resident, who answers with the code."""

from datetime import UTC, datetime

from liuhe import (
    BadInput,
    Conflict,
    NotFound,
    Viewer,
    announce,
    atomic,
    demand_held,
    record,
)
from plugins.residents.actions.bounds import settings
from plugins.residents.actions.choosing import By
from plugins.residents.actions.holding import case_for
from plugins.residents.facts import QuestionAnswered, QuestionAsked
from plugins.residents.models import Question, Report
from plugins.residents.permissions import ASK, ENTER, PROXY
from plugins.residents.rules import ENDED

LONGEST_QUESTION, LONGEST_ANSWER = 200, 500


@atomic
async def ask(viewer: Viewer | None, case_id: int, *, text: str) -> Question:
    """Ask the resident something; a few times, while the case is under way."""
    case = await case_for(viewer, case_id, ASK)
    assert viewer is not None  # asked by somebody
    text = text.strip()
    if not text:
        raise BadInput("请写下要问什么。", field="text", reason="required")
    if len(text) > LONGEST_QUESTION:
        raise BadInput(f"最多 {LONGEST_QUESTION} 个字。", field="text", reason="too_long")
    if case.stage.value in ENDED:
        raise Conflict("这件案件已经办结，不能再问了。")
    most = settings().most_questions
    if await Question.filter(case_id=case.id).count() >= most:
        raise Conflict(f"一件案件最多问 {most} 次。请按已有的情况办，或者打电话问。")
    question = await Question.create(
        case_id=case.id, asked_by_id=viewer.person_id, asked_at=_now(), text=text
    )
    await announce(
        QuestionAsked(area_path=case.area.path, case_id=case.id, question_id=question.id)
    )
    return question


@atomic
async def answer(report: Report, question_id: int, *, text: str, by: By | None = None) -> Question:
    """The resident answers, once."""
    by = by or By()
    if by.clerk is not None:
        demand_held(by.clerk, ENTER)
    found = Question.filter(id=question_id, case_id=report.case_id)
    if await found.select_for_update().first() is None:
        raise NotFound()
    question = await found.get().select_related("case__area")
    if question.answered_at is not None:
        raise Conflict("这个问题已经答复过了。")
    text = text.strip()
    if not text:
        raise BadInput("请写下您的答复。", field="text", reason="required")
    if len(text) > LONGEST_ANSWER:
        raise BadInput(f"最多 {LONGEST_ANSWER} 个字。", field="text", reason="too_long")
    question.answer, question.answered_at = by.note(text), _now()
    question.answered_by_id = by.clerk.person_id if by.clerk else None
    await question.save(update_fields=["answer", "answered_at", "answered_by_id"])
    if by.clerk is not None:
        about = ("cases.Case", report.case_id)
        await record(by.clerk, PROXY, about, details={"way": "answer", "channel": by.channel.value})
    area = question.case.area
    await announce(
        QuestionAnswered(area_path=area.path, case_id=report.case_id, question_id=question.id)
    )
    return question


async def note_answers_seen(viewer: Viewer, case_id: int) -> None:
    """Whoever asked has the answers on the screen: nothing waits any more."""
    fresh = Question.filter(
        case_id=case_id,
        asked_by_id=viewer.person_id,
        answered_at__isnull=False,
        seen_at__isnull=True,
    )
    if await fresh.exists():
        await fresh.update(seen_at=_now())


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
