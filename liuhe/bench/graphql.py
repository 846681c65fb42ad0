"""`liuhe bench graphql`: a list of cases over HTTP against a bare endpoint with the same SQL.

Both sides are one uvicorn process each, on the same database, asked in turn over eight kept
connections. The bare side is Starlette: it runs the very statements that the whole application
sends for this request (the session's and the list's, with the permission filter in it) on the same
driver, and dumps the rows with orjson.
"""

import importlib
import json
import os
import pickle
import statistics
from pathlib import Path
from typing import Any

import httpx2
from tortoise.expressions import Q

from core.database import connection
from core.testing import living, load
from liuhe.bench.engines import Engine, engine, say
from liuhe.bench.filling import Filled, fill
from liuhe.bench.load import race
from liuhe.bench.sides import Side, sides
from web.app import build_app
from web.graphql.building import build_schema

QUERY = """{ cases(first: 50) { edges { node {
  id number title stage openedAt dueAt area { id code name } unit { id name } } } } }"""
SECONDS = 1.5  # of one turn
LIMIT = 0.25
#: The ways by which a request's statements leave.
SENDING = ("execute_query", "execute_query_dict")


async def bench(cases: int, rounds: int, engines: list[str]) -> int:
    found: dict[str, Any] = {}
    for name in engines:
        with engine(name) as place:
            found[name] = await _on(place, cases, rounds) if place else "not available here"
    measured = [one["ratio"] for one in found.values() if isinstance(one, dict)]
    open_ = [one["ratio_without_permissions"] for one in found.values() if isinstance(one, dict)]
    report = {
        "bench": "graphql",
        "ratio": min(measured),
        "ratio_without_permissions": min(open_),
        "limit": LIMIT,
        "engines": found,
        "cases": cases,
        "rounds": rounds,
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "compared": "ratio: requests a second of the whole application (middleware, session, "
        "permissions; 50 cases of 8 fields with area and unit) over a bare Starlette endpoint "
        "that runs the same statements, the session's included, on the same driver and dumps the "
        "rows with orjson; ratio_cpu: the same of the processor time of one request, which a busy "
        "machine disturbs less; ratio_list_only: over the bare endpoint without the session's "
        "statements; ratio_without_permissions: both sides without session and permission filter; "
        "medians of the rounds' ratios, one uvicorn process a side, 8 connections",
    }
    print(json.dumps(report, ensure_ascii=False), flush=True)
    return 0


async def _on(place: Engine, cases: int, rounds: int) -> dict[str, Any]:
    url = await place.database("graphql")
    kernel = load(place.folder, url=url)
    async with living(kernel):
        say(f"{place.name}: filling with {cases} cases …")
        filled = await fill(cases)
        request = _request(filled.token)
        files = await _statements(kernel, filled, place.folder)
    common = {"url": url, "folder": str(place.folder)}
    viewer = place.folder / "viewer"
    viewer.write_bytes(pickle.dumps(filled.dispatcher))
    given = {
        "whole": common,
        "bare": {**common, "statements": files["all"]},
        "list": {**common, "statements": files["list"]},
        "whole_open": {**common, "viewer": str(viewer)},
        "bare_open": {**common, "statements": files["open"]},
    }
    async with sides(given) as racing:
        return await _compare(place.name, racing, request, rounds)


def _request(token: str) -> bytes:
    body = json.dumps({"query": QUERY}).encode()
    head = (
        "POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
        f"authorization: Bearer {token}\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _statements(kernel: Any, filled: Filled, folder: Path) -> dict[str, str]:
    """What the application sends for the request, once with permissions and once without."""
    nodes: Any = importlib.import_module("plugins.cases.schema.nodes")
    app = build_app(kernel, build_schema(kernel))
    seen: list[Any] = []
    client: Any = connection()
    for name in SENDING:
        setattr(client, name, _noting(getattr(client, name), seen))
    asked = httpx2.AsyncClient(
        timeout=60, transport=httpx2.ASGITransport(app), base_url="http://127.0.0.1"
    )

    async def ask() -> list[Any]:
        seen.clear()
        headers = {"authorization": f"Bearer {filled.token}"}
        answer = await asked.post("/graphql", json={"query": QUERY}, headers=headers)
        edges = answer.json()["data"]["cases"]["edges"]
        assert len(edges) == 50, answer.text
        return [*seen]

    await ask()  # the session is noted as seen now
    every = await ask()
    assert "core_session" in every[0][0], every
    visible, nodes.visible = nodes.visible, lambda _: Q()
    without = await ask()
    nodes.visible = visible
    await asked.aclose()
    for name in SENDING:
        delattr(client, name)
    parts = {"all": every, "list": every[-1:], "open": without[-1:]}
    for name, statements in parts.items():
        (folder / name).write_bytes(pickle.dumps(statements))
    say(f"  {len(every)} statements a request")
    return {name: str(folder / name) for name in parts}


def _noting(send: Any, seen: list[Any]) -> Any:
    async def noted(sql: str, values: Any = None) -> Any:
        seen.append((sql, list(values or [])))
        return await send(sql, values)

    return noted


async def _compare(name: str, racing: list[Side], request: bytes, rounds: int) -> dict[str, Any]:
    speeds: dict[str, list[float]] = {side.name: [] for side in racing}
    costs: dict[str, list[float]] = {side.name: [] for side in racing}
    for number in range(rounds + 1):  # the first only warms up
        for side in racing:
            before = side.cpu()
            speed = await race(side.port, request, SECONDS)
            if number:
                speeds[side.name].append(speed)
                costs[side.name].append((side.cpu() - before) / (speed * SECONDS) * 1000)
        say(
            f"  {name} round {number}: "
            + ", ".join(f"{k} {v[-1]:.0f}/s" for k, v in speeds.items() if v)
        )

    def ratio(a: str, b: str) -> float:
        pairs = zip(speeds[a], speeds[b], strict=True)
        return round(statistics.median(x / y for x, y in pairs), 3)

    def cheaper(a: str, b: str) -> float:
        pairs = zip(costs[a], costs[b], strict=True)
        return round(statistics.median(y / x for x, y in pairs), 3)

    return {
        "ratio": ratio("whole", "bare"),
        "ratio_cpu": cheaper("whole", "bare"),
        "ratio_list_only": ratio("whole", "list"),
        "ratio_without_permissions": ratio("whole_open", "bare_open"),
        "requests_a_second": {k: round(statistics.median(v), 1) for k, v in speeds.items()},
        "cpu_ms_a_request": {k: round(statistics.median(v), 2) for k, v in costs.items()},
    }
