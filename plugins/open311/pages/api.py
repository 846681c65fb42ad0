"""`/open311/v2/…`: GeoReport v2, and updates as FixMyStreet exchanges them."""

import asyncio
from typing import Any

from liuhe import NotFound, house
from liuhe.pages import BodyLimit, Middleware, Request, Route
from plugins.cases.actions import PublishedStep, Wanted
from plugins.open311 import actions
from plugins.open311.actions import Arrived, Later, Offered
from plugins.open311.actions.reading import Found
from plugins.open311.pages import taking
from plugins.open311.pages.answers import Told, answering, zone
from plugins.open311.rules import w3
from plugins.residents.actions import settings as residents_settings

SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
CHANGESET = "2026-11-28T00:00:00+08:00"
PAGE, MOST_IN_PAGE = 100, 500
UPDATES = 1_000  # in a page at most, and where nobody asks for less
#: So many reports are held in memory at a time, with their pictures; the others wait.
ROOM = asyncio.Semaphore(4)


@answering
async def discovery(request: Request) -> Told:
    base = house().settings.public_url.rstrip("/") or str(request.base_url).rstrip("/")
    endpoint = {
        "specification": SPECIFICATION,
        "url": f"{base}/open311/v2",
        "changeset": CHANGESET,
        "type": "production" if not house().settings.demo else "test",
        "formats": ["text/xml", "application/json"],
    }
    told = {
        "changeset": CHANGESET,
        "contact": f"请打电话 {residents_settings().hotline}",
        "key_service": "向区里的管理员要 api_key；查询不用 api_key。",
        "endpoints": [endpoint],
    }
    return Told("discovery", told)


@answering
async def service_list(_: Request) -> Told:
    return Told("services", [_service(one) for one in await actions.services()])


def _service(one: Offered) -> dict[str, Any]:
    return {
        "service_code": one.code,
        "service_name": one.name,
        "description": one.description,
        "metadata": bool(one.attributes),
        "type": one.answering.value,
        "keywords": one.keywords,
        "group": one.group,
    }


@answering
async def service_definition(request: Request) -> Told:
    one = await actions.known_service(request.path_params["code"])
    attributes = [attribute.told(order) for order, attribute in enumerate(one.attributes, 1)]
    return Told("service_definition", {"service_code": one.code, "attributes": attributes})


@answering
async def get_requests(request: Request) -> Told:
    known = request.query_params
    services = {one.code: one for one in await actions.services()}
    numbers = taking.listed(known.get("service_request_id", ""), "service_request_id")
    codes = taking.listed(known.get("service_code", ""), "service_code")
    span = taking.period(request)
    wanted = Wanted(
        codes=[code for code in services if not codes or numbers or code in codes],
        numbers=numbers,
        since=span.since,
        until=span.until,
        ended=taking.ended(known.get("status", "")),
    )
    part = taking.part(request, most=MOST_IN_PAGE, default=PAGE)
    key = await taking.own_key(request)
    found = await actions.find_requests(wanted, key, most=part.size + 1, start=part.start)
    told = [_request(one, services) for one in found[: part.size]]
    return Told("service_requests", told, part.following(request, len(found)))


@answering
async def get_request(request: Request) -> Told:
    services = {one.code: one for one in await actions.services()}
    wanted = Wanted(codes=list(services), numbers=[request.path_params["number"]])
    found = await actions.find_requests(wanted, await taking.own_key(request), most=1)
    if not found:
        raise NotFound("没有这个编号的上报，或者它不公开。")
    return Told("service_requests", [_request(found[0], services)])


def _request(found: Found, services: dict[str, Offered]) -> dict[str, Any]:
    case, own, service = found.case, found.whole, services[found.case.type_code]
    return {
        "service_request_id": case.number,
        "status": "closed" if case.ended else "open",
        "status_notes": _notes(found),
        "service_name": service.name,
        "service_code": service.code,
        "description": own.description if own else service.name,
        "agency_responsible": case.unit or case.office,
        "service_notice": None,
        "requested_datetime": w3(case.opened_at, zone()),
        "updated_datetime": w3(case.changed_at, zone()),
        "expected_datetime": w3(case.due_at, zone()) if case.due_at else None,
        "address": (own.address if own else "") or case.place,
        "address_id": None,
        "zipcode": None,
        "lat": own.latitude if own else case.latitude,
        "long": own.longitude if own else case.longitude,
        "media_url": None,
    }


def _notes(found: Found) -> str:
    """How it stands; of a rejection, who rejected it and where to turn."""
    case, words = found.case, found.whole.note if found.whole else ""
    said = f"{case.state}：{words}" if words else case.state
    if case.stage == "rejected":
        hotline = residents_settings().hotline
        said = f"{case.office}{said}。有疑问，或者不同意，请打电话 {hotline}。"
    return said


@answering
async def post_request(request: Request) -> Told:
    async with ROOM:
        given = await taking.form(request)
        key = await taking.key(given, request, "report")
        arrived = Arrived(
            service_code=taking.need(given, "service_code"),
            longitude=taking.degrees(given, "long"),
            latitude=taking.degrees(given, "lat"),
            address=taking.text(given, "address_string"),
            address_id=taking.text(given, "address_id"),
            description=taking.text(given, "description"),
            media_url=taking.text(given, "media_url"),
            attributes=taking.attributes(given),
            contact=taking.contact(given),
            pictures=await taking.pictures(given),
        )
        taking.demand_whole_point(arrived)
        once = request.headers.get("idempotency-key", "")
        sent = await actions.send(key, arrived, idempotency_key=once)
    about = {"token": sent.token} if sent.token else {"service_request_id": sent.number}
    told = {**about, "service_notice": sent.notice, "account_id": None}
    return Told("service_requests", [told])


@answering
async def token(request: Request) -> Told:
    given = request.path_params["token"]
    number = await actions.find_by_token(given)
    return Told("service_requests", [{"service_request_id": number, "token": given}])


@answering
async def get_updates(request: Request) -> Told:
    known = request.query_params
    span = taking.period(request)
    wanted = Wanted(
        codes=[one.code for one in await actions.services()],
        numbers=taking.listed(known.get("service_request_id", ""), "service_request_id"),
        since=span.since,
        until=span.until,
    )
    part = taking.part(request, most=UPDATES, default=UPDATES)
    found = await actions.find_updates(wanted, most=part.size + 1, start=part.start)
    told = [_update(one) for one in found[: part.size]]
    return Told("service_request_updates", told, part.following(request, len(found)))


def _update(step: PublishedStep) -> dict[str, Any]:
    return {
        "update_id": f"{step.number}-{step.seq}",
        "service_request_id": step.number,
        "status": "closed" if step.ended else "open",
        "updated_datetime": w3(step.at, zone()),
        "description": f"{step.label}（{step.unit}）" if step.unit else step.label,
        "media_url": None,
        "external_status_code": step.stage,
    }


@answering
async def post_update(request: Request) -> Told:
    async with ROOM:
        given = await taking.form(request)
        key = await taking.key(given, request, "update")
        later = Later(
            number=taking.text(given, "service_request_id"),
            theirs=taking.text(given, "update_id"),
            text=taking.text(given, "description"),
            status=taking.text(given, "status"),
            media_url=taking.text(given, "media_url"),
        )
        note = await actions.note_update(key, later)
    return Told("service_request_updates", [{"update_id": str(note.id)}])


LIMITED = [Middleware(BodyLimit, limit=40_000_000)]


def _routes(ending: str) -> list[Route]:
    updates = f"/v2/servicerequestupdates.{ending}"
    requests = f"/v2/requests.{ending}"
    return [
        Route(f"/v2/discovery.{ending}", discovery),
        Route(f"/v2/services.{ending}", service_list),
        Route(f"/v2/services/{{code}}.{ending}", service_definition),
        Route(requests, get_requests, methods=["GET"]),
        Route(requests, post_request, methods=["POST"], middleware=LIMITED),
        Route(f"/v2/requests/{{number}}.{ending}", get_request),
        Route(f"/v2/tokens/{{token}}.{ending}", token),
        Route(updates, get_updates, methods=["GET"]),
        Route(updates, post_update, methods=["POST"], middleware=LIMITED),
    ]


#: Whoever opens the bare address is told what there is.
ROUTES = [Route("/v2/", discovery), *_routes("xml"), *_routes("json")]
