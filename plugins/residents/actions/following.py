"""查询: by the code alone, one comes to one's own case and to no other."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from liuhe import BadInput, File, NotFound, Reading
from plugins.cases.actions import Course, last_change, tell_course
from plugins.residents.actions.account import acting
from plugins.residents.actions.bounds import code_bounds, settings
from plugins.residents.actions.contacts import readings
from plugins.residents.actions.counting import give_back, take
from plugins.residents.actions.reporting import code_mark
from plugins.residents.models import Question, Report
from plugins.residents.rules import ENDED, check_fits, read_code

#: The same for a code that never was and for one that is over.
UNKNOWN = "没有查到这个查询码。请对照抄下的再看一看；太久以前的事，请打电话问。"
MISTYPED = "查询码好像抄错了：一共 12 个字母和数字，请对照再填一次。"


@dataclass(frozen=True, kw_only=True)
class Followed:
    """What somebody with the code sees. `ways`: what can be done now, besides answering.
    `readings`: who was shown the number that was left."""

    report: Report
    course: Course
    questions: tuple[Question, ...]
    ways: frozenset[str]
    readings: tuple[Reading, ...]

    @property
    def open_questions(self) -> tuple[Question, ...]:
        return tuple(one for one in self.questions if one.answered_at is None)


async def find_report(text: str, side: str) -> Report:
    """The report of a code that somebody typed. Wrong ones are counted, and soon refused.

    Each is counted before it is looked up, so that of many at once no more are answered.
    """
    code = read_code(text)
    if not check_fits(code):  # tells nothing but that it was never given
        raise BadInput(MISTYPED, field="code", reason="mistyped")
    bounds = code_bounds(side)
    await take(bounds)
    report = await known_report(code)
    if report is None:
        raise BadInput(UNKNOWN, field="code", reason="unknown")
    await give_back(bounds)
    return report


async def known_report(code: str) -> Report | None:
    """The report of a code, unless it is over; the same work whichever it is."""
    report = await Report.get_or_none(code_mark=code_mark(code)).select_related("case")
    changed = await last_change(report.case_id if report else 0)
    if report is None or changed is None:
        return None
    over = changed + timedelta(days=settings().code_days) < datetime.now(UTC)
    return None if over and report.case.stage.value in ENDED else report


async def follow(report: Report) -> Followed:
    """The course of the report's case, and what can be done."""
    course = await tell_course(await acting(), report.case_id)
    questions = await Question.filter(case_id=report.case_id).order_by("id")
    ways = set(course.ways) & {"rate", "reopen", "withdraw"}
    if "reopen" in ways and not may_reopen(course):
        ways.discard("reopen")
    return Followed(
        report=report,
        course=course,
        questions=tuple(questions),
        ways=frozenset(ways),
        readings=tuple(await readings(report)),
    )


def may_reopen(course: Course) -> bool:
    """Not for ever, and not again and again: then somebody should talk."""
    asked = sum(step.own and step.action == "reopen" for step in course.steps)
    closed = course.case.closed_at
    late = closed is None or closed + timedelta(days=settings().reopen_days) < datetime.now(UTC)
    return asked < settings().most_reopenings and not late


async def picture_of(report: Report, file_id: str) -> File:
    """A blurred picture of the report's own case; NotFound for every other."""
    course = await tell_course(await acting(), report.case_id)
    files = (picture.file for step in course.steps for picture in step.pictures)
    found = next((file for file in files if str(file.id) == file_id), None)
    if found is None or found.state != "ready":
        raise NotFound()
    return found
