"""补充 updates: what a program says later about its own report, and asking for more work."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from liuhe import BadInput, NotFound, atomic, settings_of
from plugins.cases.actions import reopen_case, tell_course
from plugins.open311.actions.reporting import LONGEST_URL
from plugins.open311.models import Key, Note, Sending
from plugins.open311.settings import Open311Settings
from plugins.residents.actions import Bound, acting, phone_us, take

MOST_NOTES = 20
LONGEST, LONGEST_NUMBER = 1_000, 100
HOUR = 3_600
#: What others call a matter that is not settled.
OPEN = ("open", "reopened", "confirmed", "investigating", "in_progress", "action_scheduled")


@dataclass(frozen=True, kw_only=True)
class Later:
    """An update as it was sent. `theirs`: its number at the sender's."""

    number: str
    theirs: str
    text: str = ""
    status: str = ""
    media_url: str = ""


@atomic
async def note_update(key: Key, later: Later) -> Note:
    """Keep it with the case, for officers to read; the same number again is the same one. A status
    that says "open" of a closed case asks to have it taken up again."""
    _check(later)
    sending = Sending.filter(key_id=key.id, case__number=later.number).order_by("id")
    held = await sending.select_for_update().first()
    if held is None:
        raise NotFound(f"没有编号是 {later.number[:40]} 的上报，或者不是这把密钥上报的。")
    if known := await Note.get_or_none(key_id=key.id, theirs=later.theirs):
        return known
    words = phone_us("这个应用发来的补充太多了。")
    await take(
        (
            Bound(
                kind="open311.note",
                who=str(key.id),
                most=key.most_an_hour,
                seconds=HOUR,
                words=words,
            ),
        )
    )
    if await Note.filter(case_id=held.case_id).count() >= MOST_NOTES:
        raise BadInput(f"一件事最多补充 {MOST_NOTES} 次。", field="description", reason="too_many")
    return await Note.create(
        case_id=held.case_id,
        key_id=key.id,
        theirs=later.theirs,
        text=later.text.strip(),
        media_url=later.media_url,
        reopened=await _reopen(held, later),
        at=datetime.now(UTC),
    )


async def _reopen(held: Sending, later: Later) -> bool:
    """A few times, and within some weeks; otherwise the words alone are kept."""
    if later.status.lower() not in OPEN:
        return False
    viewer = await acting()
    course = await tell_course(viewer, held.case_id)
    known = settings_of(Open311Settings)
    closed, asked = course.case.closed_at, sum(step.action == "reopen" for step in course.steps)
    late = closed is None or closed + timedelta(days=known.reopen_days) < datetime.now(UTC)
    if "reopen" not in course.ways or late or asked >= known.most_reopenings:
        return False
    await reopen_case(viewer, held.case_id, reason=later.text.strip() or "上报的应用说还没有解决。")
    return True


def _check(later: Later) -> None:
    if not later.number:
        raise BadInput("请写 service_request_id。", field="service_request_id", reason="required")
    if not later.theirs or len(later.theirs) > LONGEST_NUMBER:
        raise BadInput(
            f"请写 update_id，最多 {LONGEST_NUMBER} 个字符。", field="update_id", reason="required"
        )
    if not later.text.strip() and not later.media_url and not later.status:
        raise BadInput("请写 description。", field="description", reason="required")
    if len(later.text) > LONGEST:
        raise BadInput(f"description 最多 {LONGEST} 个字。", field="description", reason="too_long")
    if len(later.media_url) > LONGEST_URL:
        words = f"media_url 最多 {LONGEST_URL} 个字。"
        raise BadInput(words, field="media_url", reason="too_long")
