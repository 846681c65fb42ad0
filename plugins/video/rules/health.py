"""Whether a camera may be switched on, how it is doing, and what is the matter with it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

#: What can be the matter, the mildest first: what comes later needs a person sooner.
TROUBLES = (
    "unsteady",
    "ended",
    "seldom",
    "blurred",
    "moved",
    "dark",
    "covered",
    "starting",
    "reconnecting",
    "failed",
    "offline",
)
SEEN = ("blurred", "moved", "dark", "covered")
SELDOM = 0.5  # looks a second: with less, what comes and goes is missed
STOPPED = ("starting", "reconnecting", "ended", "failed", "offline")


def unlawful(*, filing_number: str, signage: bool, private_space: bool) -> dict[str, str]:
    """Why the law (视频条例) keeps this camera off: a sentence for each field, worst first."""
    problems = {
        "private_space": "这台摄像机拍摄的是私密空间，不能启用。" if private_space else "",
        "filing_number": "" if filing_number else "启用前要先登记备案号。",
        "signage": "" if signage else "启用前要先设置提示标识，并在这里勾选确认。",
    }
    return {field: problem for field, problem in problems.items() if problem}


def picture_problem(state: str) -> str:
    """What is still to be done about the picture of the signage, in a sentence, or "".

    `state` is its file's, "" where there is none.
    """
    if state == "ready":
        return ""
    if state == "waiting":
        return "标识的照片正在打码，几秒钟就好；一直这样的话，请看有没有视频处理程序在线。"
    if state == "refused":
        return "标识的照片打不了码，没有保留，请换一张。"
    return "启用前要先传一张现场提示标识的照片。"


def removal_problem(*, active: bool, seen: bool) -> str:
    """Why a camera may not be taken away, in a sentence, or ""."""
    if active:
        return "这台摄像机正在使用，请先停用。"
    return "这台摄像机看到过事情，要留着说明来历，不能移除；不用了就停用。" if seen else ""


def is_here(told_at: datetime | None, now: datetime, silence: timedelta) -> bool:
    """Whether what was told is fresh enough to be believed."""
    return told_at is not None and now - told_at <= silence


def present_state(
    state: str, heard_at: datetime | None, now: datetime, silence: timedelta, active: bool = True
) -> str:
    """The state that a page may show: silence is a state of its own, never the last good one."""
    if not active:
        return "off"
    if heard_at is None:
        return "unknown"
    return "offline" if now - heard_at > silence else state


def problem_of(state: str, sight: str, looks: float, *, daylight: bool, steered: bool) -> str:
    """What is the matter now, one of TROUBLES or ""; `looks`: so many a second."""
    if state in STOPPED:
        return state
    if state != "running":
        return ""
    spoilt = _spoilt(sight, daylight=daylight, steered=steered)
    return spoilt or ("seldom" if looks < SELDOM else "")


def _spoilt(sight: str, *, daylight: bool, steered: bool) -> str:
    """A dark picture means something only by day, and of a camera that is steered 球机 nothing is
    usual but that it is not dark."""
    if sight == "dark":
        return "dark" if daylight else ""
    return sight if sight in SEEN and not steered else ""


def urgency_of(trouble: str) -> int:
    """Larger is sooner; 0 where nothing is the matter."""
    return TROUBLES.index(trouble) + 1 if trouble else 0


@dataclass(frozen=True, kw_only=True)
class Course:
    """What is the matter, since when, and what a person is told of: that which has lasted."""

    problem: str = ""
    since: datetime | None = None
    trouble: str = ""


def goes_to(before: Course, problem: str, now: datetime, dwell: timedelta) -> Course:
    """The next course. One trouble that turns into another does not begin anew, unless the eyes
    themselves did; a camera that comes and goes stays unsteady until it has been well for long,
    which others count."""
    if not problem:
        return Course(trouble=before.trouble if before.trouble == "unsteady" else "")
    anew = not before.problem or (problem == "starting" and before.problem != problem)
    since = now if anew or not before.since else before.since
    told = problem if now - since >= dwell else before.trouble
    return Course(problem=problem, since=since, trouble=told)
