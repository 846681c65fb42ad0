"""Live pages: committed facts as server-sent events, only to those whom they concern.

An event carries the fact's name and ids, never content; the page then asks for what it may see.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

from core.departures import FACTS
from core.facts import FactRow
from core.permissions import Viewer
from web.hub import Lagged, Listener
from web.pages import viewer
from web.session import identify

HEARTBEAT = 15.0  # seconds
LEAVING = {fact.name for fact in FACTS}
RECHECK = 60.0  # seconds between looks whether the session still stands


def concerns(person: Viewer, name: str, payload: dict[str, Any]) -> bool:
    """Whether a fact happened where a post of the person has to do with such facts at all: over
    its area, or in its unit (`also_unit_ids`: units that take part), with some permission of the
    plugin that announced it."""
    path = payload.get("area_path") or ""
    units = {payload.get("unit_id"), *payload.get("also_unit_ids", ())} - {None}
    plugin = f"{name.partition('.')[0]}."
    return any(
        (grant.reach == "area" and grant.area_path and path.startswith(grant.area_path))
        or (grant.reach == "unit" and grant.unit_id in units)
        for grant in person.grants
        if any(permission.startswith(plugin) for permission in grant.names)
    )


def ids_only(payload: dict[str, Any]) -> dict[str, Any]:
    """What the page may ask about; never who did it."""
    told = (key for key in payload if key.endswith("_id") and key != "person_id")
    return {key: payload[key] for key in told}


async def live(request: Request) -> StreamingResponse:
    person = viewer(request)
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(
        _events(request, person), media_type="text/event-stream", headers=headers
    )


async def _events(request: Request, person: Viewer) -> AsyncIterator[str]:
    """Who somebody is, is looked up anew every minute, and at once when the person left a post."""
    hub, loop = request.app.state.hub, asyncio.get_running_loop()
    checked = loop.time()
    async with hub.listen() as heard:
        yield "retry: 3000\n\n"
        async for event in _paced(heard):
            if loop.time() - checked > RECHECK or _leaves(person, event):
                checked = loop.time()
                found = await identify(request)
                if found is None:
                    return
                person = found
            if event is None:
                yield ": still here\n\n"
            elif isinstance(event, Lagged):
                yield "event: resync\ndata: {}\n\n"
            elif concerns(person, event.name, event.payload):
                yield f"event: {event.name}\ndata: {json.dumps(ids_only(event.payload))}\n\n"


def _leaves(person: Viewer, event: FactRow | Lagged | None) -> bool:
    return (
        isinstance(event, FactRow)
        and event.name in LEAVING
        and event.payload.get("person_id") == person.person_id
    )


async def _paced(heard: Listener) -> AsyncIterator[FactRow | Lagged | None]:
    """What is heard, and None whenever a heartbeat is due; ends with the hub."""
    while True:
        try:
            async with asyncio.timeout(HEARTBEAT):
                yield await anext(heard)
        except TimeoutError:
            yield None
        except StopAsyncIteration:
            return


ROUTES = [Route("/live", live)]
