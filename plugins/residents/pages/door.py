"""What every public page passes: the same site, a bound on tries, and a cookie that holds a code.

The cookie is the code itself, sealed: so codes stand in no address and in no log, and each page
checks the code anew. It lasts for a day, on the browser that sent or typed the code.
"""

import asyncio
import binascii
import math
import time
import uuid
from typing import Any

from liuhe import BadInput, house, mark, seal, unseal
from liuhe.pages import Form, Request, Response, address_of, demand_same_origin, page
from plugins.residents import actions
from plugins.residents.actions import known_report, settings, side_of, take, try_bounds
from plugins.residents.models import Report

COOKIE = "liuhe_follow"
PATH = "/residents"
LASTS = 24 * 3600
FORM_LASTS = 24 * 3600
#: So many reports are held in memory at a time, with their pictures; the others wait.
ROOM = asyncio.Semaphore(4)
STALE = "这一页打开太久了，请再按一次。您写的都还在。"


def side(request: Request) -> str:
    return side_of(address_of(request))


async def admit(request: Request) -> str:
    """For each form that is sent: from our own page, not all the time; whose side it is."""
    demand_same_origin(request.scope)
    await take(try_bounds(side(request)))
    return side(request)


async def show(
    request: Request, template: str, context: dict[str, Any], *, status: int = 200
) -> Response:
    """A public page, which no search engine is to keep."""
    known = {"hotline": settings().hotline, **context}
    response = await page(request, f"residents/{template}.html", known, status=status)
    response.headers["x-robots-tag"] = "noindex, nofollow"
    return response


def remember(response: Response, code: str) -> None:
    sealed = seal("residents.follow", f"{code}.{int(time.time()) + LASTS}", COOKIE)
    response.set_cookie(
        COOKIE,
        sealed,
        max_age=LASTS,
        httponly=True,
        samesite="lax",
        secure=house().settings.cookie_secure,
        path=PATH,
    )


def forget(response: Response) -> None:
    response.delete_cookie(COOKIE, path=PATH, httponly=True, samesite="lax")


def code_in(request: Request) -> str:
    """The code that this browser has sent or typed; "" if none."""
    return opened("residents.follow", request.cookies.get(COOKIE, ""), COOKIE)


def opened(purpose: str, sealed: str, owner: str) -> str:
    """The code in a sealed "code.until" that is not over; "" for anything else."""
    try:
        text = unseal(purpose, sealed, owner) if sealed else None
    except (binascii.Error, ValueError):
        return ""
    code, _, until = (text or "").partition(".")
    return code if until.isdigit() and int(until) > time.time() else ""


async def followed(request: Request) -> tuple[str, Report | None]:
    code = code_in(request)
    return code, await known_report(code) if code else None


def new_key() -> str:
    """For one form: what makes of two presses one report, and tells that the form is ours."""
    nonce, now = uuid.uuid4().hex, int(time.time())
    return f"{nonce}.{now}.{_signed(nonce, now)}"


def read_key(text: str) -> str:
    """The key's own part; BadInput where it is not ours or too old."""
    nonce, _, rest = text.partition(".")
    at, _, signed = rest.partition(".")
    fits = at.isascii() and at.isdigit() and len(at) < 16 and signed == _signed(nonce, int(at))
    if not fits or int(at) + FORM_LASTS < time.time():
        raise BadInput(STALE, reason="stale")
    return nonce


def _signed(nonce: str, at: int) -> str:
    return mark("residents.form", nonce, str(at))


def told_in(given: Form) -> actions.Told:
    """What was written into the form of a report."""
    area_id, longitude, latitude = given.whole("areaId"), degrees(given, "longitude"), None
    if longitude is not None:
        latitude = degrees(given, "latitude")
    located = longitude is not None and latitude is not None
    return actions.Told(
        matter=given.text("matter", most=20),
        text=given.text("text", most=600),
        address=given.text("address", most=200),
        area_id=area_id,
        longitude=longitude if located else None,
        latitude=latitude if located else None,
    )


def degrees(given: Form, name: str) -> float | None:
    """A coordinate as a browser's script writes it; nothing for anything else."""
    try:
        value = float(given.text(name, most=30) or "nan")
    except ValueError:
        return None
    return value if math.isfinite(value) else None
