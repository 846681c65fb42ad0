"""A package that nobody here knows: found, started, used, and left out with a reason."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from core.kernel import Kernel
from core.people import open_session
from core.viewers import load_viewer
from core.worker import Worker
from liuhe import Person, Viewer, house
from liuhe.testing import load
from plugins.cases.models import Case
from web.app import build_app
from web.graphql.building import build_schema
from web.graphql.context import Caller, Context
from web.graphql.sdl import missing_descriptions
from web.hub import Hub
from web.session import COOKIE, csrf_token


@pytest.fixture
async def kernel(kernel_on: Any, installed: Path) -> AsyncIterator[Kernel]:
    async with kernel_on(["notes"]) as kernel:
        for name in ("places", "cases"):
            demo = kernel.plugins[name].demo
            assert demo is not None
            await demo.make()
        yield kernel


async def somebody(username: str) -> Viewer:
    return await load_viewer(await Person.get(username=username), house().roster)


async def ask(kernel: Kernel, viewer: Viewer, query: str, **variables: Any) -> dict[str, Any]:
    context = Context(kernel=kernel, hub=Hub(), caller=Caller(viewer))
    result = await build_schema(kernel).execute(query, variables, context)
    assert not result.errors, result.errors
    return dict(result.data or {})


async def work_off(kernel: Kernel) -> None:
    worker = Worker(kernel.jobs)
    while await worker.once():
        pass


def test_it_is_found_by_its_entry_point(installed: Path, tmp_path: Path) -> None:
    kernel = load(tmp_path, ["notes"])
    assert list(kernel.plugins) == ["places", "cases", "notes"]
    assert kernel.failed.get("notes") is None


def test_without_cases_it_is_named_with_the_reason_and_the_rest_starts(
    installed: Path, tmp_path: Path
) -> None:
    from core.settings import SettingsSource

    source = SettingsSource({"data_dir": tmp_path, "secret_key": "test-" * 8}, {})
    kernel = Kernel.load(source, disabled={"cases"})
    assert "places" in kernel.plugins
    assert {"cases", "notes"} <= set(kernel.off)
    assert "Case.notes" not in {
        f"{one.type_name}.{one.fields.__name__}"
        for plugin in kernel.plugins.values()
        for one in plugin.graphql
    }
    build_schema(kernel)


def test_everything_it_adds_to_the_schema_is_described(installed: Path, tmp_path: Path) -> None:
    schema = build_schema(load(tmp_path, ["notes"]))
    assert [name for name in missing_descriptions(schema) if "note" in name.lower()] == []


async def test_a_note_is_written_once_and_read_on_its_case(kernel: Kernel) -> None:
    grid = await somebody("grid")
    query = "{ cases(first: 1) { edges { node { id notes { text author } } } } }"
    case = (await ask(kernel, grid, query))["cases"]["edges"][0]["node"]
    assert case["notes"] == []
    add = """mutation ($case: ID!, $text: String!) {
        addNote(input: {caseId: $case, text: $text, idempotencyKey: "1"}) {
            note { text author } errors { field }
        } }"""
    for _ in range(2):
        data = await ask(kernel, grid, add, case=case["id"], text=" 已联系物业 ")
        assert data["addNote"] == {
            "note": {"text": "已联系物业", "author": grid.name},
            "errors": [],
        }
    after = (await ask(kernel, grid, query))["cases"]["edges"][0]["node"]
    assert after["notes"] == [{"text": "已联系物业", "author": grid.name}]


async def test_a_note_too_long_can_be_mended(kernel: Kernel) -> None:
    grid = await somebody("grid")
    found = await ask(kernel, grid, "{ cases(first: 1) { edges { node { id } } } }")
    add = """mutation ($case: ID!, $text: String!) {
        addNote(input: {caseId: $case, text: $text}) { note { id } errors { field code } } }"""
    id = found["cases"]["edges"][0]["node"]["id"]
    data = await ask(kernel, grid, add, case=id, text="长" * 201)
    assert data["addNote"] == {"note": None, "errors": [{"field": "text", "code": "length"}]}


async def test_nobody_writes_on_a_case_that_they_may_not_see(kernel: Kernel) -> None:
    from liuhe_notes.actions import write_note

    from liuhe import Forbidden, NotFound

    far = (
        await Case.filter(area__path__startswith="1.")
        .exclude(id__in=await _seen_by("grid2"))
        .first()
    )
    assert far is not None
    with pytest.raises(NotFound):
        await write_note(await somebody("grid2"), far.id, "看看")
    with pytest.raises(Forbidden):
        await write_note(await somebody("resident"), far.id, "看看")


async def _seen_by(username: str) -> list[int]:
    from plugins.cases.schema import Case as Node

    rows = await Node.seen_by(await somebody(username)).values_list("id", flat=True)
    return [int(str(id)) for id in rows]


async def test_a_new_case_is_greeted_exactly_once(kernel: Kernel) -> None:
    from liuhe_notes.models import Note

    from plugins.cases.actions import open_case

    await work_off(kernel)
    grid = await somebody("grid")
    place = (await Case.filter(id__in=await _seen_by("grid")).select_related("area").first()).area  # type: ignore[union-attr]
    case = await open_case(grid, title="路灯不亮", type_code="0102", area_id=place.id)
    await work_off(kernel)
    await work_off(kernel)
    notes = await Note.filter(case_id=case.id)
    assert [(note.text, note.author_id) for note in notes] == [("要交接的话写在这里。", None)]


async def test_old_notes_are_forgotten_by_the_worker(kernel: Kernel) -> None:
    from liuhe_notes.models import Note

    case = await Case.first()
    assert case is not None
    old = await Note.create(case_id=case.id, text="很久以前")
    new = await Note.create(case_id=case.id, text="刚刚")
    long_ago = datetime.now(UTC) - timedelta(days=91)
    await Note.filter(id=old.id).update(written_at=long_ago)
    await kernel.jobs["notes.forget"].run({})
    left = await Note.filter(id__in=[old.id, new.id]).values_list("id", flat=True)
    assert list(left) == [new.id]


async def test_a_note_is_written_and_shown_on_the_page_of_its_case(kernel: Kernel) -> None:
    token, _ = await open_session(await Person.get(username="grid"), "browser")
    case_id = (await _seen_by("grid"))[0]
    app = build_app(kernel, build_schema(kernel))
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://testserver", cookies={COOKIE: token}
    ) as client:
        before = await client.get(f"/admin/cases/{case_id}")
        assert (before.status_code, "写一张便签" in before.text) == (200, True)
        given = {"text": "<b>钥匙在门卫</b>", "csrf": csrf_token(token)}
        sent = await client.post(
            f"/admin/notes/{case_id}", data=given, headers={"origin": "http://testserver"}
        )
        assert (sent.status_code, sent.headers["location"]) == (303, f"/admin/cases/{case_id}")
        after = await client.get(f"/admin/cases/{case_id}")
        assert "&lt;b&gt;钥匙在门卫&lt;/b&gt;" in after.text
        assert "钥匙在门卫" in (await client.get("/admin/notes/")).text
    await app.state.hub.close()


def test_its_section_of_the_settings_is_strict(installed: Path, tmp_path: Path) -> None:
    kernel = load(tmp_path, ["notes"], sections={"notes": {"keep_day": 5}})
    assert "keep_days" in kernel.failed["notes"]
    assert list(kernel.plugins) == ["places", "cases"]
