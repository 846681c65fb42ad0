"""The queue of findings, what neighbours show of them, and the same through GraphQL."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest

from liuhe import rows
from liuhe.graphql import global_id
from liuhe.testing import a_night
from plugins.cases.models import Case
from plugins.city_eye import actions
from plugins.city_eye.models import Finding
from plugins.city_eye.pages import count_pending, waiting
from plugins.city_eye.pages.lists import A_PAGE
from plugins.video.models import Observation, Watch
from tests.audit import audited
from tests.factories import only
from tests.plugins.city_eye.conftest import Street, raised, see
from tests.plugins.video.conftest import NOW, draw, given_zone
from web.keyset import Window, keyset_of, part_of

pytestmark = only("sqlite")
HTMX = {"hx-request": "true"}


async def test_each_sees_the_findings_of_ones_own_area(street: Street) -> None:
    finding = await raised(street)
    for name, shown in (("grid", 1), ("supervisor", 1), ("stranger", 0)):
        async with await street.browser(name) as browser:
            answer = await browser.get("/admin/city_eye/")
            assert answer.text.count("<article") == shown, name
            one = await browser.get(f"/admin/city_eye/{finding.id}")
            assert one.status_code == (200 if shown else 404), name
    async with await street.browser("handler") as browser:
        assert (await browser.get("/admin/city_eye/")).status_code == 403
        assert (await browser.get(f"/admin/city_eye/{finding.id}")).status_code == 404


async def test_only_who_may_decide_gets_buttons(street: Street) -> None:
    await raised(street)
    for name, buttons in (("grid", True), ("dispatcher", True), ("supervisor", False)):
        async with await street.browser(name) as browser:
            text = (await browser.get("/admin/city_eye/")).text
            assert ('data-key="y"' in text) == buttons, name


async def test_confirming_gives_the_card_back_with_a_way_to_the_case(street: Street) -> None:
    finding = await raised(street)
    async with await street.browser("grid") as browser:
        path = f"/admin/city_eye/{finding.id}/confirm"
        answer = await browser.post(path, headers=HTMX)
        case = await Case.get()
        assert "data-done" in answer.text
        assert f"/admin/cases/{case.id}" in answer.text
        assert (await browser.post(path, headers=HTMX)).status_code == 409
        assert finding.scene is not None
        decided = (await browser.get("/admin/city_eye/decided")).text
        assert "已确认" in decided
        assert (
            f"/files/{(await Finding.get()).handed_id}"
            in (await browser.get(f"/admin/cases/{case.id}")).text
        )


async def test_once_its_picture_is_gone_the_finding_says_so_and_the_case_has_its_own(
    street: Street,
) -> None:
    finding = await raised(street)
    done = await actions.confirm_finding(street.grid, finding.id)
    await Observation.all().update(started_at=NOW - timedelta(days=40))
    await a_night()
    async with await street.browser("grid") as browser:
        page = (await browser.get(f"/admin/city_eye/{finding.id}")).text
        assert "图片已到期删除，立案时另存的一份在案件里" in page
        assert "正在打码" not in page
        assert f"/admin/cases/{done.case_id}" in page
        assert (
            f"/files/{done.handed_id}" in (await browser.get(f"/admin/cases/{done.case_id}")).text
        )
        assert (await browser.get(f"/files/{done.handed_id}")).status_code == 200


async def test_discarding_takes_the_quick_reason(street: Street) -> None:
    finding = await raised(street)
    async with await street.browser("dispatcher") as browser:
        path = f"/admin/city_eye/{finding.id}/discard"
        answer = await browser.post(path, data={"reason": "handled"})
        assert answer.status_code == 303
    done = await Finding.get()
    assert (done.state, done.reason) == ("discarded", "handled")


async def test_a_stranger_decides_nothing_through_pages(street: Street) -> None:
    finding = await raised(street)
    async with await street.browser("stranger") as browser:
        for verb in ("confirm", "discard"):
            answer = await browser.post(f"/admin/city_eye/{finding.id}/{verb}")
            assert answer.status_code == 404
    assert (await Finding.get()).state == "pending"


async def test_findings_on_trial_stand_apart_without_a_button(street: Street) -> None:
    await actions.set_scene(street.admin, "0505", mode="trial", active=True)
    finding = await raised(street)
    async with await street.browser("grid") as browser:
        assert "<article" not in (await browser.get("/admin/city_eye/")).text
        text = (await browser.get("/admin/city_eye/trial")).text
        assert "<article" in text
        assert 'data-key="y"' not in text
        assert (await browser.post(f"/admin/city_eye/{finding.id}/confirm")).status_code == 409


async def test_the_home_page_and_the_menu_count_what_waits(street: Street) -> None:
    assert await count_pending(street.grid) is None
    await raised(street)
    assert await count_pending(street.grid) == 1
    assert await count_pending(street.supervisor) is None
    found = await waiting(street.dispatcher)
    assert found is not None
    assert (found.count, len(found.items)) == (1, 1)
    assert await waiting(street.supervisor) is None
    stranger = await waiting(street.stranger)
    assert stranger is not None
    assert stranger.count == 0


async def test_a_rule_names_its_scene_in_chinese(street: Street) -> None:
    """On a camera's page, and where its zones are drawn."""
    await actions.set_scene(street.admin, "0506", mode="trial", active=False)
    async with await street.browser("admin") as browser:
        page = (await browser.get(f"/admin/video/{street.camera.id}")).text
        assert "场景：机动车乱停放）" in page
        assert "0505" not in page
        drawing = (await browser.get(f"/admin/video/{street.camera.id}/zones")).text
    assert "场景：机动车乱停放）" in drawing
    assert '<option value="crowd">人群聚集（正式）</option>' in drawing
    assert '<option value="0506">非机动车乱停放（停用）</option>' in drawing


async def test_an_administrator_makes_a_scene_official(street: Street) -> None:
    data = {"code": "0506", "mode": "official", "active": "1"}
    async with await street.browser("admin") as browser:
        assert "非机动车乱停放" in (await browser.get("/admin/city_eye/scenes")).text
        assert (await browser.post("/admin/city_eye/scenes", data=data)).status_code == 303
        zones = (await browser.get(f"/admin/video/{street.camera.id}/zones")).text
        assert "非机动车乱停放（正式）" in zones
    async with await street.browser("grid") as browser:
        assert (await browser.post("/admin/city_eye/scenes", data=data)).status_code == 403


async def ask(street: Street, who: str, query: str, **variables: Any) -> dict[str, Any]:
    async with await street.browser(who) as browser:
        body = {"query": query, "variables": variables}
        return dict((await browser.post("/graphql", json=body)).json())


FINDINGS = """{ findings(first: 10, filter: {state: PENDING, scene: "0505"}) { totalCount edges {
    node { id state stateLabel seenAt lastSeenAt score count joined onTrial pictureUrl mayDecide
    reasonLabel decidedBy scene { code title modeLabel } area { name } camera { name }
    observation { objectLabel } case { number } } } } }"""
CONFIRM = """mutation($id: ID!) { confirmFinding(input: {id: $id, idempotencyKey: "k"}) {
    errors { message } finding { state decidedBy case { id stageLabel finding { id } } } } }"""
DISCARD = """mutation($id: ID!, $reason: DiscardReason!) {
    discardFinding(input: {id: $id, reason: $reason}) {
    errors { field code } finding { state reasonLabel } } }"""
ON_CAMERAS = "{ cameras(first: 10) { edges { node { name findings { id scene { title } } } } } }"


async def test_findings_are_read_and_confirmed_through_graphql(street: Street) -> None:
    finding = await raised(street)
    id = global_id("Finding", finding.id)
    found = (await ask(street, "grid", FINDINGS))["data"]["findings"]
    (edge,) = found["edges"]
    assert (edge["node"]["id"], found["totalCount"]) == (id, 1)
    assert (edge["node"]["observation"]["objectLabel"], edge["node"]["mayDecide"]) == ("汽车", True)
    assert (await ask(street, "stranger", FINDINGS))["data"]["findings"]["edges"] == []
    cameras = (await ask(street, "grid", ON_CAMERAS))["data"]["cameras"]["edges"]
    assert cameras[0]["node"]["findings"][0]["id"] == id
    refused = await ask(street, "stranger", CONFIRM, id=id)
    assert refused["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    for _ in range(2):
        done = (await ask(street, "grid", CONFIRM, id=id))["data"]["confirmFinding"]
        assert done["errors"] == []
        assert done["finding"]["state"] == "CONFIRMED"
        assert done["finding"]["case"]["finding"]["id"] == id
    late = await ask(street, "grid", DISCARD, id=id, reason="HANDLED")
    assert late["errors"][0]["extensions"]["code"] == "CONFLICT"


async def test_findings_are_discarded_through_graphql(street: Street) -> None:
    id = global_id("Finding", (await raised(street)).id)
    vague = await ask(street, "grid", DISCARD, id=id, reason="OTHER")
    assert vague["data"]["discardFinding"]["errors"] == [{"field": "note", "code": "required"}]
    done = await ask(street, "grid", DISCARD, id=id, reason="FALSE_ALARM")
    assert done["data"]["discardFinding"]["finding"]["reasonLabel"] == "误报"


@pytest.mark.parametrize("query", [FINDINGS, ON_CAMERAS])
async def test_three_findings_cost_as_many_queries_as_one(
    street: Street, count_queries: Any, query: str
) -> None:
    async def cost() -> int:
        async with await street.browser("grid") as browser:
            with count_queries() as queries:
                answer = await browser.post("/graphql", json={"query": query})
            assert "errors" not in answer.json()
            return len(queries)

    async def page_cost() -> int:
        async with await street.browser("grid") as browser:
            with count_queries() as queries:
                await browser.get("/admin/city_eye/")
            return len(queries)

    await raised(street)
    one = await cost(), await page_cost()
    given = [given_zone(), *(given_zone(name=f"{number}") for number in range(2))]
    await draw(street.admin, street.camera.id, given)
    for watch in await Watch.filter(active=True, zone__active=True):
        await see(street, watch_id=str(watch.id), zone_id=str(watch.zone_id))
    assert await Finding.filter(state="pending").count() >= 3
    assert (await cost(), await page_cost()) == one


async def test_the_queue_tells_of_its_pictures_before_they_are_fetched(street: Street) -> None:
    await raised(street)
    async with await street.browser("grid") as browser:
        text = (await browser.get("/admin/city_eye/")).text
        for src in set(re.findall(r'"(/files/[^"]+)"', text)):
            assert (await browser.get(src)).status_code == 200
    assert len(await audited("files.read")) == 1


async def test_a_change_of_a_scene_is_recorded_with_before_and_after(street: Street) -> None:
    scene = await actions.set_scene(street.admin, "0505", mode="official", active=True)
    entry = ("city_eye.scene", street.admin.person_id, [f"city_eye.Scene {scene.id}"])
    assert (await audited("city_eye.scene"))[-1] == entry


async def test_scenes_tell_figures_of_what_one_may_see(street: Street) -> None:
    await raised(street)
    for name, times in (("grid", 1), ("stranger", 0)):
        async with await street.browser(name) as browser:
            page = (await browser.get("/admin/city_eye/scenes")).text
        assert page.count("1 条") == times, name


async def test_decided_findings_are_turned_over_page_by_page(street: Street) -> None:
    finding = await raised(street)
    async with await street.browser("grid") as browser:
        await browser.post(f"/admin/city_eye/{finding.id}/discard", data={"reason": "handled"})
        done = await Finding.get()
        for number in range(A_PAGE + 5):  # some decided at the same moment
            done.pk = None
            done.decided_at -= timedelta(seconds=number % 2)
            await Finding.bulk_create([done])
        seen, link = [], "/admin/city_eye/decided"
        while link:
            text = (await browser.get(link)).text
            seen += re.findall(r'href="/admin/city_eye/(\d+)"', text)
            found = re.search(r'href="([^"]+after=[^"]+)"', text)
            link = html.unescape(found[1]) if found else ""
    assert len(seen) == len(set(seen)) == A_PAGE + 6


async def test_decided_findings_are_found_along_an_index(street: Street) -> None:
    decided = Finding.filter(decided_at__isnull=False)
    first = part_of(decided, keyset_of(decided, ["-decided_at"]), Window())
    plan = await rows(f"EXPLAIN QUERY PLAN {first.sql(params_inline=True)}")
    assert not any("TEMP B-TREE" in step["detail"] for step in plan), plan
