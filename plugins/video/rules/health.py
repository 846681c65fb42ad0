"""Whether a camera may be switched on, and how it is doing."""

from datetime import datetime, timedelta


def activation_problem(*, filing_number: str, signage: bool, private_space: bool) -> str:
    """Why the law (视频条例) keeps this camera off, in a sentence, or ""."""
    if private_space:
        return "这台摄像机拍摄的是私密空间，不能启用。"
    if not filing_number:
        return "启用前要先登记备案号。"
    return "" if signage else "启用前要先设置提示标识，并在这里勾选确认。"


def present_state(
    state: str, heard_at: datetime | None, now: datetime, silence: timedelta, active: bool = True
) -> str:
    """The state that a page may show: silence is a state of its own, never the last good one."""
    if not active:
        return "off"
    if heard_at is None:
        return "unknown"
    return "offline" if now - heard_at > silence else state
