"""The pages on which the interface is opened to others: how it stands, keys, services."""

from datetime import UTC, datetime, timedelta
from typing import Any

from liuhe import BadInput, NotFound, demand_everywhere, house
from liuhe.pages import Form, Request, Response, Route, form, page, see_other, viewer
from plugins.cases.actions import event_types
from plugins.open311 import actions
from plugins.open311.actions import LIVES, MOST_AN_HOUR, SCOPES, Wish
from plugins.open311.models import Answering, Key, Note, Sending, Service
from plugins.open311.permissions import MANAGE
from plugins.open311.rules import (
    DATATYPES,
    MOST_ATTRIBUTES,
    Attribute,
    Datatype,
    attributes_from,
)

HERE = "/admin/open311"
MONTH = timedelta(days=30)
ANSWERING = (
    (Answering.REALTIME.value, "马上给编号", "大多数事项"),
    (Answering.BATCH.value, "先给凭条（token）", "应用凭它再来取编号"),
)


async def overview(request: Request) -> Response:
    demand_everywhere(viewer(request), MANAGE)
    since = datetime.now(UTC) - MONTH
    base = house().settings.public_url.rstrip("/") or str(request.base_url).rstrip("/")
    context = {
        "page_title": "开放接口",
        "address": f"{base}/open311/v2/",
        "services": await actions.services(),
        "sent": await Sending.filter(created_at__gte=since).count(),
        "waiting": await Sending.filter(case__stage="reported").count(),
        "notes": await Note.filter(at__gte=since).count(),
        "keys": [_key(one) for one in await Key.all().order_by("-id").limit(100)],
    }
    return await page(request, "open311/overview.html", context)


def _key(one: Key) -> dict[str, Any]:
    titles = dict(SCOPES)
    now = datetime.now(UTC)
    state = "已停用" if one.ended_at else "" if one.works(now) else "已过期"
    return {
        "id": one.id,
        "name": one.name,
        "tail": one.tail,
        "scopes": "、".join(titles[scope] for scope in one.scopes),
        "most": one.most_an_hour,
        "until": one.expires_at,
        "used": one.used_at,
        "state": state,
    }


async def new_key(request: Request) -> Response:
    who = demand_everywhere(viewer(request), MANAGE)
    context: dict[str, Any] = {
        "page_title": "新的密钥",
        "values": {"days": "180", "most": "60"},
        "chosen": ["report", "update"],
        "scopes": SCOPES,
        "lives": LIVES,
        "most": MOST_AN_HOUR,
        "problem": {},
    }
    if request.method == "GET":
        return await page(request, "open311/new_key.html", context)
    given = await form(request)
    try:
        secret, key = await actions.make_key(
            who,
            name=given.need("name", "给谁用", most=60),
            scopes=given.many("scopes"),
            days=given.whole("days") or 0,
            most_an_hour=given.whole("most") or 0,
        )
    except BadInput as error:
        context |= {"values": given.values(), "chosen": given.many("scopes")}
        context["problem"] = {error.field or "name": error.message}
        return await page(request, "open311/new_key.html", context, status=error.status)
    shown = {"page_title": "新的密钥", "secret": secret, "key": _key(key)}
    return await page(request, "open311/key.html", shown, status=201)


async def end_key(request: Request) -> Response:
    await form(request)
    key = await actions.end_key(viewer(request), request.path_params["id"])
    return see_other(request, f"{HERE}/", f"“{key.name}”的密钥停用了。")


async def services_page(request: Request) -> Response:
    demand_everywhere(viewer(request), MANAGE)
    known = {one.type_code: one for one in await Service.all()}
    rows = [_row(kind, known.get(kind.code)) for kind in await event_types()]
    rows.sort(key=lambda row: (not row["offered"], row["code"]))
    context = {"page_title": "对外提供的事项", "rows": rows}
    return await page(request, "open311/services.html", context)


def _row(kind: Any, known: Service | None) -> dict[str, Any]:
    offered = known is not None and known.offered
    return {
        "code": kind.code,
        "type": f"{kind.code} {kind.name}",
        "class": kind.class_name,
        "name": known.name if known and offered else "",
        "offered": offered,
        "asks": len(known.attributes) if known and offered else 0,
    }


async def service_page(request: Request) -> Response:
    who = demand_everywhere(viewer(request), MANAGE)
    kinds = {kind.code: kind for kind in await event_types()}
    kind = kinds.get(request.path_params["code"])
    if kind is None:
        raise NotFound()
    context: dict[str, Any] = {
        "page_title": f"{kind.code} {kind.name}",
        "kind": kind,
        "answering": ANSWERING,
        "datatypes": [(one.value, label) for one, label in DATATYPES.items()],
        "numbers": range(1, MOST_ATTRIBUTES + 1),
        "problem": {},
    }
    if request.method == "GET":
        known = await Service.get_or_none(type_code=kind.code)
        context["values"] = _values(known) if known else {"name": kind.name}
        return await page(request, "open311/service.html", context)
    given = await form(request)
    try:
        row = await actions.save_service(who, kind.code, _wish(given))
    except BadInput as error:
        context |= {"values": given.values(), "problem": {error.field: error.message}}
        return await page(request, "open311/service.html", context, status=error.status)
    said = f"“{row.name}”对外提供了。" if row.offered else f"“{row.name}”不再对外提供。"
    return see_other(request, f"{HERE}/services", said)


def _values(known: Service) -> dict[str, Any]:
    values: dict[str, Any] = {
        "offered": "yes" if known.offered else "no",
        "name": known.name,
        "description": known.description,
        "keywords": known.keywords,
        "answering": known.answering.value,
    }
    for number, one in enumerate(attributes_from(known.attributes), 1):
        values |= {
            f"question{number}": one.question,
            f"datatype{number}": one.datatype.value,
            f"required{number}": "yes" if one.required else "no",
            f"values{number}": "\n".join(one.values),
        }
    return values


def _wish(given: Form) -> Wish:
    asked = [_attribute(given, number) for number in range(1, MOST_ATTRIBUTES + 1)]
    return Wish(
        offered=given.text("offered") == "yes",
        name=given.text("name"),
        description=given.text("description"),
        keywords=given.text("keywords"),
        answering=given.text("answering"),
        attributes=[one for one in asked if one is not None],
    )


def _attribute(given: Form, number: int) -> Attribute | None:
    question = given.text(f"question{number}")
    if not question:
        return None
    try:
        datatype = Datatype(given.text(f"datatype{number}"))
    except ValueError:
        words = "请选择怎么回答。"
        raise BadInput(words, field=f"datatype{number}", reason="unknown") from None
    lines = given.text(f"values{number}").splitlines()
    values = tuple(dict.fromkeys(line.strip() for line in lines if line.strip()))
    return Attribute(
        code=f"q{number}",
        question=question,
        datatype=datatype,
        required=given.text(f"required{number}") == "yes",
        values=values if datatype in (Datatype.ONE, Datatype.SEVERAL) else (),
    )


ROUTES = [
    Route("/", overview),
    Route("/keys/new", new_key, methods=["GET", "POST"]),
    Route("/keys/{id:int}/end", end_key, methods=["POST"]),
    Route("/services", services_page),
    Route("/services/{code}", service_page, methods=["GET", "POST"]),
]
