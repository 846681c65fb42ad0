"""GraphQL over HTTP: what is asked how, and what comes back."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2 as httpx
import orjson
import pytest
from graphql import get_introspection_query

from core.kernel import Kernel
from core.testing import make_area, make_unit, make_viewer
from tests.web.garden import GARDEN, GROUND, Given, app_of
from web.graphql.nodes import global_id

RESPONSE = "application/graphql-response+json"


class Asking:
    """A client with somebody signed in by token, unless told otherwise."""

    def __init__(self, app: Given) -> None:
        self.app = app
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url="http://liuhe.test"
        )

    async def raw(self, method: str = "POST", **more: Any) -> httpx.Response:
        return await self.client.request(method, "/graphql", **more)

    async def __call__(self, query: str, /, **variables: Any) -> dict[str, Any]:
        response = await self.raw(json={"query": query, "variables": variables})
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    async def code(self, query: str, /, **variables: Any) -> str:
        errors = (await self(query, **variables))["errors"]
        return str(errors[0]["extensions"]["code"])


@pytest.fixture
def engine() -> str:
    return "sqlite"


@pytest.fixture
async def house(kernel_on: Any) -> AsyncIterator[Kernel]:
    async with kernel_on(found=[GROUND, GARDEN]) as kernel:
        yield kernel


@pytest.fixture
async def ask(house: Kernel) -> Asking:
    asking = Asking(app_of(house))
    asking.app.viewer = await make_viewer("zhang", "admin")
    return asking


@pytest.fixture
async def plots(ask: Asking) -> list[Any]:
    top = await make_area("100", "拱墅区")
    return [top, *[await make_area(f"10{n}", f"街道{n}", "street", top) for n in (1, 2, 3)]]


# -------------------------------------------------------------------------------------- answers


async def test_the_viewer_and_the_plugins_are_told(ask: Asking) -> None:
    answer = await ask(
        "{ viewer { name username roles { name title } permissions }"
        " plugins { name title version enabled requires reason } }"
    )
    assert answer["data"]["viewer"] == {
        "name": "zhang",
        "username": "zhang",
        "roles": [{"name": "admin", "title": "系统管理员"}],
        "permissions": [
            "backups.manage",
            "exports.make",
            "files.upload",
            "imports.run",
            "jobs.see",
            "plugins.manage",
            "register.see",
            "units.manage",
        ],
    }
    assert answer["data"]["plugins"][1] == {
        "name": "garden",
        "title": "Garden",
        "version": "1.0",
        "enabled": True,
        "requires": ["ground"],
        "reason": None,
    }


async def test_a_connection_is_paged_both_ways(ask: Asking, plots: list[Any]) -> None:
    page = "{ totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
    page += " edges { cursor node { code } } }"
    first = await ask(f"{{ plots(orderBy: [CODE], first: 2) {page} }}")
    part = first["data"]["plots"]
    assert [edge["node"]["code"] for edge in part["edges"]] == ["100", "101"]
    assert part["totalCount"] == 4
    assert part["pageInfo"] == {
        "hasNextPage": True,
        "hasPreviousPage": False,
        "startCursor": part["edges"][0]["cursor"],
        "endCursor": part["edges"][1]["cursor"],
    }
    query = f"query($c: String) {{ plots(orderBy: [CODE], last: 1, before: $c) {page} }}"
    back = (await ask(query, c=part["pageInfo"]["endCursor"]))["data"]["plots"]
    assert [edge["node"]["code"] for edge in back["edges"]] == ["100"]
    assert await ask.code(query, c="nonsense") == "BAD_USER_INPUT"


async def test_the_whole_is_counted_only_when_asked(
    ask: Asking, plots: list[Any], count_queries: Any
) -> None:
    with count_queries() as plain:
        await ask("{ plots { edges { node { code } } } }")
    with count_queries() as counting:
        await ask("{ plots { totalCount edges { node { code } } } }")
    assert (len(plain), len(counting)) == (1, 2)


async def test_more_rows_cost_no_more_queries(
    ask: Asking, plots: list[Any], count_queries: Any
) -> None:
    for n, plot in enumerate(plots):
        await make_unit(f"u{n}", f"单位{n}", plot)
    query = "query($n: Int) { plots(orderBy: [CODE], first: $n) { edges { node {"
    query += " parent { name } teams { name } fullName } } } }"
    numbers = []
    for n in (2, 4):
        with count_queries() as queries:
            answer = await ask(query, n=n)
        numbers.append(len(queries))
        assert len(answer["data"]["plots"]["edges"]) == n
    assert numbers == [3, 3]
    last = answer["data"]["plots"]["edges"][3]["node"]
    assert last == {
        "parent": {"name": "拱墅区"},
        "teams": [{"name": "单位3"}],
        "fullName": "street/街道3",
    }


async def test_a_node_is_found_by_its_id_and_several_cost_one_query(
    ask: Asking, plots: list[Any], count_queries: Any
) -> None:
    listed = await ask("{ plots(orderBy: [CODE]) { edges { node { id name } } } }")
    ids = [edge["node"]["id"] for edge in listed["data"]["plots"]["edges"]]
    query = "query($a: ID!, $b: ID!) { a: node(id: $a) { id ... on Plot { name } }"
    query += " b: node(id: $b) { __typename } plot(id: $a) { name } }"
    with count_queries() as queries:
        answer = await ask(query, a=ids[0], b=ids[1])
    assert answer["data"] == {
        "a": {"id": ids[0], "name": "拱墅区"},
        "b": {"__typename": "Plot"},
        "plot": {"name": "拱墅区"},
    }
    assert len(queries) == 1


async def test_what_may_not_be_seen_is_not_there(ask: Asking) -> None:
    hidden = global_id("Plot", (await make_area("hidden", "x")).id)
    answer = await ask(f'{{ plot(id: "{hidden}") {{ name }} node(id: "{hidden}") {{ id }} }}')
    assert answer == {"data": {"plot": None, "node": None}}


@pytest.mark.parametrize("id", ["", "1", "ä", "UGxvdA==", "UGxvdDp4", "VGVhbTox"])
async def test_a_wrong_id_is_the_callers_fault(ask: Asking, id: str) -> None:
    assert await ask.code("query($id: ID!) { plot(id: $id) { name } }", id=id) == "BAD_USER_INPUT"


# ------------------------------------------------------------------------------------ mutations


OPEN = "mutation($n: String!) { openPlot(input: {name: $n}) {"
OPEN += " plot { name code } errors { field code message } } }"


async def test_what_can_be_mended_comes_back_in_the_payload(ask: Asking) -> None:
    assert (await ask(OPEN, n="山"))["data"]["openPlot"] == {
        "plot": {"name": "山", "code": "P-山"},
        "errors": [],
    }
    assert (await ask(OPEN, n=""))["data"]["openPlot"] == {
        "plot": None,
        "errors": [{"field": "name", "code": "required", "message": "请写名称。"}],
    }


async def test_other_failures_of_a_mutation_are_errors(ask: Asking) -> None:
    answer = await ask(OPEN, n="taken")
    assert answer["data"] is None
    assert answer["errors"][0]["message"] == "这块地已经有了。"
    assert answer["errors"][0]["extensions"] == {"code": "CONFLICT"}


# --------------------------------------------------------------------------------------- errors


async def test_a_defect_shows_nothing_of_itself(ask: Asking) -> None:
    response = await ask.raw(json={"query": "{ broken hasty greeting }"})
    answer = response.json()
    assert answer["data"] == {"broken": None, "hasty": None, "greeting": "您好"}
    defect, hasty = answer["errors"]
    assert defect["extensions"] == {"code": "INTERNAL", "requestId": "r-1"}
    assert "r-1" in defect["message"]
    assert "secret" not in response.text
    assert hasty["extensions"] == {"code": "RATE_LIMITED", "retryAfter": 7}


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("{", {}),
        ("{ nothing }", {}),
        ("{ plots { edges } }", {}),
        ("{ plots(first: -1) { totalCount } }", {}),
        ("{ plots(first: 101) { totalCount } }", {}),
        ("{ plots(first: 1, last: 1) { totalCount } }", {}),
        ("query($n: Int) { plots(first: $n) { totalCount } }", {"n": "many"}),
        ("query($n: Int = 1) { plots(orderBy: $n) { totalCount } }", {}),
        ("query($o: [PlotOrder!]) { plots(orderBy: $o) { totalCount } }", {"o": ["UP"]}),
        ('query($id: ID! = "x") { plot(id: $id) { name } }', {"id": None}),
        ("query A { greeting } query B { greeting }", {}),
        ("fragment F on Query { greeting }", {}),
    ],
)
async def test_a_wrong_request_is_the_callers_fault(
    ask: Asking, query: str, variables: dict[str, Any]
) -> None:
    assert await ask.code(query, **variables) == "BAD_USER_INPUT"


async def test_a_moment_needs_its_offset(ask: Asking) -> None:
    query = "query($t: DateTime!) { moment(at: $t) }"
    east = "2026-03-01T08:00:00+08:00"
    assert (await ask(query, t=east))["data"] == {"moment": east}
    assert (await ask(f'{{ moment(at: "{east}") }}'))["data"] == {"moment": east}
    ends = ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "99999-01-01T00:00:00Z")
    for wrong in ("2026-03-01T08:00:00", "2026-03-01", "soon", 1, *ends):
        assert await ask.code(query, t=wrong) == "BAD_USER_INPUT"
    assert await ask.code('{ moment(at: "2026-03-01T08:00:00") }') == "BAD_USER_INPUT"


async def test_without_signing_in_only_public_fields_answer(ask: Asking) -> None:
    ask.app.viewer = None
    answer = await ask("{ __typename greeting viewer { name } }")
    assert answer["data"] == {"__typename": "Query", "greeting": "您好", "viewer": None}
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAUTHENTICATED"]
    for field in ("plots { totalCount }", "plugins { name }", 'node(id: "x") { id }', "hasty"):
        assert await ask.code(f"{{ {field} }}") == "UNAUTHENTICATED"
    assert await ask.code(OPEN, n="山") == "UNAUTHENTICATED"


async def test_introspection_can_be_turned_off(kernel_on: Any) -> None:
    async with kernel_on(found=[GROUND]) as kernel:
        closed = kernel.settings.model_copy(update={"introspection": False})
        kernel.settings = closed
        ask = Asking(app_of(kernel))
        ask.app.viewer = await make_viewer("li", "admin")
        assert await ask.code("{ __schema { types { name } } }") == "BAD_USER_INPUT"
        assert await ask.code('{ __type(name: "Plot") { name } }') == "BAD_USER_INPUT"
        assert (await ask("{ __typename }"))["data"] == {"__typename": "Query"}
        for query in ("{ plot_ }", "{ plots { edge } }", "{ plots(firs: 1) { totalCount } }"):
            errors = (await ask(query))["errors"]
            assert "Did you mean" not in orjson.dumps(errors).decode()


async def test_introspection_is_answered(ask: Asking) -> None:
    answer = await ask(get_introspection_query())
    assert "errors" not in answer


# ---------------------------------------------------------------------------------------- limits


async def test_a_hundred_times_a_hundred_is_too_costly(ask: Asking) -> None:
    inner = "{ edges { node { parts(first: 100) { edges { node { code } } } } } }"
    assert await ask.code(f"{{ plots(first: 100) {inner} }}") == "TOO_COSTLY"
    query = f"query($n: Int) {{ plots(first: $n) {inner} }}"
    assert await ask.code(query, n=100) == "TOO_COSTLY"
    assert await ask.code(query, n=100.0) == "TOO_COSTLY"
    assert "errors" not in await ask(query, n=2)
    assert await ask.code(f"query($n: Int = 100) {{ plots(first: $n) {inner} }}") == "TOO_COSTLY"


async def test_fragments_do_not_hide_the_cost(ask: Asking) -> None:
    query = """
        query { plots(first: 100) { ...Rows } }
        fragment Rows on PlotConnection { edges { node { ...Row } } }
        fragment Row on Plot { parts(first: 100) { ... on PlotConnection { edges { ...Edge } } } }
        fragment Edge on PlotEdge { node { code } }
    """
    assert await ask.code(query) == "TOO_COSTLY"


async def test_the_sentence_tells_the_cost_and_what_to_do(ask: Asking) -> None:
    query = "{ plots(first: 100) { edges { node { parts(first: 100) { edges { node { code }}}}}}}"
    error = (await ask(query))["errors"][0]
    assert error["message"] == (
        "这个查询的开销是 30301，最多 10000；请减小 first 或 last，或少嵌套一层列表。"
    )


@pytest.mark.parametrize(
    "query",
    [
        "{ plots { edges { node " + "{ parent " * 12 + "{ name }" + " }" * 12 + " } } }",
        "{ " + " ".join(f"a{n}: greeting" for n in range(31)) + " }",
        "{ " + "greeting " * 11 + "}",
        "{ greeting " + "# words\n" * 7_000 + "}",
        "{ " + "viewer { name } " * 600 + "}",
        "{ ...A ...A } fragment A on Query { "
        + " ".join(f"a{n}: greeting" for n in range(16))
        + " }",
    ],
)
async def test_what_is_too_deep_or_too_much_is_refused(ask: Asking, query: str) -> None:
    assert await ask.code(query) == "TOO_COSTLY"


async def test_circles_and_doublings_of_fragments_do_not_hang(ask: Asking) -> None:
    circle = "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }"
    assert await ask.code(circle) == "BAD_USER_INPUT"
    doubling = "{ ...F0 } fragment F60 on Query { greeting } " + " ".join(
        f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(60)
    )
    response = await ask.raw(json={"query": doubling}, timeout=5)
    assert response.status_code == 200


# ----------------------------------------------------------------------------------------- HTTP


async def test_the_media_type_decides_the_status_of_a_wrong_request(ask: Asking) -> None:
    wrong, right = {"query": "{ nothing }"}, {"query": "{ greeting }"}
    modern = await ask.raw(json=wrong, headers={"accept": RESPONSE})
    assert (modern.status_code, modern.headers["content-type"]) == (400, RESPONSE)
    assert "data" not in modern.json()
    legacy = await ask.raw(json=wrong, headers={"accept": "application/json"})
    assert (legacy.status_code, legacy.headers["content-type"]) == (200, "application/json")
    for accept in (RESPONSE, f"{RESPONSE}, application/json;q=0.9", "*/*", "text/html, */*;q=0.1"):
        assert (await ask.raw(json=right, headers={"accept": accept})).status_code == 200
    assert (await ask.raw(json=right, headers={"accept": "text/html"})).status_code == 406


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (b'{"query": "{ greeting }"}', "text/plain", 415),
        (b'{"query": "{ greeting }"}', "", 415),
        (b"query={greeting}", "application/x-www-form-urlencoded", 415),
        (b"--x--", "multipart/form-data; boundary=x", 415),
        (b'{"query": "{ greeting }"}', "application/json; charset=gbk", 415),
        (b'{"query": "{ greeting }"}', "application/json; charset=UTF-8", 200),
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'[{"query": "{ greeting }"}]', "application/json", 400),
        (b'"x"', "application/json", 400),
        (b"{}", "application/json", 400),
        (b'{"query": 1}', "application/json", 400),
        (b'{"query": "{ greeting }", "variables": []}', "application/json", 400),
        (b'{"query": "{ greeting }", "operationName": 1}', "application/json", 400),
        (b'{"query": "' + b" " * 1_000_000 + b'"}', "application/json", 413),
    ],
)
async def test_a_body_that_is_no_request_is_refused(
    ask: Asking, content: bytes, content_type: str, status: int
) -> None:
    response = await ask.raw(content=content, headers={"content-type": content_type})
    assert response.status_code == status
    if status != 200:
        assert response.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_get_only_queries(ask: Asking) -> None:
    query = "query A($n: Int) { plots(first: $n) { totalCount } } query B { greeting }"
    params = {"query": query, "variables": '{"n": 1}', "operationName": "A"}
    assert (await ask.raw("GET", params=params)).json() == {"data": {"plots": {"totalCount": 0}}}
    refused = await ask.raw("GET", params={"query": OPEN, "variables": '{"n": "山"}'})
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, POST")
    assert (await ask.raw("PUT", json={"query": "{ greeting }"})).status_code == 405
    assert (await ask.raw("GET")).status_code == 400
    assert (await ask.raw("GET", params={"query": "{a}", "variables": "{"})).status_code == 400
    watching = {"query": "subscription { plotOpened { name } }"}
    assert (await ask.raw("GET", params=watching)).status_code == 400
    assert (await ask.raw(json=watching)).status_code == 400


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"origin": "http://liuhe.test"}, 200),
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"origin": "https://evil.test"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
    ],
)
async def test_a_cookie_serves_only_our_own_pages(
    ask: Asking, headers: dict[str, str], status: int
) -> None:
    ask.app.by_cookie = True
    response = await ask.raw(json={"query": "{ greeting }"}, headers=headers)
    assert response.status_code == status
    assert "access-control-allow-origin" not in response.headers
    ask.app.by_cookie = False
    assert (await ask.raw(json={"query": "{ greeting }"}, headers=headers)).status_code == 200


async def test_an_allowed_origin_may_ask_from_a_browser(kernel_on: Any) -> None:
    async with kernel_on(found=[GROUND]) as kernel:
        origins = {"allowed_origins": ("https://front.test",)}
        kernel.settings = kernel.settings.model_copy(update=origins)
        ask = Asking(app_of(kernel))
        asked = {"access-control-request-method": "POST"}
        for origin, status in (("https://front.test", 200), ("https://evil.test", 400)):
            response = await ask.raw("OPTIONS", headers={"origin": origin, **asked})
            assert response.status_code == status
        answer = await ask.raw(
            json={"query": "{ greeting }"}, headers={"origin": "https://front.test"}
        )
        assert answer.headers["access-control-allow-origin"] == "https://front.test"
        assert "access-control-allow-credentials" not in answer.headers
