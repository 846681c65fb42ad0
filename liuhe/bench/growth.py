"""`liuhe bench growth`: what people open, with a hundred times the cases, on the same machine.

Two databases, one of 10,000 cases (a year) and one of many more, with as many a month and unit: the
rest lies in older months. The same application serves each in a process of its own; every page is
asked for in turn from one and the other, one request at a time, and the medians are compared.
"""

import json
import os
import statistics
import time
from typing import Any

import httpx2

from core.database import rows
from core.people import Person, open_session
from core.testing import load
from liuhe.bench.engines import Engine, engine, filling, say
from liuhe.bench.filling import A_YEAR, Filled, fill
from liuhe.bench.sides import Side, sides

LIST = """{ cases(first: 50, filter: %s) { edges { node {
    id number title stage openedAt dueAt area { id name } unit { id name } } } } }"""


async def bench(cases: int, rounds: int, engines: list[str]) -> int:
    found: dict[str, Any] = {}
    for name in engines:
        with engine(name) as place:
            found[name] = await _on(place, cases, rounds) if place else "not available here"
    measured = [one for one in found.values() if isinstance(one, dict)]
    report = {
        "bench": "growth",
        "ratio": max(one["ratio"] for one in measured),
        "engines": found,
        "cases": [A_YEAR, cases],
        "rounds": rounds,
        "cores": os.cpu_count(),
        "compared": f"the slowest page's median time with {cases} cases over that with {A_YEAR} "
        "(as many a month and unit, the rest in older months; six steps and three clocks a case); "
        "whole pages over HTTP, one at a time, in turn from one process a database; figures: every "
        "declared indicator of the last whole month, counted anew",
    }
    print(json.dumps(report, ensure_ascii=False), flush=True)
    return 0


async def _on(place: Engine, cases: int, rounds: int) -> dict[str, Any]:
    given: dict[str, dict[str, Any]] = {}
    pages: dict[str, dict[str, httpx2.Request]] = {}
    for size in (A_YEAR, cases):
        url = await place.database(f"of{size}")
        folder = place.folder / str(size)
        folder.mkdir()
        started = time.monotonic()
        async with filling(load(folder, url=url)):
            filled = await fill(size)
            pages[str(size)] = await _pages(filled, size)
        say(f"{place.name}: {size} cases written in {time.monotonic() - started:.0f} s")
        given[str(size)] = {"url": url, "folder": str(folder)}
    async with sides(given) as (small, large):
        return await _compare(
            place.name, [(small, pages[small.name]), (large, pages[large.name])], rounds
        )


async def _pages(filled: Filled, size: int) -> dict[str, httpx2.Request]:
    """What is asked for, by name."""
    by_post = {}
    for viewer in (filled.dispatcher, filled.handler):
        person = await Person.get(id=viewer.person_id)
        by_post[viewer.username] = (await open_session(person, "browser"))[0]
    kind = (await rows("SELECT code FROM cases_type ORDER BY id"))[3]["code"]
    unit = (await rows("SELECT id FROM core_unit ORDER BY id"))[0]["id"]
    street = filled.street.id
    everything = "/admin/cases/?tab=all"
    asked = {
        "home": "/admin/",
        "list": everything,
        "mine": "/admin/cases/?tab=mine",
        "overdue": "/admin/cases/?tab=overdue",
        "by type": f"{everything}&type={kind}",
        "by unit": f"{everything}&unit={unit}",
        "by stage": f"{everything}&stage=closed",
        "by area": f"{everything}&area={street}",
        "search, often": f"{everything}&q=小河",
        "search, seldom": f"{everything}&q=小河拱宸",
        "search, number": f"{everything}&q=B{size - 700}",
        "search, nothing": f"{everything}&q=没有这样的地方",
        "case": f"/admin/cases/{size - 100}",
        "old case": f"/admin/cases/{size - 5_000}",
        "map": "/admin/places/map?chosen=1&layer=cases",
        "handler's home": "/admin/",
        "handler's list": everything,
    }
    made = {
        name: _get(path, by_post["handler" if name.startswith("handler") else "dispatcher"])
        for name, path in asked.items()
    }
    made["figures"] = _get("/bench/figures", by_post["dispatcher"])
    for name, condition in {"graphql": "{}", "graphql, search": '{search: "小河"}'}.items():
        made[name] = httpx2.Request(
            "POST",
            "http://127.0.0.1/graphql",
            json={"query": LIST % condition},
            headers={"authorization": f"Bearer {filled.token}"},
        )
    return made


def _get(path: str, token: str) -> httpx2.Request:
    headers = {"cookie": f"liuhe_session={token}"}
    return httpx2.Request("GET", f"http://127.0.0.1{path}", headers=headers)


async def _compare(
    name: str, both: list[tuple[Side, dict[str, httpx2.Request]]], rounds: int
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    async with httpx2.AsyncClient(timeout=120) as client:
        for page in both[0][1]:
            times: list[list[float]] = [[], []]
            for number in range(rounds + 1):  # the first only warms up
                for index, (side, pages) in enumerate(both):
                    seconds = await _once(client, side, pages[page])
                    if number:
                        times[index].append(seconds * 1000)
            small, large = (statistics.median(one) for one in times)
            found[page] = {
                "ratio": round(large / small, 2),
                "ms": [round(small, 1), round(large, 1)],
            }
            say(f"  {name}: {page}: {small:.1f} → {large:.1f} ms, {large / small:.2f}")
    return {"ratio": max(one["ratio"] for one in found.values()), "pages": found}


async def _once(client: httpx2.AsyncClient, side: Side, request: httpx2.Request) -> float:
    url = request.url.copy_with(port=side.port)
    started = time.perf_counter()
    answer = await client.send(
        httpx2.Request(request.method, url, headers=request.headers, content=request.content)
    )
    took = time.perf_counter() - started
    assert answer.status_code == 200, f"{url}: {answer.status_code} {answer.text[:300]}"
    return took
