"""The page on which anybody reports, and the one with the code."""

from collections.abc import Sequence
from typing import Any

from liuhe import BadInput, LiuheError, RateLimited, house
from liuhe.pages import Form, Request, Response, UploadFile, form, see_other
from plugins.places.actions import ancestors
from plugins.residents.actions import (
    Hand,
    area_around,
    offered_areas,
    offered_matters,
    report_matter,
    settings,
)
from plugins.residents.pages import door, printing
from plugins.residents.rules import grouped

#: A field that people do not see; what fills it in is a program.
TRAP = "website"


async def report_page(request: Request) -> Response:
    return await door.show(request, "report", await _context({}, None))


async def send(request: Request) -> Response:
    """Take a report. What cannot be taken comes back with all that was written, but the pictures,
    which a browser does not give twice."""
    side = await door.admit(request)
    given = await form(request)
    if given.raw(TRAP):
        return see_other(request, f"{door.PATH}/")
    try:
        async with door.ROOM:
            sent = await report_matter(
                door.told_in(given),
                Hand(side=side),
                key=door.read_key(given.raw("key")),
                pictures=await pictures_in(request),
                phone=given.text("phone", most=40),
            )
    except (BadInput, RateLimited) as error:
        context = await _context(given.values(), error)
        await ask_again_for_pictures(request, context)
        response = await door.show(request, "report", context, status=error.status)
        if isinstance(error, RateLimited):
            response.headers["retry-after"] = str(error.retry_after)
        return response
    said = "刚才已经收到同样的上报，没有重复登记。" if sent.again else ""
    response = see_other(request, f"{door.PATH}/sent", said)
    door.remember(response, sent.code)
    return response


async def pictures_in(request: Request) -> list[bytes]:
    """The pictures of the form, as many as may be; each no larger than an upload may be."""
    chosen = await _chosen(request)
    most = settings().most_pictures
    if len(chosen) > most:
        words = f"最多 {most} 张照片，请再选一次。"
        raise BadInput(words, field="pictures", reason="too_many")
    limit = house().settings.upload_megabytes
    if any((one.size or 0) > limit * 1_000_000 for one in chosen):
        raise BadInput(f"一张照片不能超过 {limit} MB。", field="pictures", reason="too_large")
    return [await one.read() for one in chosen]


async def _chosen(request: Request) -> list[UploadFile]:
    files = (await request.form()).getlist("pictures")
    return [one for one in files if isinstance(one, UploadFile) and one.filename]


async def ask_again_for_pictures(request: Request, context: dict[str, Any]) -> None:
    """Where the pictures were: who mends another field must not send without them unaware."""
    if await _chosen(request):
        context["problems"].setdefault("pictures", "刚才选的照片没有留下，请再选一次。")


async def _context(values: dict[str, Any], error: LiuheError | None) -> dict[str, Any]:
    return {
        "page_title": "上报一件事",
        "matters": await offered_matters(),
        "areas": await offered_areas(),
        "values": values,
        "key": door.new_key(),
        "trap": TRAP,
        **problems(error),
        "most_pictures": settings().most_pictures,
        "contact_days": settings().contact_days,
    }


#: Where the form has a place for a problem; others stand at its head.
PLACES = ("matter", "text", "areaId", "address", "pictures", "phone", "consent", "channel")
NAMED = {"file": "pictures", "fileIds": "pictures", "longitude": "areaId", "latitude": "areaId"}


def problems(error: LiuheError | None, places: Sequence[str] = PLACES) -> dict[str, Any]:
    """`problems` by field, and `problem` for the whole form."""
    if error is None:
        return {"problems": {}, "problem": ""}
    field = error.field if isinstance(error, BadInput) else ""
    field = NAMED.get(field, field)
    if field in places:
        return {"problems": {field: error.message}, "problem": ""}
    return {"problems": {}, "problem": error.message}


async def sent_page(request: Request) -> Response:
    """The code, large, for as long as this browser remembers it."""
    code, report = await door.followed(request)
    if report is None:
        return see_other(request, f"{door.PATH}/track")
    return await door.show(
        request, "sent", {"page_title": "已经收到", **code_context(request, code)}
    )


def code_context(request: Request, code: str) -> dict[str, Any]:
    """The code as it is read, and as a picture that leads to the page that asks for it.

    The part behind "#" never leaves the browser that opens the link.
    """
    link = f"{printing.home_address(request)}{door.PATH}/track#{grouped(code)}"
    return {"code": grouped(code), "link": link, "picture": printing.qr_code(link)}


async def where(request: Request) -> Response:
    """The community around a point, in words, for the button “使用我的位置”."""
    await door.admit(request)
    given: Form = await form(request)
    longitude, latitude = door.degrees(given, "longitude"), door.degrees(given, "latitude")
    area = None
    if longitude is not None and latitude is not None:
        area = await area_around(longitude, latitude)
    names = [one.name for one in (*await ancestors(area), area)][1:] if area else []
    return Response(" ".join(names), media_type="text/plain; charset=utf-8")


async def notice_page(request: Request) -> Response:
    context = {"contact_days": settings().contact_days, "code_days": settings().code_days}
    return await door.show(request, "notice", {"page_title": "我们怎样用您写的内容", **context})
