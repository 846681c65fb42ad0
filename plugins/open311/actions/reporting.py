"""上报 by another program: a case like any resident's, and nothing lost or doubled on the way."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from liuhe import (
    Area,
    BadInput,
    RateLimited,
    Viewer,
    atomic,
    fill,
    keep_personal,
    mark,
    redeem,
    settings_of,
    store_upload,
)
from plugins.cases.actions import open_case
from plugins.open311.actions.services import Offered, known_service
from plugins.open311.models import Answering, Key, Sending
from plugins.open311.permissions import LOOK, REACHED_BY
from plugins.open311.rules import answered
from plugins.open311.settings import Open311Settings
from plugins.places.actions import resolve, today
from plugins.residents.actions import (
    Bound,
    acting,
    area_around,
    everybody,
    look,
    phone_us,
    take,
)

SAME = timedelta(minutes=10)
HOUR = 3_600
LONGEST_TEXT, LONGEST_ADDRESS, LONGEST_URL = 2_000, 200, 500
LONGEST_CONTACT = 100
LONGEST_TITLE = 60
NOWHERE = (
    "没认出这个位置在本区哪个社区。"
    "请写 lat 和 long（WGS-84），或者把小区、街道写进 address_string。"
)


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """A report as it was sent, read but not believed. `contact`: name, phone, email."""

    service_code: str
    longitude: float | None = None
    latitude: float | None = None
    address: str = ""
    address_id: str = ""
    description: str = ""
    media_url: str = ""
    attributes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    contact: Mapping[str, str] = field(default_factory=dict)
    pictures: Sequence[bytes] = field(default=(), repr=False)

    @property
    def words(self) -> tuple[str, ...]:
        """What makes it the same report when it comes again."""
        pictures = hashlib.sha256(b"".join(self.pictures)).hexdigest()
        answers = sorted((code, *values) for code, values in self.attributes.items())
        point = f"{self.longitude} {self.latitude}"
        place = (point, self.address, self.address_id)
        return (self.service_code, *place, self.description, self.media_url, str(answers), pictures)


@dataclass(frozen=True, kw_only=True)
class Sent:
    """`number` of the case, or the `token` that stands for it."""

    number: str = ""
    token: str = ""
    notice: str = ""


@dataclass(frozen=True, kw_only=True)
class Ready:
    """Checked, placed, with its pictures stored."""

    arrived: Arrived
    service: Offered
    area: Area
    text: str
    file_ids: list[str]


async def send(key: Key, arrived: Arrived, *, idempotency_key: str = "") -> Sent:
    """Open a case. The same again within ten minutes, or with the same key of idempotency at any
    time, is the same case."""
    service = await known_service(arrived.service_code)
    text = _checked(arrived, service)
    viewer = replace(await acting(), name="居民（应用）")
    area, arrived = await _placed(arrived, viewer)
    told = mark("open311.told", str(key.id), *arrived.words)
    if not await _same(key, told):
        await look(_bounds(key))
    # Before the transaction: nothing waits for a disk inside.
    file_ids = [str((await store_upload(content, viewer)).id) for content in arrived.pictures]
    ready = Ready(arrived=arrived, service=service, area=area, text=text, file_ids=file_ids)
    return await _write(key, ready, viewer, told, idempotency_key)


@atomic
async def _write(key: Key, ready: Ready, viewer: Viewer, told: str, once: str) -> Sent:
    who = f"open311:{key.id}"
    receipt = await redeem(who, "open311.send", once or None, {"told": told})
    known = await Sending.get(id=int(receipt.result)) if receipt and receipt.result else None
    # Of two at once, the second waits here for the first; a new window begins every ten minutes.
    window = int(datetime.now(UTC).timestamp() // SAME.total_seconds())
    await redeem(who, "open311.same", f"{told}.{window}", {})
    known = known or await _same(key, told)
    if known is not None:
        await fill(receipt, known.id)
        return await _again(known, ready.service)
    await take(_bounds(key))
    await _demand_room()
    token = secrets.token_urlsafe(18) if ready.service.answering == Answering.BATCH else ""
    case_id, number = await _open(ready, viewer)
    contact = {name: value for name, value in ready.arrived.contact.items() if value}
    about = ("cases.Case", case_id)
    sending = await Sending.create(
        case_id=case_id,
        key_id=key.id,
        told_mark=told,
        token_mark=token_mark(token) if token else None,
        contact_id=await keep_personal(REACHED_BY.name, contact, about=about) if contact else None,
        media_url=ready.arrived.media_url,
        created_at=datetime.now(UTC),
    )
    await fill(receipt, sending.id)
    return Sent(number="" if token else number, token=token, notice=_notice(ready))


async def _open(ready: Ready, viewer: Viewer) -> tuple[int, str]:
    arrived = ready.arrived
    case = await open_case(
        viewer,
        title=_title(ready.service.name, arrived.description),
        type_code=ready.service.code,
        area_id=ready.area.id,
        address=arrived.address,
        description=ready.text,
        longitude=arrived.longitude,
        latitude=arrived.latitude,
        file_ids=ready.file_ids,
    )
    return int(case.id), str(case.number)


def token_mark(token: str) -> str:
    return mark("open311.token", token)


async def _same(key: Key, told: str) -> Sending | None:
    since = datetime.now(UTC) - SAME
    same = Sending.filter(key_id=key.id, told_mark=told, created_at__gte=since)
    return await same.order_by("id").first()


async def _again(known: Sending, service: Offered) -> Sent:
    """Of a token only the mark is kept: for the same again there is a new one."""
    if service.answering == Answering.BATCH:
        token = secrets.token_urlsafe(18)
        await Sending.filter(id=known.id).update(token_mark=token_mark(token))
        return Sent(token=token, notice="这件事刚才已经收到。")
    case = await known.case
    return Sent(number=case.number, notice="这件事刚才已经收到。")


def _bounds(key: Key) -> tuple[Bound, ...]:
    words = phone_us("这个应用上报得太多了。")
    own = Bound(
        kind="open311.key", who=str(key.id), most=key.most_an_hour, seconds=HOUR, words=words
    )
    return (own, everybody())


async def _demand_room() -> None:
    """A flood must not bury the officers."""
    waiting = Sending.filter(case__stage="reported")
    if await waiting.count() >= settings_of(Open311Settings).most_waiting:
        raise RateLimited(phone_us("等着受理的上报太多了，现在收不下。"), retry_after=1_800)


def _checked(arrived: Arrived, service: Offered) -> str:
    """The description with the answers; BadInput with the name that the specification uses."""
    answers, problem = answered(service.attributes, arrived.attributes)
    if problem:
        raise BadInput(problem, field="attribute", reason="attribute")
    text = "\n".join(filter(None, (arrived.description.strip(), answers)))
    if not text and not arrived.pictures:
        raise BadInput("请写 description，或者附一张照片。", field="description", reason="required")
    most = settings_of(Open311Settings).most_pictures
    if len(arrived.pictures) > most:
        raise BadInput(f"最多 {most} 张照片。", field="media", reason="too_many")
    _demand_short("description", text, LONGEST_TEXT)
    _demand_short("address_string", arrived.address, LONGEST_ADDRESS)
    _demand_short("media_url", arrived.media_url, LONGEST_URL)
    if arrived.media_url and not arrived.media_url.startswith(("https://", "http://")):
        words = "media_url 要以 https:// 开头；照片请用 multipart/form-data 直接附上。"
        raise BadInput(words, field="media_url", reason="malformed")
    for name, value in arrived.contact.items():
        _demand_short(name, value, LONGEST_CONTACT)
    return text


def _demand_short(name: str, text: str, most: int) -> None:
    if len(text) > most:
        raise BadInput(f"{name} 最多 {most} 个字。", field=name, reason="too_long")


async def _placed(arrived: Arrived, viewer: Viewer) -> tuple[Area, Arrived]:
    """Where it is: by the point, the code of an area, or a written address; with its point."""
    if arrived.longitude is not None and arrived.latitude is not None:
        area = await area_around(arrived.longitude, arrived.latitude)
    elif arrived.address_id:
        area = await Area.get_or_none(code=arrived.address_id[:30], valid_to=None)
        area = area if area and area.stood(today()) else None
    elif arrived.address:
        looking = replace(viewer, grants=(*viewer.grants, LOOK))
        found = await resolve(looking, arrived.address)
        area = found.area if found else None
        if found:
            arrived = replace(arrived, longitude=found.longitude, latitude=found.latitude)
    else:
        words = "请写 lat 和 long、address_string 或 address_id 中的一种。"
        raise BadInput(words, field="lat", reason="required")
    if area is None or area.level not in ("street", "community", "grid", "microgrid"):
        raise BadInput(NOWHERE, field="address_string", reason="nowhere")
    return area, arrived


def _title(name: str, text: str) -> str:
    first = " ".join(text.split())
    if len(first) > LONGEST_TITLE:
        first = first[: LONGEST_TITLE - 1] + "…"
    return f"{name}：{first}" if first else name


def _notice(ready: Ready) -> str:
    if ready.arrived.media_url and not ready.arrived.pictures:
        return "已收到。media_url 只记下了地址，没有下载；照片请用 multipart/form-data 直接附上。"
    return "已收到。照片打码以后才有人看得到。" if ready.file_ids else "已收到。"
