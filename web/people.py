"""Pages of the administrator of security: who has to wait before signing in again."""

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core import guesses
from web.pages import form, page, see_other, viewer

WHAT = {
    "pair": "这个账号在这个地址",
    "account": "这个账号在所有地址",
    "address": "这个地址上的所有账号",
}


async def paused(request: Request) -> Response:
    """Pauses after wrong passwords, each of which can be ended."""
    rows = [
        {
            "key": row.key,
            "name": row.person.name if row.person else "",
            "username": row.person.username if row.person else "",
            "address": row.address,
            "what": WHAT[row.kind],
            "until": datetime.fromtimestamp(row.until, UTC),
        }
        for row in await guesses.paused(viewer(request))
    ]
    return await page(request, "people/paused.html", {"page_title": "暂停的登录", "rows": rows})


async def lift(request: Request) -> Response:
    given = await form(request)
    await guesses.lift(viewer(request), given.need("key", "哪一个暂停", most=64))
    return see_other(request, "/admin/people/paused", "已解除，现在就可以登录。")


ROUTES = [
    Route("/people/paused", paused),
    Route("/people/paused/lift", lift, methods=["POST"]),
]
