"""What a request of the interface says: forms of both kinds, keys, times, lists; read strictly."""

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from liuhe import BadInput, TooLarge, house, settings_of
from liuhe.pages import Request, UploadFile, address_of
from plugins.open311 import actions
from plugins.open311.actions import Arrived
from plugins.open311.models import Key
from plugins.open311.pages.answers import demand_jurisdiction, zone
from plugins.open311.rules import Period
from plugins.open311.rules import moment as moment_in
from plugins.open311.rules import period as period_of
from plugins.open311.settings import Open311Settings
from plugins.residents.actions import side_of

MOST_IDS = 100
MOST_PAGES = 10_000
TOO_LONG = "一次最多查 90 天，结束不能早于开始。"
ATTRIBUTE = re.compile(r"attribute\[([^\[\]]{1,40})\](\[\])?")
COMMA = re.compile(r"\s*,\s*")


async def form(request: Request) -> Any:
    """The fields of a form, as either kind of form sends them."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in ("application/x-www-form-urlencoded", "multipart/form-data"):
        words = "请用 application/x-www-form-urlencoded 或 multipart/form-data 提交。"
        raise BadInput(words, reason="media_type")
    try:
        given = await request.form(max_files=20, max_fields=200)
    except UnicodeDecodeError:
        raise BadInput("表单的文字要用 UTF-8 编码。", reason="charset") from None
    demand_jurisdiction(text(given, "jurisdiction_id"))
    return given


async def key(given: Any, request: Request, scope: str) -> Key:
    secret = text(given, "api_key") or request.query_params.get("api_key", "")
    return await actions.key_for(secret, scope, side_of(address_of(request)))


async def own_key(request: Request) -> Key | None:
    """With a key one is told more of one's own; without, what is public."""
    secret = request.query_params.get("api_key", "")
    if not secret:
        return None
    return await actions.key_for(secret, "report", side_of(address_of(request)))


def text(given: Any, name: str) -> str:
    value = given.get(name, "")
    if not isinstance(value, str):
        raise BadInput(f"{name} 要写文字，不能是文件。", field=name, reason="malformed")
    if "\0" in value:
        raise BadInput(f"{name} 里有不能保存的字符。", field=name, reason="characters")
    return value.strip()


def need(given: Any, name: str) -> str:
    if not (found := text(given, name)):
        raise BadInput(f"没有写 {name}。", field=name, reason="required")
    return found


def degrees(given: Any, name: str) -> float | None:
    if not (written := text(given, name)):
        return None
    try:
        value = float(written)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or abs(value) > 180:
        words = f"{name} 要写十进制的度数（WGS-84）。"
        raise BadInput(words, field=name, reason="malformed")
    return value


def demand_whole_point(arrived: Arrived) -> None:
    if (arrived.longitude is None) != (arrived.latitude is None):
        raise BadInput("lat 和 long 要一起写。", field="lat", reason="incomplete")


def attributes(given: Any) -> dict[str, list[str]]:
    answers: dict[str, list[str]] = {}
    for name, value in given.multi_items():
        if (fits := ATTRIBUTE.fullmatch(name)) and isinstance(value, str):
            answers.setdefault(fits[1], []).append(value)
    return answers


def contact(given: Any) -> dict[str, str]:
    """`device_id` and `account_id` are not kept: nothing here needs them."""
    name = " ".join(filter(None, (text(given, "last_name"), text(given, "first_name"))))
    return {"name": name, "phone": text(given, "phone"), "email": text(given, "email")}


async def pictures(given: Any) -> list[bytes]:
    """Files under any name: clients call them media, photo, uploads."""
    files = [value for _, value in given.multi_items() if isinstance(value, UploadFile)]
    chosen = [one for one in files if one.filename or one.size]
    most = house().settings.upload_megabytes
    for one in chosen:
        if (one.size or 0) > most * 1_000_000:
            raise TooLarge(f"每张照片最大 {most} MB。", field="media", reason="too_large")
    if len(chosen) > settings_of(Open311Settings).most_pictures:
        words = f"最多 {settings_of(Open311Settings).most_pictures} 张照片。"
        raise BadInput(words, field="media", reason="too_many")
    return [await one.read() for one in chosen]


def listed(text: str, name: str) -> list[str]:
    found = [part for part in COMMA.split(text.strip()) if part]
    if len(found) > MOST_IDS or any(len(part) > 40 or "\0" in part for part in found):
        words = f"{name} 一次最多 {MOST_IDS} 个，用逗号隔开。"
        raise BadInput(words, field=name, reason="too_many")
    return found


def ended(text: str) -> bool | None:
    named = set(listed(text, "status"))
    if not named <= {"open", "closed"}:
        raise BadInput("status 只能是 open 或 closed。", field="status", reason="unknown")
    return None if len(named) != 1 else named == {"closed"}


def period(request: Request) -> Period:
    since, until = _moment(request, "start_date"), _moment(request, "end_date")
    found = period_of(since, until, datetime.now(UTC))
    if found is None:
        raise BadInput(TOO_LONG, field="start_date", reason="out_of_range")
    return found


def _moment(request: Request, name: str) -> datetime | None:
    if not (text := request.query_params.get(name, "")):
        return None
    if (found := moment_in(text, zone())) is None:
        words = f"{name} 要写成 2026-11-28T00:00:00+08:00 这样的时间。"
        raise BadInput(words, field=name, reason="malformed")
    return found


@dataclass(frozen=True, kw_only=True)
class Part:
    """Which part of a list is asked for."""

    page: int
    size: int

    @property
    def start(self) -> int:
        return (self.page - 1) * self.size

    def following(self, request: Request, found: int) -> str:
        """The address of the next part, if one more was `found` than fits into this one."""
        if found <= self.size:
            return ""
        url = request.url.include_query_params(page=self.page + 1)
        return f"{url.path}?{url.query}"


def part(request: Request, *, most: int, default: int) -> Part:
    known = request.query_params
    size, page = known.get("page_size", ""), known.get("page", "")
    return Part(
        size=whole(size, "page_size", least=1, most=most, default=default),
        page=whole(page, "page", least=1, most=MOST_PAGES, default=1),
    )


def whole(text: str, name: str, *, least: int, most: int, default: int) -> int:
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 9 and least <= int(text) <= most):
        raise BadInput(f"{name} 要写 {least} 到 {most} 的整数。", field=name, reason="malformed")
    return int(text)
