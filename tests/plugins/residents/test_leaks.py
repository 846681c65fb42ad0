"""With a code one comes to one's own case and to nothing else; nobody else comes by it."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.people import Person, Post, open_session
from core.viewers import load_viewer
from liuhe import BadInput, Forbidden, NotFound, put_blurred
from plugins.cases import actions as cases
from plugins.cases.models import Case, Evidence
from plugins.residents import actions
from plugins.residents.actions import By
from plugins.residents.actions.account import USERNAME, prepare_account
from plugins.residents.models import Question, Report
from tests.factories import only
from tests.plugins.residents.conftest import ALL, Door, Visitor, picture

pytestmark = only("sqlite")
MARK = "只有甲才知道的事"
OFFICERS = ("dispatcher", "grid", "handler", "supervisor")


async def two(door: Door) -> tuple[Any, Any]:
    """甲's case has gone its way with a picture, a question and a number; 乙 has another."""
    one = await door.sent(MARK, pictures=[picture()], phone="13800138000")
    await door.forward(one.report, "accepted", "dispatched", "signed")
    await actions.ask(door.place.handler, one.report.case_id, text=f"问{MARK}")
    for evidence in await Evidence.filter(case_id=one.report.case_id):
        await put_blurred(str(evidence.file_id), picture("grey"))
    other = await door.sent("乙的事", hand=actions.Hand(side="10.4.4.4"))
    return one, other


async def open_pages(visitor: Visitor) -> str:
    paths = ("/", "/sent", "/track", "/mine", "/notice", "/pictures/1", "/nowhere")
    return "".join([(await visitor.get(f"/residents{path}")).text for path in paths])


async def test_one_code_shows_nothing_of_another_case_of_the_same_account(door: Door) -> None:
    one, other = await two(door)
    case = await Case.get(id=one.report.case_id)
    evidence = await Evidence.filter(case_id=case.id).first()
    question = await Question.get()
    assert evidence is not None
    async with door.visitor("10.4.4.4") as neighbour:
        await neighbour.post("/residents/track", {"code": other.code})
        assert "乙的事" in (await neighbour.get("/residents/mine")).text
        seen = await open_pages(neighbour)
        picture_of_one = await neighbour.get(f"/residents/pictures/{evidence.file_id}")
        assert picture_of_one.status_code == 404
        file_door = await neighbour.get(f"/files/{evidence.file_id}")
        assert file_door.status_code == 401
        given = {"question": str(question.id), "words": "乱答"}
        answered = await neighbour.post("/residents/mine/answer", given)
        assert answered.status_code == 404
        seen += picture_of_one.text + file_door.text + answered.text
        for way in ("rate", "reopen", "withdraw", "forget-contact"):
            given = {"rating": "1", "words": "x", "caseId": str(case.id), "case": str(case.id)}
            seen += (await neighbour.post(f"/residents/mine/{way}", given)).text
    assert [word for word in (MARK, case.number, one.code, "13800138000") if word in seen] == []
    assert (await Question.get()).answer == ""
    assert (await Case.get(id=case.id)).stage == "signed"
    assert (await Report.get(id=one.report.id)).contact_id is not None


async def test_without_a_code_there_is_nothing(door: Door) -> None:
    await two(door)
    async with door.visitor("10.6.6.6") as stranger:
        seen = await open_pages(stranger)
        for cookie in ("x", "=====", "YWJj", "a" * 5000):
            stranger.client.cookies.set("liuhe_follow", cookie)
            seen += await open_pages(stranger)
    assert MARK not in seen
    assert "乙的事" not in seen


async def test_no_officer_is_named_to_the_resident(door: Door) -> None:
    one, _ = await two(door)
    await cases.submit_handling(
        door.place.handler,
        one.report.case_id,
        note="清扫了",
        file_ids=[await door.place.upload(door.place.handler)],
    )
    await cases.rework_case(door.place.grid, one.report.case_id, reason="内部意见：张三没扫干净")
    async with door.visitor() as resident:
        await resident.post("/residents/track", {"code": one.code})
        seen = (await resident.get("/residents/mine")).text
    assert "清扫了" in seen
    named = [name for name in (*door.place.viewers, "内部意见", "张三") if f">{name}" in seen]
    assert named == []
    assert "内部意见" not in seen


async def test_the_numbers_stand_on_no_page_but_the_one_that_is_asked_for(door: Door) -> None:
    one, _ = await two(door)
    case_id = one.report.case_id
    for username in (*OFFICERS, "admin", "security", "auditor", "far_dispatcher", "resident"):
        async with door.visitor() as officer:
            await officer.as_(getattr(door.place, username))
            paths = ("/admin/", "/admin/cases/?tab=all", f"/admin/cases/{case_id}", "/admin/audit")
            seen = "".join([(await officer.get(path)).text for path in paths])
            answer = await officer.post(f"/admin/residents/contact/{case_id}", {})
            may = username in ("dispatcher", "grid")
            assert (answer.status_code == 200) == may, username
            assert ("13800138000" in answer.text) == may, username
            assert "13800138000" not in seen, username
            assert one.code not in seen, username


async def test_other_roles_neither_ask_nor_enter(door: Door) -> None:
    one, _ = await two(door)
    for username in ("far_grid", "other_handler", "resident", "auditor", "security", "admin"):
        who = getattr(door.place, username)
        with pytest.raises((Forbidden, NotFound)):
            await actions.ask(who, one.report.case_id, text="?")
    for username in ("handler", "resident", "auditor", "security", "admin", "supervisor"):
        async with door.visitor() as officer:
            await officer.as_(getattr(door.place, username))
            for path in ("", "new", "code", "poster"):
                assert (await officer.get(f"/admin/residents/{path}")).status_code == 403, path
            for path in ("new", "code", "code/rate"):
                given = {"channel": "phone", "code": one.code}
                answer = await officer.post(f"/admin/residents/{path}", given)
                assert (answer.status_code, MARK in answer.text) == (403, False), path


async def test_nobody_signs_in_as_the_account_of_the_door(door: Door) -> None:
    await prepare_account()
    account = await Person.get(username=USERNAME)
    await Post.create(person=account, role="resident")
    await Person.filter(id=account.id).update(active=True, password="argon")
    await prepare_account()
    kept = await Person.get(username=USERNAME)
    assert (kept.id, kept.active, kept.password) == (account.id, False, "!")
    assert await Post.filter(person_id=kept.id).count() == 0
    token, _ = await open_session(kept, "browser")
    async with door.visitor() as anyone:
        anyone.client.cookies.set("liuhe_session", token)
        assert (await anyone.get("/admin/cases/")).status_code == 303
        given = {"username": USERNAME, "password": "!"}
        assert (await anyone.client.post("/auth/token", json=given)).status_code == 401


async def test_a_code_ends_some_time_after_its_case_and_says_the_same_as_one_that_never_was(
    door: Door, count_queries: Any
) -> None:
    sent = await door.sent()
    await door.forward(sent.report, *ALL)
    long_ago = datetime.now(UTC) - timedelta(days=181)
    await (await sent.report.case).steps.all().update(at=long_ago)
    told = []
    for code in (sent.code, "0000-0000-0000"):
        with count_queries() as queries, pytest.raises(BadInput) as caught:
            await actions.find_report(code, "10.1.1.1")
        told.append((caught.value.message, caught.value.reason, len(queries)))
    # An ended one takes a step more to be found; what is looked up is the same.
    assert told[0][:2] == told[1][:2]
    assert abs(told[0][2] - told[1][2]) <= 1


async def test_a_code_outlives_a_case_that_takes_long(door: Door) -> None:
    sent = await door.sent()
    await (await sent.report.case).steps.all().update(at=datetime.now(UTC) - timedelta(days=999))
    assert (await actions.find_report(sent.code, "x")).id == sent.report.id


async def test_whoever_leaves_is_forgotten_by_the_browser(door: Door) -> None:
    async with door.visitor() as resident:
        await resident.report(door.place.community.id)
        await resident.post("/residents/leave", {})
        assert (await resident.get("/residents/mine")).status_code == 303
        assert (await resident.get("/residents/sent")).status_code == 303


async def test_a_code_stands_in_no_address(door: Door) -> None:
    async with door.visitor() as resident:
        answer = await resident.report(door.place.community.id)
        code = await resident.code()
        page = (await resident.get("/residents/sent")).text
        addresses = [
            answer.headers["location"],
            *re.findall(r'(?:href|action|src)="([^"]*)"', page),
        ]
        assert [one for one in addresses if code in one or code.replace("-", "") in one] == []


async def test_a_merged_case_tells_how_the_other_one_stands_and_no_more(door: Door) -> None:
    one, other = await two(door)
    await merge(door, other, into=one)
    async with door.visitor() as resident:
        await resident.post("/residents/track", {"code": other.code})
        seen = (await resident.get("/residents/mine")).text
    main = await Case.get(id=one.report.case_id)
    assert "合在一起的那件事现在：有关单位正在办" in seen
    assert [word for word in (MARK, main.number, "湖墅环卫所") if word in seen] == []


async def merge(door: Door, other: Any, *, into: Any) -> None:
    ids = {"case_id": other.report.case_id, "main_case_id": into.report.case_id}
    await cases.merge_case(door.place.dispatcher, **ids, reason="同一件事")


async def test_a_case_merged_twice_tells_how_the_last_one_stands(door: Door) -> None:
    one, other = await two(door)
    await merge(door, other, into=one)
    await merge(door, one, into=await door.sent("丙的事", hand=actions.Hand(side="10.5.5.5")))
    async with door.visitor() as resident:
        await resident.post("/residents/track", {"code": other.code})
        seen = (await resident.get("/residents/mine")).text
    assert "合在一起的那件事现在：已经收到" in seen
    assert [word for word in (MARK, "丙的事") if word in seen] == []


async def test_a_clerk_who_handled_it_does_not_rate_it_for_the_resident(door: Door) -> None:
    sent = await door.sent()
    await door.forward(sent.report, *ALL)
    await Post.create(person_id=door.place.handler.person_id, role="grid", area=door.place.street)
    person = await Person.get(id=door.place.handler.person_id)
    both = await load_viewer(person, door.place.kernel.house().roster)
    report = await actions.find_report(sent.code, "x")
    with pytest.raises(Forbidden):
        await actions.rate(report, rating=5, by=By(clerk=both))
