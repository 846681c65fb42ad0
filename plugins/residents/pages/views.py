"""A followed case as a page shows it: to the resident, or to a clerk who holds the telephone."""

from collections.abc import Iterable
from typing import Any

from plugins.cases.actions import Course, ToldPicture, ToldStep
from plugins.residents.actions import Followed, settings
from plugins.residents.rules import CHANNEL_LABELS, MERGED, RATINGS, SAYS, STANDS, Channel

BAD = ("reject", "return", "rework", "reopen", "suspend")
KINDS = {"after": "办理后的照片"}
SCENE = "您上报时的照片"
AGAIN = "没有解决，或者问题又出现，可以要求重新办。"


def context_of(followed: Followed, *, pictures_at: str) -> dict[str, Any]:
    """`pictures_at`: where the blurred pictures are served; "" shows none."""
    course, report = followed.course, followed.report
    stage = course.case.stage.value
    title, then = (_filled(words, course) for words in STANDS[stage])
    if course.merged_into_stage:
        then = MERGED + _filled(STANDS[course.merged_into_stage][0], None)
    elif course.case.suspended_at:
        title, then = "暂时停一停", "条件具备了就接着办，原因写在下面。"
    elif stage in ("closed", "rated"):
        then += AGAIN if "reopen" in followed.ways else f"还有问题，请打电话 {settings().hotline}。"
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
        "channel": CHANNEL_LABELS[report.channel],
        "by_clerk": report.channel != Channel.WEB,
    }


def _entry(step: ToldStep, course: Course, pictures_at: str) -> dict[str, Any]:
    what = SAYS.get(step.action, step.label).format(unit=step.unit or _unit(course))
    if step.action == "rate" and step.rating:
        what = f"{what}：{dict(RATINGS)[step.rating]}（{step.rating} 分）"
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


def _filled(words: str, course: Course | None) -> str:
    return words.format(unit=_unit(course) if course else "有关单位")


def _unit(course: Course) -> str:
    return course.case.unit.name if course.case.unit else "有关单位"
