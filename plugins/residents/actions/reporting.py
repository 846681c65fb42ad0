"""上报: a resident tells, and gets a code. Twice the same is one."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from liuhe import (
    Area,
    BadInput,
    RateLimited,
    Viewer,
    atomic,
    demand,
    demand_held,
    fill,
    mark,
    redeem,
    store_upload,
)
from plugins.cases.actions import open_case
from plugins.places.actions import locate, today
from plugins.residents.actions.account import acting
from plugins.residents.actions.bounds import phone_us, report_bounds, settings
from plugins.residents.actions.contacts import keep_contact
from plugins.residents.actions.counting import look, take
from plugins.residents.models import Report
from plugins.residents.permissions import AREA_SCOPE, ENTER
from plugins.residents.rules import (
    NOTICE_VERSION,
    Channel,
    Matter,
    code_from,
    matter_of,
    phone_of,
    title_of,
)

#: The same words for the same place within this time are the same report.
SAME = timedelta(minutes=10)
LEVELS = ("street", "community", "grid", "microgrid")
LONGEST_TEXT, LONGEST_ADDRESS = 500, 100
NOWHERE = "没认出这个位置在哪个社区，请从列表里选一个。"


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a resident tells, as it was written. `matter` is a key of `MATTERS`.

    `pictured`: what the pictures are recognised by, where there are no words.
    """

    matter: str
    text: str = ""
    address: str = ""
    area_id: int | None = None
    longitude: float | None = None
    latitude: float | None = None
    pictured: str = ""


@dataclass(frozen=True, kw_only=True)
class Hand:
    """Who brings it: somebody at a network address (`side`), or a clerk for somebody."""

    side: str
    channel: Channel = Channel.WEB
    clerk: Viewer | None = None

    @property
    def consent(self) -> str:
        """How somebody agreed to leave a telephone number."""
        return "oral" if self.clerk else "form"


@dataclass(frozen=True, kw_only=True)
class Sent:
    """`code` is shown now and never again. `again`: it had been told before."""

    report: Report
    code: str
    again: bool


async def report_matter(
    told: Told,
    hand: Hand,
    *,
    key: str,
    pictures: Sequence[bytes] = (),
    phone: str = "",
    only_once: bool = False,
) -> Sent:
    """Open a case for a resident. The same `key` with the same words gives the same code back.

    The code is made of the key, which only the form has that we gave: so it can be shown again
    when the form is sent twice, although we do not keep it. `only_once`: the same key with other
    words is a Conflict; else it is another report.
    """
    if hand.clerk is not None:
        demand_held(hand.clerk, ENTER)
    matter, reached = _checked(told, pictures), _phone(phone)
    area = await _area(told)
    told = await _sound_point(told, area)
    if hand.clerk is not None:
        demand(hand.clerk, ENTER, area, AREA_SCOPE)
    if not told.text.strip():
        told = replace(told, pictured=hashlib.sha256(b"".join(pictures)).hexdigest())
    code = code_from(int(mark("residents.code.made", key, *_words(told), str(area.id)), 16))
    if known := await Report.get_or_none(code_mark=code_mark(code)):
        return Sent(report=known, code=code, again=True)
    viewer = await acting(hand.channel)
    file_ids: list[str] = []
    if not await _same(told, area, hand):
        if hand.clerk is None:
            await look(report_bounds(hand.side))
        # Before the transaction: nothing waits for a disk inside.
        file_ids = [str((await store_upload(content, viewer)).id) for content in pictures]
    ready = Ready(
        told=told, matter=matter, area=area, hand=hand, code=code, file_ids=file_ids, phone=reached
    )
    return await _write(ready, viewer, mark("residents.once", key) if only_once else None)


@dataclass(frozen=True, kw_only=True)
class Ready:
    """A report, checked, with its pictures stored and the code that it will have."""

    told: Told
    matter: Matter
    area: Area
    hand: Hand
    code: str
    file_ids: list[str]
    phone: str


@atomic
async def _write(ready: Ready, viewer: Viewer, once: str | None) -> Sent:
    told, area, hand, code = ready.told, ready.area, ready.hand, ready.code
    await redeem("residents", "residents.once", once, {"words": _words(told), "area": area.id})
    receipt = await redeem("residents", "residents.report", code_mark(code), {})
    if receipt and receipt.result:  # the second tap, which has waited for the first
        known = await Report.get(id=int(receipt.result))
        return Sent(report=known, code=code, again=True)
    if hand.clerk is None:
        await take(report_bounds(hand.side))
    earlier = await _same(told, area, hand)
    if earlier is None:
        await _demand_room(hand)
    case_id = earlier.case_id if earlier else await _open(ready, viewer)
    contact = await keep_contact(ready.phone, case_id) if ready.phone else None
    report = await Report.create(
        case_id=case_id,
        code_mark=code_mark(code),
        told_mark=told_mark(told, area, hand),
        channel=hand.channel,
        entered_by_id=hand.clerk.person_id if hand.clerk else None,
        created_at=datetime.now(UTC),
        contact_id=contact,
        notice=NOTICE_VERSION if contact else "",
        consent=hand.consent if contact else "",
    )
    await fill(receipt, report.id)
    return Sent(report=report, code=code, again=earlier is not None)


async def _open(ready: Ready, viewer: Viewer) -> int:
    told = ready.told
    case = await open_case(
        viewer,
        title=title_of(ready.matter, told.text),
        type_code=ready.matter.type_code,
        area_id=ready.area.id,
        address=told.address,
        description=told.text,
        longitude=told.longitude,
        latitude=told.latitude,
        file_ids=ready.file_ids,
    )
    return int(case.id)


async def _demand_room(hand: Hand) -> None:
    """A flood must not bury the officers: beyond this many the telephone sorts better."""
    if hand.clerk is not None:
        return
    if await Report.filter(case__stage="reported").count() >= settings().most_waiting:
        raise RateLimited(phone_us("等着受理的上报太多了，现在收不下。"), retry_after=1_800)


async def _same(told: Told, area: Area, hand: Hand) -> Report | None:
    """The report in the same words for the same place, from the same side, of a moment ago."""
    since = datetime.now(UTC) - SAME
    same = Report.filter(told_mark=told_mark(told, area, hand), created_at__gte=since)
    return await same.order_by("id").first()


def code_mark(code: str) -> str:
    return mark("residents.code", code)


def told_mark(told: Told, area: Area, hand: Hand) -> str:
    return mark("residents.told", hand.side, str(area.id), *_words(told))


def _words(told: Told) -> tuple[str, ...]:
    parts = (told.matter, told.text, told.address, told.pictured)
    return tuple(" ".join(part.split()) for part in parts)


def _checked(told: Told, pictures: Sequence[bytes]) -> Matter:
    matter = matter_of(told.matter)
    if matter is None:
        raise BadInput("请选一选是什么事。", field="matter", reason="required")
    if not told.text.strip() and not pictures:
        raise BadInput("请说一句是什么事，或者拍一张照片。", field="text", reason="required")
    if len(told.text) > LONGEST_TEXT:
        raise BadInput(f"最多 {LONGEST_TEXT} 个字。", field="text", reason="too_long")
    if len(told.address) > LONGEST_ADDRESS:
        raise BadInput(f"最多 {LONGEST_ADDRESS} 个字。", field="address", reason="too_long")
    if len(pictures) > settings().most_pictures:
        words = f"最多 {settings().most_pictures} 张照片。"
        raise BadInput(words, field="pictures", reason="too_many")
    return matter


def _phone(text: str) -> str:
    if text.strip() and not phone_of(text):
        raise BadInput(
            "电话号码好像写错了，请看一看；不留也可以。", field="phone", reason="malformed"
        )
    return phone_of(text)


async def _area(told: Told) -> Area:
    """The chosen area, or the deepest one around the point."""
    if told.area_id is not None:
        area = await Area.get_or_none(id=told.area_id)
    elif told.longitude is not None and told.latitude is not None:
        area = await area_around(told.longitude, told.latitude)
        if area is None:
            raise BadInput(NOWHERE, field="areaId", reason="nowhere")
    else:
        area = None
    if area is None or area.level not in LEVELS or not area.stood(today()):
        raise BadInput("请选一选在哪个街道、社区。", field="areaId", reason="required")
    return area


async def _sound_point(told: Told, area: Area) -> Told:
    """Without the point, where the area that was chosen says that it is another place."""
    if told.area_id is None or told.longitude is None or told.latitude is None:
        return told
    around = await area_around(told.longitude, told.latitude)
    if around is not None and around.path.startswith(area.path):
        return told
    return replace(told, longitude=None, latitude=None)


async def area_around(longitude: float, latitude: float) -> Area | None:
    """The community (or street) that the point lies in; None outside of the district."""
    area = await locate(longitude, latitude)
    return area if area and area.level in LEVELS else None
