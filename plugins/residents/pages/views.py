"""A followed case as a page shows it: to the resident, or to a clerk who holds the telephone."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from plugins.cases.actions import Course, ToldPicture, ToldStep
from plugins.residents.actions import MOST_READINGS, Followed, contact_over, settings
from plugins.residents.rules import CHANNEL_LABELS, RATINGS, Channel, say_standing, say_step

BAD = ("reject", "return", "rework", "reopen", "suspend")
KINDS = {"after": "办理后的照片"}
SCENE = "您上报时的照片"


def context_of(followed: Followed, *, pictures_at: str) -> dict[str, Any]:
    """`pictures_at`: where the blurred pictures are served; "" shows none."""
    course, report = followed.course, followed.report
    stage, unit = course.case.stage.value, _unit(course)
    title, then = say_standing(
        stage,
        unit,
        merged_into=course.merged_into_stage,
        suspended=course.case.suspended_at is not None,
        again="reopen" in followed.ways,
    )
    if stage in ("closed", "rated") and "reopen" not in followed.ways:
        then += f"还有问题，请打电话 {settings().hotline}。"
    last = course.steps[-1]
    return {
        "case": course.case,
        "stage": stage,
        "title": title,
        "then": then,
        "why": last.note if last.action == "reject" else "",
        "timeline": [_entry(step, course, pictures_at) for step in reversed(course.steps)],
        "blurring": any(_waits(one) for step in course.steps for one in step.pictures),
        "questions": followed.questions,
        "open_questions": followed.open_questions,
        "ways": followed.ways,
        "ratings": RATINGS,
        "report": report,
        "readings": followed.readings,
        "most_readings": MOST_READINGS,
        "has_contact": bool(report.contact_id) and not contact_over(report, datetime.now(UTC)),
        "channel": CHANNEL_LABELS[report.channel],
        "by_clerk": report.channel != Channel.WEB,
    }


def _entry(step: ToldStep, course: Course, pictures_at: str) -> dict[str, Any]:
    what = say_step(step.action, step.label, step.unit or _unit(course), step.rating)
    return {
        "what": what,
        "at": step.at,
        "why": step.note,
        "tone": "bad" if step.action in BAD else "",
        "pictures": list(_pictures(step.pictures, pictures_at)),
    }


def _pictures(found: Iterable[ToldPicture], at: str) -> Iterable[dict[str, str]]:
    for one in found:
        if at and one.file.state == "ready":
            yield {"src": f"{at}/{one.file.id}", "alt": KINDS.get(one.kind.value, SCENE)}


def _waits(one: ToldPicture) -> bool:
    return one.file.state == "waiting"


def _unit(course: Course) -> str:
    return course.case.unit.name if course.case.unit else ""
