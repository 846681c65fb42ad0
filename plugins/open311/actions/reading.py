"""What is told to anybody, and more of it to the program that reported it."""

from collections.abc import Sequence
from dataclasses import dataclass

from liuhe import NotFound
from plugins.cases.actions import (
    Published,
    PublishedStep,
    Wanted,
    Whole,
    published,
    published_steps,
    told_whole,
)
from plugins.open311.actions.reporting import token_mark
from plugins.open311.models import Key, Sending


@dataclass(frozen=True, kw_only=True)
class Found:
    """`whole`: what only the program that reported it is told."""

    case: Published
    whole: Whole | None


async def find_requests(
    wanted: Wanted, key: Key | None, *, most: int, start: int = 0
) -> list[Found]:
    cases = await published(wanted, most=most, start=start)
    own = await _own([case.id for case in cases], key)
    whole = await told_whole(own) if own else {}
    return [Found(case=case, whole=whole.get(case.id)) for case in cases]


async def find_updates(wanted: Wanted, *, most: int, start: int = 0) -> list[PublishedStep]:
    return await published_steps(wanted, most=most, start=start)


async def find_by_token(token: str) -> str:
    """The number of the case that a token stands for."""
    found = Sending.filter(token_mark=token_mark(token)).select_related("case")
    sending = await found.first() if token else None
    if sending is None:
        raise NotFound("没有这个 token。")
    return str(sending.case.number)


async def _own(case_ids: Sequence[int], key: Key | None) -> list[int]:
    if key is None or not case_ids:
        return []
    sent = Sending.filter(key_id=key.id, case_id__in=list(case_ids))
    return [one.case_id for one in await sent.only("case_id")]
