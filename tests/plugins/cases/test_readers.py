"""Who looked at this case: for supervisors of its area on its page, for auditors by its number."""

from plugins.cases.models import Case
from tests.factories import only
from tests.plugins.cases.conftest import District
from tests.plugins.cases.test_pages import Browser, browser

__all__ = ["browser"]
pytestmark = only("sqlite")


async def read(place: District, browser: Browser) -> Case:
    """A resident's case that the grid member has looked at."""
    case = await place.open(viewer=place.resident)
    await browser.as_(place.grid)
    await browser.get(f"/admin/cases/{case.id}")
    return case


async def test_a_supervisor_sees_who_looked(place: District, browser: Browser) -> None:
    case = await read(place, browser)
    await browser.as_(place.supervisor)
    link = f"/admin/cases/{case.id}/readers"
    assert link in (await browser.get(f"/admin/cases/{case.id}")).text
    answer = await browser.get(link)
    assert answer.status_code == 200
    assert "查看上报居民的姓名" in answer.text
    assert ">grid<" in answer.text.replace("<span>", "").replace("</span>", "<")
    assert "查看审计记录" in (await browser.get(link)).text  # that they looked is seen as well


async def test_others_neither_see_the_link_nor_the_page(place: District, browser: Browser) -> None:
    case = await read(place, browser)
    link = f"/admin/cases/{case.id}/readers"
    for who in ("admin", "dispatcher", "grid", "resident"):
        await browser.as_(getattr(place, who))
        assert link not in (await browser.get(f"/admin/cases/{case.id}")).text, who
        assert (await browser.get(link)).status_code == 403, who
    for who in ("far_grid", "handler", "auditor", "security", "neighbour"):
        await browser.as_(getattr(place, who))
        assert (await browser.get(link)).status_code == 404, who


async def test_an_auditor_finds_it_by_the_cases_number(place: District, browser: Browser) -> None:
    case = await read(place, browser)
    other = await read(place, browser)
    await browser.as_(place.auditor)
    for query in ({"key": case.number}, {"kind": "cases.Case", "key": case.number}):
        text = (await browser.get("/admin/audit", params=query)).text
        assert f"案件 {case.number}<" in text
        assert f"案件 {other.number}<" not in text
    assert "没有找到记录" in (await browser.get("/admin/audit", params={"key": "nobody"})).text
