"""`liuhe bench growth`: what people open, with a hundred times the cases, on the same machine.

Two databases, one of 10,000 cases (a year) and one of many more, with as many a month and unit: the
rest lies in older months. The same application serves each in a process of its own; every page is
asked for in turn from one and the other, one request at a time, and the medians are compared: of
processor time, because a busy machine makes everything wait.
"""

import json
import os
import pickle
import statistics
import time
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeAlias

import httpx2

from core.database import rows
from core.people import Person, open_session
from core.testing import load
from liuhe.bench.engines import Engine, engine, filling, say
from liuhe.bench.filling import A_YEAR, Filled, people, write
from liuhe.bench.sides import Side, backends, sides
from liuhe.bench.trail import SELDOM
from plugins.figures.actions import now, zone
from plugins.figures.rules import later, month_of, month_text

LIMIT = 1.3
PATIENCE = 60  # seconds
#: Seconds of the processors, and by the clock.
Cost: TypeAlias = tuple[float, float]
LIST = """{ cases(first: 50, filter: %s) { edges { node {
    id number title stage openedAt dueAt area { id name } unit { id name } } } } }"""
CONDITIONS = {
    "graphql": "{}",
    "graphql, overdue": "{overdue: true}",
    "graphql, search": '{search: "小河"}',
}


async def bench(cases: int, rounds: int, engines: list[str], kept: Path | None) -> int:
    found: dict[str, Any] = {}
    for name in engines:
        with engine(name, kept) as place:
            found[name] = await _on(place, cases, rounds) if place else "not available here"
    measured = [one for one in found.values() if isinstance(one, dict)]
    report = {
        "bench": "growth",
        "ratio": max(one["ratio"] for one in measured),
        "limit": LIMIT,
        "engines": found,
        "cases": [A_YEAR, cases],
        "rounds": rounds,
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "compared": f"with {cases} cases over with {A_YEAR} (as many a month and unit, the rest in "
        "older months; six steps and three clocks a case): the processor time of one request, of "
        "the server and of the database's process together, medians of the rounds; the worst page; "
        "beside it (ms_wall) the time until the answer was there. Whole pages over HTTP, in turn "
        "from one process a database; figures: the job that counts the last whole month anew",
    }
    print(json.dumps(report, ensure_ascii=False), flush=True)
    return 0


async def _on(place: Engine, cases: int, rounds: int) -> dict[str, Any]:
    given: dict[str, dict[str, Any]] = {}
    pages: dict[str, dict[str, httpx2.Request]] = {}
    await _founded(place)
    for size in (A_YEAR, cases):
        name, folder = str(size), place.folder / str(size)
        url = await place.database(f"of{size}", like="founded")
        folder.mkdir(exist_ok=True)
        async with filling(load(folder, url=url)):
            pages[name] = await _pages(await _filled(folder, size, place.name), size)
        given[name] = {"url": url, "folder": str(folder)}
    async with sides(given) as both:
        return await _compare(place.name, [(side, pages[side.name]) for side in both], rounds)


async def _founded(place: Engine) -> None:
    """A database with people and places: migrated once, for both."""
    if (place.folder / "founded").exists():
        return
    async with filling(load(place.folder, url=await place.database("founded"))):
        (place.folder / "founded").write_bytes(pickle.dumps(await people()))


async def _filled(folder: Path, size: int, name: str) -> Filled:
    """With the cases, which may be there from an earlier time."""
    known: Filled = pickle.loads((folder.parent / "founded").read_bytes())  # noqa: S301 - ours
    if not (folder / "filled").exists():
        started = time.monotonic()
        await write(size, known)
        (folder / "filled").touch()
        say(f"{name}: {size} cases written in {time.monotonic() - started:.0f} s")
    return known


async def _pages(filled: Filled, size: int) -> dict[str, httpx2.Request]:
    """What is asked for, by name."""
    by_post = {}
    for viewer in (filled.dispatcher, filled.handler, filled.grid, filled.auditor):
        person = await Person.get(id=viewer.person_id)
        by_post[viewer.username] = (await open_session(person, "browser"))[0]
    kind = (await rows("SELECT code FROM cases_type ORDER BY id"))[3]["code"]
    unit = (await rows("SELECT id FROM core_unit ORDER BY id"))[0]["id"]
    everything = "/admin/cases/?tab=all"
    asked = {
        "home": "/admin/",
        "list": everything,
        "mine": "/admin/cases/?tab=mine",
        "soon": "/admin/cases/?tab=soon",
        "overdue": "/admin/cases/?tab=overdue",
        "by type": f"{everything}&type={kind}",
        "by class": f"{everything}&type={kind[:2]}",
        "by unit": f"{everything}&unit={unit}",
        "by stage": f"{everything}&stage=closed",
        "by area": f"{everything}&area={filled.street_id}",
        "by type, area, stage": f"{everything}&type={kind}&area={filled.street_id}&stage=rated",
        "by unit, stage": f"{everything}&unit={unit}&stage=rated",
        "search, often": f"{everything}&q=小河",
        "search, seldom": f"{everything}&q=小河拱宸",
        "search, number": f"{everything}&q=B{size - 700}",
        "search, nothing": f"{everything}&q=没有这样的地方",
        "case, new": f"/admin/cases/{size - 100}",
        "case, to dispatch": f"/admin/cases/{size - 99}",
        "case, a year old": f"/admin/cases/{size - 9_000}",
        "case, the oldest": "/admin/cases/1",
        "map": "/admin/places/map?chosen=1&layer=cases",
        "findings": "/admin/city_eye/",
        "findings, decided": "/admin/city_eye/decided",
        "findings, scenes": "/admin/city_eye/scenes",
        "handler's home": "/admin/",
        "handler's list": everything,
        "grid's home": "/admin/",
        "grid's list": everything,
        "grid's own": "/admin/cases/?tab=mine",
        "grid's own audit": "/admin/me/audit",
        "auditor's audit": "/admin/audit",
        "auditor's audit, by action": f"/admin/audit?action={SELDOM}",
        "auditor's audit, by person": "/admin/audit?who=handler",
        "auditor's audit, of a kind": "/admin/audit?kind=cases.Case",
        "auditor's audit, of a rare kind": "/admin/audit?kind=export",
        "auditor's audit, of a case": f"/admin/audit?kind=cases.Case&key=B{size - 700}",
        "auditor's audit, a month": f"/admin/audit?{_month(size)}",
        "auditor's audit, a person in a month": f"/admin/audit?who=handler&{_month(size)}",
        "auditor's audit, a kind in a month": f"/admin/audit?kind=export&{_month(size)}",
        "figures": "/bench/figures",
        "figures, board": f"/admin/figures/?month={month_text(later(month_of(now(), zone()), -1))}",
    }
    made = {name: _get(path, by_post[_whose(name)]) for name, path in asked.items()}
    for name, condition in CONDITIONS.items():
        made[name] = httpx2.Request(
            "POST",
            "http://127.0.0.1/graphql",
            json={"query": LIST % condition},
            headers={"authorization": f"Bearer {filled.token}"},
        )
    return made


def _month(size: int) -> str:
    """The oldest whole month but one: as many rows, however long ago."""
    first = now() - timedelta(days=365 * size // A_YEAR - 60)
    return f"from={first:%Y-%m-%d}&to={first + timedelta(days=30):%Y-%m-%d}"


def _whose(page: str) -> str:
    whose, apart, _ = page.partition("'s ")
    return whose if apart else "dispatcher"


def _get(path: str, token: str) -> httpx2.Request:
    headers = {"cookie": f"liuhe_session={token}"}
    return httpx2.Request("GET", f"http://127.0.0.1{path}", headers=headers)


async def _compare(
    name: str, both: list[tuple[Side, dict[str, httpx2.Request]]], rounds: int
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    async with httpx2.AsyncClient(timeout=PATIENCE) as client:
        for page in both[0][1]:
            spent: list[list[Cost]] = [[], []]
            try:
                for number in range(rounds + 1):  # the first only warms up
                    for (side, pages), costs in zip(both, spent, strict=True):
                        cost = await _once(client, side, pages[page])
                        if number:
                            costs.append(cost)
            except httpx2.HTTPError as error:  # one page must not end the others' run
                found[page] = {"ratio": float("inf"), "failed": f"{side.name}: {error!r}"}
            else:
                found[page] = _told(*spent)
            say(f"  {name}: {page}: {found[page]}")
    return {"ratio": max(one["ratio"] for one in found.values()), "pages": found}


def _told(small: list[Cost], large: list[Cost]) -> dict[str, Any]:
    cpu, wall = (
        [round(statistics.median(cost[at] for cost in one) * 1000, 1) for one in (small, large)]
        for at in (0, 1)
    )
    return {
        "ratio": round(cpu[1] / cpu[0], 2),
        "ms_cpu": cpu,
        "ratio_wall": round(wall[1] / wall[0], 2),
        "ms_wall": wall,
    }


async def _once(client: httpx2.AsyncClient, side: Side, request: httpx2.Request) -> Cost:
    url = request.url.copy_with(port=side.port)
    asked = httpx2.Request(request.method, url, headers=request.headers, content=request.content)
    before, started = _spent(side), time.perf_counter()
    answer = await client.send(asked)
    took = time.perf_counter() - started
    used = _spent(side) - before
    assert answer.status_code == 200, f"{url}: {answer.status_code} {answer.text[:300]}"
    return used, took


def _spent(side: Side) -> float:
    return side.cpu() + backends(f"of{side.name}")
