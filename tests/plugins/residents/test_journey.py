"""From a report to its second closing, by plain forms and without an account."""

import re

from liuhe import put_blurred
from plugins.cases import actions as cases
from plugins.cases.models import Case, Evidence
from plugins.residents.actions import ask
from plugins.residents.models import Question, Report
from tests.factories import only
from tests.plugins.residents.conftest import ALL, TEXT, Door, picture

pytestmark = only("sqlite")


async def test_a_resident_reports_follows_answers_rates_and_has_it_done_again(door: Door) -> None:
    place = door.place
    async with door.visitor() as resident:
        assert (await resident.get("/residents/")).status_code == 200
        files = [("pictures", ("a.png", picture(), "image/png"))]
        answer = await resident.report(place.community.id, address="仓基新村门口", files=files)
        assert (answer.status_code, answer.headers["location"]) == (303, "/residents/sent")
        code = await resident.code()
        case = await Case.get()
        assert (case.title, case.description, case.source) == (
            f"垃圾没人清：{TEXT}",
            TEXT,
            "resident",
        )

        shown = (await resident.get("/residents/mine")).text
        assert "已经收到" in shown
        assert "有照片正在打码" in shown
        assert "/residents/pictures/" not in shown
        evidence = await Evidence.get().select_related("file")
        await put_blurred(str(evidence.file_id), picture("grey"))
        shown = (await resident.get("/residents/mine")).text
        source = re.search(r'src="(/residents/pictures/[^"]+)"', shown)
        assert source
        image = await resident.get(source.group(1))
        assert (image.status_code, image.content) == (200, picture("grey"))

        report = await Report.get()
        await door.forward(report, "accepted", "dispatched", "signed")
        await ask(place.handler, case.id, text="垃圾桶还是散落的？")
        shown = (await resident.get("/residents/mine")).text
        assert "湖墅环卫所正在办" in shown
        assert "垃圾桶还是散落的？" in shown
        question = await Question.get()
        given = {"question": str(question.id), "words": "散落在地上"}
        answer = await resident.post("/residents/mine/answer", given)
        assert answer.status_code == 303
        assert (await Question.get()).answer == "散落在地上"

        await door.forward(report, "fed_back", "verified", "closed")
        shown = (await resident.get("/residents/mine")).text
        assert "办理后的照片" in shown
        assert "已清扫干净" in shown
        answer = await resident.post("/residents/mine/rate", {"rating": "2", "words": "又有了"})
        assert answer.status_code == 303
        assert (await Case.get()).rating == 2

        answer = await resident.post("/residents/mine/reopen", {"words": "又堆起来了"})
        assert answer.status_code == 303
        assert (await Case.get()).stage == "accepted"
        shown = (await resident.get("/residents/mine")).text
        assert "又堆起来了" in shown

    async with door.visitor("10.7.7.7") as elsewhere:  # another telephone, with the code alone
        assert (await elsewhere.get("/residents/mine")).status_code == 303
        typed = f" {code.lower().replace('-', ' ')} "
        answer = await elsewhere.post("/residents/track", {"code": typed})
        assert answer.headers["location"] == "/residents/mine"
        assert "又堆起来了" in (await elsewhere.get("/residents/mine")).text


async def test_a_rejection_says_why_and_where_to_turn(door: Door) -> None:
    sent = await door.sent()
    await cases.reject_case(
        door.place.dispatcher, sent.report.case_id, reason="这条路归市里管，请打 96310"
    )
    async with door.visitor() as resident:
        await resident.post("/residents/track", {"code": sent.code})
        shown = (await resident.get("/residents/mine")).text
    assert "没有受理" in shown
    assert "这条路归市里管，请打 96310" in shown
    assert "12345" in shown


async def test_a_report_is_taken_back_before_a_unit_has_it_and_not_after(door: Door) -> None:
    first, second = await door.sent("一"), await door.sent("二")
    await door.forward(second.report, "accepted", "dispatched", "signed")
    for sent, status, stage in ((first, 303, "withdrawn"), (second, 409, "signed")):
        async with door.visitor() as resident:
            await resident.post("/residents/track", {"code": sent.code})
            answer = await resident.post("/residents/mine/withdraw", {"words": "好了"})
            assert answer.status_code == status
            assert (await Case.get(id=sent.report.case_id)).stage == stage


async def test_it_can_be_taken_up_again_only_so_often(door: Door) -> None:
    sent = await door.sent()
    async with door.visitor() as resident:
        await resident.post("/residents/track", {"code": sent.code})
        await door.forward(sent.report, *ALL)
        for _ in range(2):
            answer = await resident.post("/residents/mine/reopen", {"words": "没有好"})
            assert answer.status_code == 303
            await door.forward(sent.report, *ALL[1:])
        shown = (await resident.get("/residents/mine")).text
        assert "/residents/mine/reopen" not in shown
        assert "还有问题，请打电话 12345" in shown
        answer = await resident.post("/residents/mine/reopen", {"words": "没有好"})
        assert answer.status_code == 409
