"""代录 and 代办: what clerks do for somebody without a smartphone, and what stays of it."""

import re
from dataclasses import replace
from typing import Any

import pytest

from core.audit import AuditRow, AuditThing
from core.people import Person
from liuhe import Grant, Post, find_personal
from liuhe.testing import make_unit
from plugins.cases.models import Case, Step
from plugins.residents import actions
from plugins.residents.actions import contacts, forget_contact, read_contacts, readings
from plugins.residents.models import Question, Report
from plugins.residents.permissions import CONTACT
from tests.factories import only
from tests.plugins.residents.conftest import ALL, Door, code_on, picture

pytestmark = only("sqlite")
#: A line of the page that says who looked at the number: from which office, and why.
READ = re.compile(
    r'<p class="what">([^<]*)</p>\s*<p class="meta">[^\n]*</p>\s*<p class="why">([^<]*)<'
)
WHO = ("湖墅街道", "联系上报居民")
SAID = {"channel": "counter", "matter": "drain", "text": "下水道堵了两天"}


async def test_a_clerk_enters_a_report_and_hands_over_the_code(door: Door) -> None:
    async with door.visitor() as clerk:
        await clerk.as_(door.place.grid)
        data = {**SAID, **await clerk.form("/admin/residents/new"), "phone": "13800138000"}
        data["areaId"] = str(door.place.community.id)
        refused = await clerk.post("/admin/residents/new", data)
        assert (refused.status_code, "请先征得本人同意" in refused.text) == (422, True)
        assert "下水道堵了两天" in refused.text
        slip = await clerk.post("/admin/residents/new", {**data, "consent": "1"})
        again = await clerk.post("/admin/residents/new", {**data, "consent": "1"})
        assert code_on(slip.text) == code_on(again.text)
    report = await Report.get().select_related("case", "entered_by")
    assert (report.channel, report.entered_by.username) == ("counter", "grid")
    assert (report.notice, report.consent) == ("2026-11", "oral")
    case = report.case
    assert (case.source, case.type_id is not None) == ("resident", True)
    assert [step.actor for step in await Step.all()] == ["居民（窗口代录）"]
    async with door.visitor() as resident:
        await resident.post("/residents/track", {"code": code_on(slip.text)})
        seen = (await resident.get("/residents/mine")).text
        assert "窗口代录" in seen
        assert "grid" not in seen


async def test_a_clerk_enters_only_for_the_own_area(door: Door) -> None:
    async with door.visitor() as clerk:
        await clerk.as_(door.place.grid)
        page = (await clerk.get("/admin/residents/new")).text
        assert ("仓基社区" in page, "小河社区" in page) == (True, False)
        data = {**SAID, **await clerk.form("/admin/residents/new")}
        data["areaId"] = str(door.place.elsewhere.id)
        assert (await clerk.post("/admin/residents/new", data)).status_code == 403
    assert await Case.all().count() == 0


async def test_somebody_reads_out_the_code_and_the_clerk_answers_and_rates(door: Door) -> None:
    sent = await door.sent()
    await door.forward(sent.report, "accepted", "dispatched", "signed")
    await actions.ask(door.place.handler, sent.report.case_id, text="哪一段？")
    async with door.visitor() as clerk:
        await clerk.as_(door.place.dispatcher)
        given = {"channel": "phone", "code": sent.code}
        page = (await clerk.post("/admin/residents/code", given)).text
        assert "哪一段？" in page
        ticket = re.search(r'name="ticket" value="([^"]+)"', page)
        assert ticket
        held = {"ticket": ticket.group(1), "channel": "phone"}
        question = str((await Question.get()).id)
        answer = {**held, "question": question, "words": "桥东那段"}
        page = (await clerk.post("/admin/residents/code/answer", answer)).text
        assert "已经转给工作人员" in page
        await door.forward(sent.report, "fed_back", "verified", "closed")
        rating = {**held, "rating": "4", "words": "办得快"}
        assert (await clerk.post("/admin/residents/code/rate", rating)).status_code == 200
        await clerk.as_(door.place.grid)  # a ticket is of one clerk
        answer = await clerk.post("/admin/residents/code/reopen", {**held, "words": "没好"})
        assert answer.headers["location"] == "/admin/residents/code"
    assert (await Question.get()).answer == "（电话代录）桥东那段"
    step = await Step.get(action="rate")
    assert (step.note, step.actor) == ("（电话代录）办得快", "居民（电话代录）")
    rows = await AuditRow.filter(action="residents.proxy").order_by("seq")
    assert [(row.person_id, row.details) for row in rows] == [
        (door.place.dispatcher.person_id, {"channel": "phone", "way": "answer"}),
        (door.place.dispatcher.person_id, {"channel": "phone", "way": "rate"}),
    ]


async def test_wrong_codes_of_a_clerk_are_counted_as_well(door: Door) -> None:
    async with door.visitor() as clerk:
        await clerk.as_(door.place.dispatcher)
        given = {"channel": "phone", "code": "0000-0000-0000"}
        codes = [(await clerk.post("/admin/residents/code", given)).status_code for _ in range(11)]
    assert codes == [422] * 10 + [429]


async def test_a_question_waits_for_its_answer_and_its_asker(door: Door) -> None:
    sent = await door.sent()
    await door.forward(sent.report, "accepted", "dispatched", "signed")
    case = f"/admin/cases/{sent.report.case_id}"
    async with door.visitor() as officer, door.visitor("10.2.2.2") as resident:
        await officer.as_(door.place.handler)
        assert "问一问居民" in (await officer.get(case)).text
        done = await officer.post(f"/admin/residents/ask/{sent.report.case_id}", {"text": "几号？"})
        assert done.headers["location"] == case
        assert "居民已答复" not in (await officer.get("/admin/")).text
        await resident.post("/residents/track", {"code": sent.code})
        question = str((await Question.get()).id)
        given = {"question": question, "words": "十二号"}
        await resident.post("/residents/mine/answer", given)
        twice = await resident.post("/residents/mine/answer", given)
        assert twice.status_code == 409
        assert "居民已答复" in (await officer.get("/admin/")).text
        await officer.as_(door.place.grid)  # who did not ask: nothing waits, nothing is ticked off
        assert "居民已答复" not in (await officer.get("/admin/")).text
        assert "十二号" in (await officer.get(case)).text
        await officer.as_(door.place.handler)
        assert "居民已答复" in (await officer.get("/admin/")).text
        assert "十二号" in (await officer.get(case)).text
        assert "居民已答复" not in (await officer.get("/admin/")).text


async def test_an_answer_waits_no_more_for_who_was_moved_to_another_unit(door: Door) -> None:
    sent = await door.sent()
    await door.forward(sent.report, "accepted", "dispatched", "signed")
    question = await actions.ask(door.place.handler, sent.report.case_id, text="哪一段？")
    await actions.answer(sent.report, question.id, text="桥东那段")
    post = await Post.get(person_id=door.place.handler.person_id).select_related("unit__area")
    assert post.unit is not None
    other = await make_unit("elsewhere", "别的单位", post.unit.area)
    async with door.visitor() as officer:
        await officer.as_(door.place.handler)
        assert "哪一段？" in (await officer.get("/admin/")).text
        await Post.filter(id=post.id).update(unit_id=other.id)
        home = (await officer.get("/admin/")).text
    assert "哪一段？" not in home
    assert "居民已答复" not in home


async def test_questions_are_few_short_and_end_with_the_case(door: Door) -> None:
    sent = await door.sent()
    ask = f"/admin/residents/ask/{sent.report.case_id}"
    case = f"/admin/cases/{sent.report.case_id}"
    async with door.visitor() as officer:
        await officer.as_(door.place.dispatcher)
        for text in ("", "长" * 201):
            await officer.post(ask, {"text": text})
        assert await Question.all().count() == 0
        for number in range(6):
            await officer.post(ask, {"text": f"第 {number} 问"})
        assert await Question.all().count() == 5
        assert "问一问居民" not in (await officer.get(case)).text
    other = await door.sent("另一件")
    await door.forward(other.report, *ALL)
    async with door.visitor() as officer:
        await officer.as_(door.place.dispatcher)
        await officer.post(f"/admin/residents/ask/{other.report.case_id}", {"text": "还在吗"})
    assert await Question.all().count() == 5


async def test_a_case_of_no_resident_is_not_asked_about(door: Door) -> None:
    case = await door.place.open()
    async with door.visitor() as officer:
        await officer.as_(door.place.dispatcher)
        assert "上报的居民" not in (await officer.get(f"/admin/cases/{case.id}")).text
        answer = await officer.post(f"/admin/residents/ask/{case.id}", {"text": "?"})
        assert answer.status_code == 404


async def test_the_resident_sees_who_looked_at_the_number_and_can_delete_it(door: Door) -> None:
    sent = await door.sent(phone="138 0013 8000")
    case_id = sent.report.case_id
    assert len(await find_personal("residents.contact", "phone", "13800138000")) == 1
    async with door.visitor() as officer, door.visitor("10.2.2.2") as resident:
        await resident.post("/residents/track", {"code": sent.code})
        assert "还没有人看过" in (await resident.get("/residents/mine")).text
        await officer.as_(door.place.dispatcher)
        for _ in range(2):
            shown = await officer.post(f"/admin/residents/contact/{case_id}", {})
            assert "13800138000" in shown.text
        assert READ.findall((await resident.get("/residents/mine")).text) == [WHO, WHO]
        rows = await AuditRow.filter(action="personal.read")
        assert [row.person_id for row in rows] == [door.place.dispatcher.person_id] * 2
        about = AuditThing.filter(seq=rows[0].seq, kind="cases.Case", key=str(case_id))
        assert await about.exists()
        await resident.post("/residents/mine/forget-contact", {})
        assert await find_personal("residents.contact", "phone", "13800138000") == []
        shown = await officer.post(f"/admin/residents/contact/{case_id}", {})
        assert "13800138000" not in shown.text
        left = (await resident.get("/residents/mine")).text
        assert READ.findall(left) == [WHO, WHO], "what was read was read"
        assert "已经销毁" in left
        assert "13800138000" not in left
        assert door.place.dispatcher.name not in left


async def test_e_15_each_resident_lists_the_readings_of_the_own_number_alone(door: Door) -> None:
    sent = await door.sent(phone="138 0013 8000")
    again = await door.sent(key="another phone", phone="139 0013 9000")
    assert again.report.case_id == sent.report.case_id
    assert again.code != sent.code
    assert await read_contacts(door.place.dispatcher, sent.report.case_id)
    for code in (sent.code, again.code):
        async with door.visitor() as resident:
            await resident.post("/residents/track", {"code": code})
            assert READ.findall((await resident.get("/residents/mine")).text) == [WHO]
    await forget_contact(again.report)
    assert await read_contacts(door.place.dispatcher, sent.report.case_id) == ["13800138000"]
    assert [len(await readings(one.report)) for one in (sent, again)] == [2, 1]


async def test_e_15_the_office_is_the_one_whose_post_lets_one_read(door: Door) -> None:
    sent = await door.sent(phone="138 0013 8000")
    elsewhere = Grant(role="x", names=frozenset({CONTACT}), reach="unit", unit_id=4711)
    two_posts = replace(door.place.dispatcher, grants=(elsewhere, *door.place.dispatcher.grants))
    await read_contacts(two_posts, sent.report.case_id)
    assert [(one.office, one.reason) for one in await readings(sent.report)] == [WHO]


async def test_e_15_the_list_of_readings_is_bounded_and_costs_the_same(
    door: Door, count_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent, costs = await door.sent(phone="138 0013 8000"), []
    for more in (1, 2):
        for _ in range(more):
            await read_contacts(door.place.dispatcher, sent.report.case_id)
        with count_queries() as queries:
            await readings(sent.report)
        costs.append(len(queries))
    assert costs == [2, 2], "the readings, and the names of the areas"
    monkeypatch.setattr(contacts, "MOST_READINGS", 2)
    newest = await readings(sent.report)
    assert len(newest) == 2
    assert newest[0].at > newest[1].at


async def test_e_15_a_clerk_tells_who_looked_where_somebody_has_no_phone(door: Door) -> None:
    sent = await door.sent(phone="138 0013 8000")
    await read_contacts(door.place.dispatcher, sent.report.case_id)
    async with door.visitor() as clerk:
        await clerk.as_(door.place.dispatcher)
        given = {"code": sent.code, "channel": "counter"}
        assert READ.findall((await clerk.post("/admin/residents/code", given)).text) == [WHO]


NEW = "/admin/residents/new"
LOST = "刚才选的照片没有留下，请再选一次。"


async def test_pictures_that_a_mistake_has_cost_are_asked_for_again(door: Door) -> None:
    """A browser does not give them twice; who mends the number sees it at the place of the
    pictures. Who had chosen none is not told."""
    files = {"pictures": ("a.jpg", picture(), "image/jpeg")}
    async with door.visitor() as resident:
        answer = await resident.report(door.place.community.id, phone="没有", files=files)
        assert (answer.status_code, LOST in answer.text) == (422, True)
        answer = await resident.report(door.place.community.id, phone="没有")
        assert (answer.status_code, LOST in answer.text) == (422, False)
    async with door.visitor() as clerk:
        await clerk.as_(door.place.dispatcher)
        given = {"channel": "counter", "phone": "13800138000", **await clerk.form(NEW)}
        given |= {"matter": "rubbish", "text": "倒了", "areaId": str(door.place.community.id)}
        answer = await clerk.post(NEW, given, files=files)
        assert (answer.status_code, "请先征得本人同意" in answer.text) == (422, True)
        assert LOST in answer.text


async def test_the_number_is_refused_only_when_it_is_none(door: Door) -> None:
    async with door.visitor() as resident:
        answer = await resident.report(door.place.community.id, phone="没有")
        assert (answer.status_code, "电话号码好像写错了" in answer.text) == (422, True)
        answer = await resident.report(door.place.community.id)
        assert answer.status_code == 303
    report = await Report.get()
    assert (report.contact_id, report.notice, report.consent) == (None, "", "")


async def test_a_case_page_costs_the_same_with_one_question_and_with_three(
    door: Door, count_queries: object
) -> None:
    sent = await door.sent()
    counts = []
    async with door.visitor() as officer:
        await officer.as_(door.place.dispatcher)
        for _ in range(2):
            await actions.ask(door.place.grid, sent.report.case_id, text="?")
            await officer.get(f"/admin/cases/{sent.report.case_id}")
            with count_queries() as queries:  # type: ignore[operator]
                await officer.get(f"/admin/cases/{sent.report.case_id}")
            counts.append(len(queries))
            await actions.ask(door.place.grid, sent.report.case_id, text="?")
    assert counts[0] == counts[1], counts


async def test_the_poster_leads_to_the_page(door: Door) -> None:
    async with door.visitor() as clerk:
        await clerk.as_(door.place.grid)
        page = (await clerk.get("/admin/residents/poster")).text
    assert "http://testserver/residents/" in page
    assert "<svg" in page


async def test_the_account_of_the_door_is_made_at_the_first_report(door: Door) -> None:
    assert not await Person.exists(username__startswith="@")
    await door.sent()
    account = await Person.get(username="@residents")
    assert (account.active, account.name) == (False, "居民（网页）")
