"""System, security and audit stay apart at every door, on a district with all its plugins and data.

The doors are those that the program really has; one that comes later is tried, too.
"""

from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
)
from starlette.routing import BaseRoute, Mount, Route

from core.database import dialect, rows
from core.people import Person, open_session
from liuhe.chores import make_demo
from plugins.cases.models import Case
from tests.factories import only
from tests.web.conftest import Shell, opened_shell
from web.graphql.nodes import global_id
from web.session import COOKIE

pytestmark = [only("sqlite"), pytest.mark.slow]

#: What is open to everybody who is signed in: the own account.
OWN = ("/admin/me/", "/admin/logout", "/admin/login")
#: Tables that tell of visits themselves.
VISITS = {"core_session", "core_guesses", "core_audit", "core_audit_thing", "sqlite_sequence"}
TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table'",
    "postgres": "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'",
}
#: Something for each field that a form may have, so that no refusal is about a missing one.
FORM = {
    "username": "neu",
    "name": "新",
    "what": "off",
    "post": "1",
    "key": "x",
    "code": "neu",
    "area": "1",
    "unit": "1",
    "role": "grid",
    "active": "1",
    "state": "off",
    "id": "1",
    "title": "题",
    "typeCode": "0102",
    "areaId": "1",
    "unitId": "1",
    "address": "某处",
    "note": "说明",
    "reason": "HANDLED",
    "version": "1",
    "day": "2026-11-23",
    "kind": "work",
    "rating": "5",
    "mode": "official",
    "zone": "1",
    "watches": "[]",
    "polygon": "[]",
}


@dataclass
class District:
    """The demo district, the doors of its program, and who comes."""

    shell: Shell
    schema: GraphQLSchema
    case: Case

    async def come(self, username: str) -> httpx2.AsyncClient:
        token, _ = await open_session(await Person.get(username=username), "browser")
        self.shell.client.cookies.clear()
        self.shell.client.cookies.set(COOKIE, token)
        return self.shell.client

    def doors(self, method: str) -> list[str]:
        """Addresses under /admin that answer this method, with a thing that exists."""
        found = (path for path, methods in walk(self.shell.app.routes) if method in methods)
        return sorted({self.named(path) for path in found if path.startswith("/admin")})

    def named(self, path: str) -> str:
        number = str(self.case.id) if "/cases/" in path else "1"
        return path.replace("{id:int}", number).replace("{action}", "accept")

    async def post(self, path: str) -> httpx2.Response:
        given = {**FORM, "csrf": self.shell.csrf()}
        return await self.shell.client.post(path, data=given)


def walk(routes: Iterable[BaseRoute], before: str = "") -> Iterator[tuple[str, set[str]]]:
    for route in routes:
        if isinstance(route, Mount):
            yield from walk(route.routes, before + route.path)
        elif isinstance(route, Route):
            yield before + route.path, route.methods or set()


@pytest.fixture
async def district(kernel_on: Any, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[District]:
    monkeypatch.setenv("LIUHE_DEMO_PASSWORD", "a-password-2468")
    async with kernel_on() as kernel:
        await make_demo(kernel, lambda _: None)
        case = await Case.filter(stage="reported").first()
        assert case is not None
        async with opened_shell(kernel) as shell:
            endpoint = next(
                route.endpoint
                for route in shell.app.routes
                if isinstance(route, Route) and route.path == "/graphql"
            )
            yield District(shell, endpoint.schema._schema, case)


async def everything() -> dict[str, list[dict[str, Any]]]:
    """All rows of all tables but those of visits."""
    tables = await rows(TABLES[dialect()])
    names = sorted({str(table["name"]) for table in tables} - VISITS)
    return {name: await rows(f'SELECT * FROM "{name}" ORDER BY 1') for name in names}


async def test_an_auditor_changes_nothing_through_any_page(district: District) -> None:
    before = await everything()
    await district.come("auditor")
    doors = [path for path in district.doors("POST") if not path.startswith(OWN)]
    answers = {path: (await district.post(path)).status_code for path in doors}
    assert len(doors) >= 20
    assert {path: status for path, status in answers.items() if status not in (403, 404)} == {}
    assert await everything() == before


async def test_an_auditor_changes_nothing_through_any_mutation(district: District) -> None:
    before = await everything()
    client = await district.come("auditor")
    mutations = district.schema.mutation_type
    assert mutations is not None
    codes = {}
    for name, field in mutations.fields.items():
        if name in EVERYBODYS:
            continue
        given = {
            key: filled(district, f"{name}.{key}", one.type) for key, one in field.args.items()
        }
        kinds = ", ".join(f"${key}: {one.type}" for key, one in field.args.items())
        passed = ", ".join(f"{key}: ${key}" for key in field.args)
        text = f"mutation({kinds}) {{ {name}({passed}) {{ errors {{ code }} }} }}"
        answer = await client.post("/graphql", json={"query": text, "variables": given})
        told = answer.json()
        errors = told.get("errors") or [{}]
        refused = (told.get("data") or {}).get(name) or {}  # what names nothing that there is
        codes[name] = errors[0].get("extensions", {}).get("code") or (
            "NOT_FOUND" if refused.get("errors") else None
        )
    assert len(codes) >= 20
    assert {name: one for name, one in codes.items() if one not in REFUSED} == {}
    assert await everything() == before


REFUSED = ("FORBIDDEN", "NOT_FOUND")
#: What needs no account.
EVERYBODYS = ("reportMatter", "trackedMatter")


def filled(district: District, name: str, kind: Any) -> Any:
    """Something that fits: the case that is there, text, numbers; what may be left out is."""
    if not isinstance(kind, GraphQLNonNull):
        return None
    kind = kind.of_type
    if isinstance(kind, GraphQLInputObjectType):
        door = name.partition(".")[0]
        return {
            key: filled(district, f"{door}.{key}", one.type) for key, one in kind.fields.items()
        }
    if isinstance(kind, GraphQLList):
        return []
    if isinstance(kind, GraphQLEnumType):
        return next(iter(kind.values))
    if kind.name == "ID":
        return identity(district, name)
    if name == "moveCase.action":
        return "refer"
    samples = {
        "Int": 1,
        "Float": 1.0,
        "Boolean": True,
        "Date": "2099-01-01",
        "DateTime": "2099-01-01T00:00:00+08:00",
    }
    return samples.get(kind.name, "说明")


def identity(district: District, name: str) -> str:
    _, _, field = name.partition(".")
    kinds = {
        "unitId": "Unit",
        "areaId": "Place",
        "id": "Finding",
        "taskId": "CaseTask",
        "endDispatchRule.id": "DispatchRule",
        "removeDutyShift.id": "DutyShift",
    }
    kind = kinds.get(name) or kinds.get(field)
    return str(global_id(kind, 1) if kind else global_id("Case", district.case.id))


async def test_security_sees_no_case_through_any_page_or_query(district: District) -> None:
    client = await district.come("security")
    case = district.case
    for path in district.doors("GET"):
        if path.startswith(OWN) or path.endswith(("/live", "/generation")):
            continue
        answer = await client.get(path)
        assert case.title not in answer.text, path
        assert case.number not in answer.text, path
        # These parts say that there is nothing, to everybody alike.
        part = path.endswith(("/fresh", "/evidence", f"/{case.id}/tasks"))
        if not part and path.startswith(("/admin/cases", "/admin/city_eye", "/admin/audit")):
            assert answer.status_code in (403, 404), path
    query = "query($id: ID!) { cases { edges { node { title } } } case(id: $id) { title } }"
    given = {"id": str(global_id("Case", case.id))}
    answer = await client.post("/graphql", json={"query": query, "variables": given})
    assert case.title not in answer.text
    found = answer.json()
    assert found.get("errors") or found["data"] == {"cases": {"edges": []}, "case": None}
    before = await everything()
    doors = [path for path in district.doors("POST") if "/cases/" in path or "/city_eye/" in path]
    answers = {path: (await district.post(path)).status_code for path in doors}
    assert {path: status for path, status in answers.items() if status not in (403, 404)} == {}
    assert await everything() == before


async def test_the_administrator_keeps_no_accounts_and_reads_no_audit(district: District) -> None:
    client = await district.come("admin")
    before = await everything()
    for path in district.doors("GET"):
        if path.startswith(("/admin/people", "/admin/audit")):
            assert (await client.get(path)).status_code == 403, path
    for path in district.doors("POST"):
        if path.startswith("/admin/people"):
            assert (await district.post(path)).status_code == 403, path
    assert await everything() == before


async def test_only_auditors_read_the_audit(district: District) -> None:
    for username in ("admin", "security", "dispatcher", "handler", "resident"):
        client = await district.come(username)
        for path in ("/admin/audit", "/admin/audit?kind=core.Person&key=1"):
            assert (await client.get(path)).status_code == 403, username
