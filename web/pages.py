"""What page authors use: render a page or a fragment, read a form, send the reader on.

A page that a plugin adds under `/admin/<name>` is reached signed in only; an unsafe request has
passed the CSRF check before the handler sees it. Expected failures are raised as `LiuheError`s and
become a page, or a fragment for htmx, in human words.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from jinja2 import Environment
from starlette.convertors import Convertor, register_url_convertor
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from core.contributions import Menu
from core.errors import BadInput, Forbidden, NotSignedIn
from core.files import store_upload
from core.house import house
from core.manifest import LIUHE_VERSION
from core.permissions import Viewer
from core.values import demand_text
from web.session import FLASH, csrf_fits, page_token

Flash = tuple[str, str]


#: As large as a row's number can be.
LARGEST = 10**18 - 1


class RowNumber(Convertor[int]):
    """`{id:int}` in an address: no longer than a row's number can be, so that others are 404."""

    regex = "[0-9]{1,18}"

    def convert(self, value: str) -> int:
        return int(value)

    def to_string(self, value: int) -> str:
        return str(value)


register_url_convertor("int", RowNumber())


def viewer(request: Request) -> Viewer:
    """The signed-in person; raises NotSignedIn otherwise."""
    found: Viewer | None = getattr(request.state, "viewer", None)
    if found is None:
        raise NotSignedIn()
    return found


def is_htmx(request: Request) -> bool:
    return request.headers.get("hx-request") == "true"


async def page(
    request: Request, template: str, context: Mapping[str, Any], *, status: int = 200
) -> HTMLResponse:
    """A whole page that extends `base.html`."""
    flash = _take_flash(request)
    everything = {**await _shell(request), "flash": flash, **context}
    response = HTMLResponse(_env(request).get_template(template).render(everything), status)
    if flash:
        response.delete_cookie(FLASH, path="/")
    return response


def fragment(
    request: Request,
    template: str,
    context: Mapping[str, Any],
    *,
    block: str = "",
    status: int = 200,
) -> HTMLResponse:
    """A part of a page for htmx: one block of a template, or a whole partial template."""
    return HTMLResponse(render_fragment(request, template, context, block=block), status)


def render_fragment(
    request: Request, template: str, context: Mapping[str, Any], *, block: str = ""
) -> str:
    known = {"csrf": _csrf(request), "viewer": getattr(request.state, "viewer", None), **context}
    chosen = _env(request).get_template(template)
    if not block:
        return chosen.render(known)
    inner = chosen.new_context(known)
    return "".join(chosen.blocks[block](inner))


def see_other(request: Request, url: str, message: str = "", *, kind: str = "ok") -> Response:
    """Send the reader on after something was done, with a sentence to show there."""
    url = quote(url, safe=":/%#?=@[]!$&'()*+,;")  # a header holds no line break and no Chinese
    if is_htmx(request):
        response = Response(status_code=204, headers={"HX-Redirect": url})
    else:
        response = Response(status_code=303, headers={"Location": url})
    if message:
        put_flash(response, kind, message)
    return response


def put_flash(response: Response, kind: str, message: str) -> None:
    packed = base64.urlsafe_b64encode(json.dumps([kind, message]).encode()).decode()
    response.set_cookie(FLASH, packed, max_age=60, httponly=True, samesite="lax", path="/")


def _take_flash(request: Request) -> list[Flash]:
    packed = request.cookies.get(FLASH)
    if not packed:
        return []
    try:
        kind, message = json.loads(base64.urlsafe_b64decode(packed))
    except (ValueError, TypeError):
        return []
    return [(str(kind), str(message))]


class Form:
    """A read form. Missing or blank is "" unless `need` is used."""

    def __init__(self, data: FormData) -> None:
        self._data = data

    def text(self, name: str, *, most: int = 2000) -> str:
        value = self._data.get(name, "")
        text = value.strip() if isinstance(value, str) else ""
        if len(text) > most:
            raise BadInput(f"最多 {most} 个字。", field=name, reason="too_long")
        return demand_text(text, name)

    def raw(self, name: str) -> str:
        """Exactly what was written: for passwords, which may begin or end with a space."""
        value = self._data.get(name, "")
        return value if isinstance(value, str) else ""

    def need(self, name: str, label: str, *, most: int = 2000) -> str:
        """The text, or a sentence that asks for it."""
        text = self.text(name, most=most)
        if not text:
            raise BadInput(f"请填写{label}。", field=name, reason="required")
        return text

    def whole(self, name: str) -> int | None:
        text = self.text(name, most=20)
        if not text:
            return None
        try:
            number = int(text)
        except ValueError:
            raise BadInput("请填写整数。", field=name, reason="not_a_number") from None
        if abs(number) > LARGEST:
            raise BadInput("这个数字太大了。", field=name, reason="too_large")
        return number

    def many(self, name: str) -> list[str]:
        given = self._data.getlist(name)
        return [demand_text(one, name) for one in given if isinstance(one, str) and one]

    def checked(self, name: str) -> bool:
        return bool(self.text(name))

    def values(self) -> dict[str, str]:
        """What was written, to fill the form again."""
        return {key: value for key, value in self._data.multi_items() if isinstance(value, str)}

    async def file(self, name: str, *, most: int) -> bytes:
        """The bytes of an uploaded file, b"" if none was chosen."""
        value = self._data.get(name)
        if not isinstance(value, UploadFile) or not value.filename:
            return b""
        if value.size is not None and value.size > most:
            message = f"文件最大 {most // 1_000_000} MB。"
            raise BadInput(message, field=name, reason="too_large")
        return await value.read()

    async def pictures(self, name: str, who: Viewer) -> list[str]:
        """Uploads stored and withheld until blurred; their ids, to be attached by an action."""
        ids = []
        for value in self._data.getlist(name):
            if isinstance(value, UploadFile) and value.filename:
                ids.append(str((await store_upload(await value.read(), who)).id))
        return ids


async def form(request: Request) -> Form:
    """Read a posted form: at most 20 files and 200 fields, with its session's CSRF token.

    The token may come as the field `csrf` or the header `X-CSRF-Token`; before signing in there is
    no session to abuse and none is asked for.
    """
    _demand_utf8(request.headers.get("content-type", ""))
    data = await request.form(max_files=20, max_fields=200)
    token = getattr(request.state, "session_token", "")
    given = request.headers.get("x-csrf-token") or data.get("csrf", "")
    if token and getattr(request.state, "by_cookie", False):
        person: Viewer = request.state.viewer
        if not csrf_fits(token, person.person_id, str(given)):
            raise Forbidden(
                "这一页是很久以前、或者别人登录时打开的。请先复制填写的内容，刷新后再提交。"
            )
    return Form(data)


def _demand_utf8(content_type: str) -> None:
    """Python knows encodings that are none; a browser sends what the page is written in."""
    *_, charset = content_type.lower().partition("charset=")
    if charset.partition(";")[0].strip(' "') not in ("", "utf-8", "utf8"):
        raise BadInput("表单的文字要用 UTF-8 编码。", reason="charset")


def _env(request: Request) -> Environment:
    env: Environment = request.app.state.templates
    return env


def _csrf(request: Request) -> str:
    person: Viewer | None = getattr(request.state, "viewer", None)
    return page_token(person.person_id) if person else ""


async def _shell(request: Request) -> dict[str, Any]:
    person: Viewer | None = getattr(request.state, "viewer", None)
    return {
        "viewer": person,
        "menu": await menu(request, person) if person else [],
        "district": request.app.state.district,
        "csrf": _csrf(request),
        "version": LIUHE_VERSION,
        "page_title": "",
        "demo": house().settings.demo,
    }


def _open_to(person: Viewer, entry: Menu) -> bool:
    holds = person.holds_everywhere if entry.everywhere else person.holds
    return holds(entry.permission)


async def menu(
    request: Request, person: Viewer, here: str | None = None
) -> Sequence[Mapping[str, Any]]:
    """What is open to the person, with what waits behind each; `here`: the path of the page."""
    here = request.url.path if here is None else here
    entries = [entry for entry in request.app.state.menu if _open_to(person, entry)]
    nearest = max(
        (entry.href for entry in entries if _leads_to(entry.href, here)), key=len, default=""
    )
    return [
        {
            "title": entry.title,
            "href": entry.href,
            "icon": entry.icon,
            "active": entry.href == nearest,
            "badge": await entry.badge(person) if entry.badge else None,
        }
        for entry in entries
    ]


def _leads_to(href: str, here: str) -> bool:
    return here == href or here.startswith(f"{href.rstrip('/')}/")
