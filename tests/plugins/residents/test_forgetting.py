"""What is kept of residents goes in time: the number first, then the code, then the words."""

from datetime import UTC, datetime, timedelta

from core.personal import Personal
from core.retention import forget_what_is_due
from plugins.cases.models import Case
from plugins.residents import actions
from plugins.residents.models import Question, Report
from tests.plugins.residents.conftest import ALL, Door


async def test_numbers_are_destroyed_some_time_after_the_end_and_codes_later(door: Door) -> None:
    kept, over, old, running = [
        await door.sent(f"第 {n} 件", phone="13800138000", hand=actions.Hand(side=f"10.0.0.{n}"))
        for n in range(4)
    ]
    for sent in (kept, over, old):
        await door.forward(sent.report, *ALL)
    for sent, days in ((over, 91), (old, 181), (running, 999)):
        long_ago = datetime.now(UTC) - timedelta(days=days)
        closed = None if sent is running else long_ago
        await Case.filter(id=sent.report.case_id).update(opened_at=long_ago, closed_at=closed)
        await Report.filter(id=sent.report.id).update(created_at=long_ago)
    await forget_what_is_due({})
    readable = await Personal.filter(ended_at__isnull=True).values_list("id", flat=True)
    assert set(readable) == {kept.report.contact_id, running.report.contact_id}
    left = await Report.all().order_by("id")
    assert [one.id for one in left] == [kept.report.id, over.report.id, running.report.id]
    async with door.visitor() as officer:
        await officer.as_(door.place.dispatcher)
        for sent, button in ((kept, True), (over, False)):
            page = await officer.get(f"/admin/cases/{sent.report.case_id}")
            assert ("查看联系方式" in page.text) == button


async def test_questions_go_with_the_words_of_their_case(door: Door) -> None:
    sent = await door.sent()
    await actions.ask(door.place.grid, sent.report.case_id, text="几号？")
    await forget_what_is_due({})
    assert await Question.all().count() == 1
    await door.forward(sent.report, *ALL)
    ages_ago = datetime.now(UTC) - timedelta(days=2_000)
    await Case.filter(id=sent.report.case_id).update(closed_at=ages_ago)
    await forget_what_is_due({})
    await forget_what_is_due({})  # whichever of the two comes first
    assert (await Question.all().count(), await Report.all().count()) == (0, 0)
    case = await Case.get(id=sent.report.case_id)
    assert (case.description, case.reporter_id) == ("", None)
