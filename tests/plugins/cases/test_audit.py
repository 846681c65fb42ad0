"""Whoever is shown a resident's name or pictures leaves a trace; nobody else does."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from plugins.cases import actions
from plugins.cases.actions import Call
from plugins.cases.models import Case, Evidence
from tests.audit import audited
from tests.factories import only
from tests.plugins.cases.conftest import District, blurred
from tests.plugins.cases.test_graphql import Asking
from tests.plugins.cases.test_pages import Browser
from tests.web.conftest import opened_shell

pytestmark = only("sqlite")
NAME = "cases.reporter"


@pytest.fixture
async def browser(place: District) -> AsyncIterator[Browser]:
    async with opened_shell(place.kernel) as shell:
        yield Browser(shell)


async def reported(place: District, **given: Any) -> Case:
    return await place.open(viewer=place.resident, **given)


def entry(place: District, who: str, *cases: Case) -> tuple[str, int, list[str]]:
    names = [f"cases.Case {case.id}" for case in cases]
    return (
        NAME,
        getattr(place, who).person_id,
        [*names, f"core.Person {place.resident.person_id}"],
    )


async def test_a_case_page_that_shows_a_residents_name_is_recorded_each_time(
    place: District, browser: Browser
) -> None:
    case = await reported(place)
    await browser.as_(place.grid)
    for _ in range(2):
        assert "resident" in (await browser.get(f"/admin/cases/{case.id}")).text
    assert await audited(NAME) == [entry(place, "grid", case)] * 2


async def test_auditors_read_the_number_of_a_case_and_not_ours(
    place: District, browser: Browser
) -> None:
    case = await reported(place)
    await browser.as_(place.grid)
    await browser.get(f"/admin/cases/{case.id}")
    await browser.as_(place.auditor)
    text = (await browser.get("/admin/audit")).text
    assert f'kind=cases.Case&amp;key={case.id}">案件 {case.number}</a>' in text


@pytest.mark.parametrize("who", ["resident", "handler"])
async def test_who_is_not_shown_anothers_name_leaves_no_trace(
    place: District, browser: Browser, who: str
) -> None:
    case = await reported(place)
    case = await place.go(await place.go(case, "accepted"), "dispatched")
    await browser.as_(getattr(place, who))
    assert (await browser.get(f"/admin/cases/{case.id}")).status_code == 200
    assert await audited(NAME) == []


async def test_an_officers_report_names_nobody_who_is_protected(
    place: District, browser: Browser
) -> None:
    case = await place.open()
    await browser.as_(place.dispatcher)
    await browser.get(f"/admin/cases/{case.id}")
    assert await audited(NAME) == []


async def test_looking_whether_anything_is_new_shows_no_name(
    place: District, browser: Browser
) -> None:
    case = await reported(place)
    await browser.as_(place.grid)
    answer = await browser.get(f"/admin/cases/{case.id}/fresh?version={case.version}")
    assert answer.status_code == 204
    assert await audited(NAME) == []


@pytest.mark.parametrize("field", ["reporterName", "steps { actor }"])
async def test_a_list_by_graphql_is_one_entry_for_all_its_names(
    place: District, field: str
) -> None:
    cases = [await reported(place, title=f"第 {n} 件") for n in range(3)]
    await Asking(place.kernel).ask(place.grid, f"{{ cases {{ edges {{ node {{ {field} }} }} }} }}")
    assert await audited(NAME) == [entry(place, "grid", *cases)]


async def test_a_query_without_the_name_is_no_reading_of_it(place: District) -> None:
    await reported(place)
    await Asking(place.kernel).ask(place.grid, "{ cases { edges { node { title } } } }")
    assert await audited(NAME) == []


async def test_the_pictures_of_a_case_are_one_entry_and_one_more_when_seen_anew(
    place: District, browser: Browser
) -> None:
    case = await place.at("fed_back")
    (picture,) = await Evidence.filter(case_id=case.id)
    await browser.as_(place.grid)
    await browser.get(f"/admin/cases/{case.id}")
    assert (await browser.get(f"/files/{picture.file_id}")).status_code == 200
    await browser.as_(place.dispatcher)
    assert (await browser.get(f"/files/{picture.file_id}")).status_code == 200
    things = [f"cases.Case {case.id}", f"core.File {picture.file_id}"]
    assert await audited("files.read") == [
        ("files.read", place.grid.person_id, things),
        ("files.read", place.dispatcher.person_id, things),
    ]


async def test_a_picture_that_was_refused_is_not_recorded(
    place: District, browser: Browser
) -> None:
    case = await place.at("fed_back")
    (picture,) = await Evidence.filter(case_id=case.id)
    await browser.as_(place.neighbour)
    assert (await browser.get(f"/files/{picture.file_id}")).status_code == 404
    assert await audited("files.read") == []


async def test_whoever_ends_a_case_with_tasks_is_named_only_to_those_who_need_it(
    place: District, browser: Browser
) -> None:
    """A resident who withdraws a report ends its tasks as well, and is nobody to their units."""
    case = await reported(place)
    await place.go(await place.go(case, "accepted"), "dispatched")
    (task,) = await actions.blow_whistle(
        place.grid, case.id, calls=[Call(unit_id=place.other_unit.id)], wanted="清走"
    )
    await actions.sign_task(place.other_handler, task.id)
    file = await blurred()
    await actions.report_task(place.other_handler, task.id, note="好了", evidence=[file])
    await actions.withdraw_case(place.resident, case.id, reason="自己解决了")
    part = f"/admin/cases/{case.id}/tasks?mark=0"
    text = "{ tasks { edges { node { steps { actor } } } } }"
    for who, names in ((place.other_handler, "上报居民"), (place.grid, "resident")):
        await browser.as_(who)
        shown = (await browser.get(part)).text
        assert (names in shown, "上报居民" in shown) == (True, names == "上报居民")
        answer = await Asking(place.kernel).ask(who, text)
        assert answer["tasks"]["edges"][0]["node"]["steps"][-1]["actor"] == names
    assert await audited(NAME) == [entry(place, "grid", case)] * 2
    things = [f"cases.Case {case.id}", f"core.File {file.id}"]
    assert await audited("files.read") == [
        ("files.read", place.other_handler.person_id, things),
        ("files.read", place.grid.person_id, things),
    ]


async def test_looking_at_tasks_names_no_reporter_who_did_nothing_on_them(
    place: District, browser: Browser
) -> None:
    case = await reported(place)
    await place.go(case, "accepted")
    await actions.blow_whistle(
        place.grid, case.id, calls=[Call(unit_id=place.other_unit.id)], wanted="清走"
    )
    await browser.as_(place.grid)
    assert "清走" in (await browser.get(f"/admin/cases/{case.id}/tasks?mark=0")).text
    assert await audited(NAME) == []
