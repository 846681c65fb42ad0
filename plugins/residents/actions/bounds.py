"""The bounds of each door, from the settings, with the words that send people to the telephone."""

from liuhe import settings_of
from plugins.residents.rules import DAY, HOUR, MINUTE, Bound
from plugins.residents.settings import ResidentsSettings

TEN_MINUTES = 10 * MINUTE


def settings() -> ResidentsSettings:
    return settings_of(ResidentsSettings)


def phone_us(first: str) -> str:
    return f"{first}请过一会儿再来；急的话，请打电话 {settings().hotline}，有人接听。"


def report_bounds(side: str) -> tuple[Bound, ...]:
    """For each report that is taken: from one side, then from all."""
    known = settings()
    often = phone_us("这个网络刚才上报得太多了。")
    return (
        Bound(
            kind="report.short",
            who=side,
            most=known.reports_in_10_minutes,
            seconds=TEN_MINUTES,
            words=often,
        ),
        Bound(kind="report.day", who=side, most=known.reports_a_day, seconds=DAY, words=often),
        everybody(),
    )


def everybody() -> Bound:
    """On the reports of all together, whichever door they come by."""
    return Bound(
        kind="report.all",
        who="",
        most=settings().reports_an_hour_in_all,
        seconds=HOUR,
        words=phone_us("现在上报的人太多了。"),
    )


def try_bounds(side: str) -> tuple[Bound, ...]:
    """For each form that is sent, whatever is in it."""
    words = phone_us("操作太快了。")
    return (Bound(kind="try", who=side, most=settings().tries, seconds=TEN_MINUTES, words=words),)


def code_bounds(side: str) -> tuple[Bound, ...]:
    """For each code that leads nowhere."""
    known = settings()
    return (
        Bound(
            kind="code.side",
            who=side,
            most=known.wrong_codes,
            seconds=TEN_MINUTES,
            words=phone_us("查询码错了太多次。"),
        ),
        Bound(
            kind="code.all",
            who="",
            most=known.wrong_codes_an_hour_in_all,
            seconds=HOUR,
            words=phone_us("现在查询的人太多了。"),
        ),
    )
