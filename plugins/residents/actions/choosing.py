"""What a resident may do with the own case: rate it, have it taken up again, take it back.

A clerk does it for somebody who reads out the code: the step says by which door it came, and the
audit says who wrote it down.
"""

from dataclasses import dataclass

from liuhe import BadInput, Conflict, Forbidden, Viewer, atomic, demand_held, record
from plugins.cases.actions import rate_case, reopen_case, withdraw_case
from plugins.residents.actions.account import acting
from plugins.residents.actions.following import follow
from plugins.residents.models import Report
from plugins.residents.permissions import ENTER, PROXY
from plugins.residents.rules import CHANNEL_LABELS, Channel

MOST_WORDS = 500
HANDLED = ("sign", "submit_handling")


@dataclass(frozen=True, kw_only=True)
class By:
    """Through which door: the web, or a clerk at a counter or on the telephone."""

    channel: Channel = Channel.WEB
    clerk: Viewer | None = None

    def note(self, words: str) -> str:
        words = words.strip()
        return f"（{CHANNEL_LABELS[self.channel]}）{words}" if self.clerk else words


@atomic
async def rate(
    report: Report, *, rating: int | None, words: str = "", by: By | None = None
) -> None:
    """评价, 1 to 5; whoever handled the case does not do it for the resident."""
    by = by or By()
    viewer = await _start(report, "rate", words, by)
    if by.clerk is not None and await report.case.steps.filter(
        person_id=by.clerk.person_id, action__in=HANDLED
    ):
        raise Forbidden("您处置过这件案件，请别的同事代为评价。")
    await rate_case(viewer, report.case_id, rating=rating, note=by.note(words))
    await _written(report, "rate", by)


@atomic
async def reopen(report: Report, *, reason: str, by: By | None = None) -> None:
    """要求重新办理, with a reason; a few times and within some weeks."""
    by = by or By()
    viewer = await _start(report, "reopen", reason, by)
    _demand_reason(reason, "请说一说为什么还没有解决。")
    await reopen_case(viewer, report.case_id, reason=by.note(reason))
    await _written(report, "reopen", by)


@atomic
async def withdraw(report: Report, *, reason: str, by: By | None = None) -> None:
    """撤回, before a unit has taken it over."""
    by = by or By()
    viewer = await _start(report, "withdraw", reason, by)
    _demand_reason(reason, "请说一说为什么撤回。")
    await withdraw_case(viewer, report.case_id, reason=by.note(reason))
    await _written(report, "withdraw", by)


async def _start(report: Report, way: str, words: str, by: By) -> Viewer:
    if by.clerk is not None:
        demand_held(by.clerk, ENTER)
    if len(words) > MOST_WORDS:
        raise BadInput(f"最多 {MOST_WORDS} 个字。", field="words", reason="too_long")
    if way not in (await follow(report)).ways:
        raise Conflict("这件事有了新的进展，现在不能这样办了。请看看下面最新的情况。")
    return await acting(by.channel)


def _demand_reason(reason: str, sentence: str) -> None:
    if not reason.strip():
        raise BadInput(sentence, field="words", reason="required")


async def _written(report: Report, way: str, by: By) -> None:
    if by.clerk is not None:
        about = ("cases.Case", report.case_id)
        await record(by.clerk, PROXY, about, details={"way": way, "channel": by.channel.value})
