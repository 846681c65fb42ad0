"""What presses is said once, before and after."""

from datetime import UTC, datetime, timedelta
from typing import Any

from core.facts import FactRow
from plugins.cases import actions
from plugins.cases.models import Case
from plugins.cases.plugin import add_jobs
from tests.factories import only
from tests.plugins.cases.conftest import District
from tests.plugins.cases.test_pages import Browser, browser  # noqa: F401 - a fixture

START = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


async def told() -> list[tuple[str, str]]:
    """The name and the clock of what was announced."""
    rows = await FactRow.filter(name__in=["cases.due_soon", "cases.overdue"]).order_by("id")
    return [(row.name, row.payload["kind"]) for row in rows]


async def round_at(when: datetime) -> int:
    with actions.pretend(when):
        return await actions.announce_due()


async def test_a_clock_is_announced_once_before_it_is_due_and_once_after(place: District) -> None:
    with actions.pretend(START):
        case = await place.open()  # to be accepted within two hours
    assert await round_at(START + 89 * MINUTE) == 0
    for _ in range(2):
        await round_at(START + 90 * MINUTE)
    assert await told() == [("cases.due_soon", "accept")]
    assert await round_at(START + 120 * MINUTE) == 0  # the last second
    for seconds in (1, 2, 60):
        await round_at(START + 120 * MINUTE + timedelta(seconds=seconds))
    assert await told() == [("cases.due_soon", "accept"), ("cases.overdue", "accept")]
    fact = await FactRow.filter(name="cases.overdue").get()
    assert fact.payload["case_id"] == case.id
    assert fact.payload["area_path"] == place.community.path


@only("sqlite")
async def test_each_clock_is_announced_by_itself_and_a_stopped_one_is_not(place: District) -> None:
    with actions.pretend(START):
        case = await place.at("signed")
    await round_at(START + timedelta(days=30))
    assert await told() == [("cases.overdue", "handle"), ("cases.overdue", "feedback")]
    assert (await Case.get(id=case.id)).version == case.version


@only("sqlite")
async def test_a_paused_clock_says_nothing_and_a_new_due_time_is_announced_anew(
    place: District,
) -> None:
    with actions.pretend(START):
        case = await place.at("accepted")  # to be dispatched within two hours
    assert await round_at(START + 100 * MINUTE) == 1
    with actions.pretend(START + 110 * MINUTE):
        await actions.suspend_case(place.dispatcher, case.id, reason="等答复")
    assert await round_at(START + timedelta(days=3)) == 0
    with actions.pretend(START + timedelta(days=3)):
        case = await actions.resume_case(place.dispatcher, case.id)
    assert case.due_at == START + timedelta(days=3) + 10 * MINUTE
    assert await round_at(START + timedelta(days=3) + 9 * MINUTE) == 1
    assert await round_at(START + timedelta(days=3) + 11 * MINUTE) == 1
    names = [name for name, _ in await told()]
    assert names == ["cases.due_soon", "cases.due_soon", "cases.overdue"]


@only("sqlite")
async def test_the_job_runs_every_minute_in_one_transaction(place: District) -> None:
    with actions.pretend(datetime.now(UTC) - timedelta(days=2)):
        await place.open()
    (job,) = add_jobs()
    assert (job.every, job.in_transaction) == (MINUTE, True)
    for _ in range(2):
        await job.run({})
    assert await told() == [("cases.overdue", "accept")]


@only("sqlite")
async def test_the_home_page_and_the_list_show_what_presses(
    place: District,
    browser: Browser,  # noqa: F811
) -> None:
    async def opened(hours: float, title: str) -> Any:
        with actions.pretend(datetime.now(UTC) - timedelta(hours=hours)):
            return await place.open(title=title)

    await opened(1.9, "快到期的事")
    await opened(3, "超期的事")
    await browser.as_(place.supervisor)
    home = (await browser.get("/admin/")).text
    late, soon = home.index("过了时限，别人还没办的。"), home.index("时限只剩四分之一，")
    assert late < home.index("超期的事") < soon < home.index("快到期的事")
    for tab, here, not_here in (
        ("soon", "快到期的事", "超期的事"),
        ("overdue", "超期的事", "快到期的事"),
    ):
        listed = (await browser.get(f"/admin/cases/?tab={tab}")).text
        assert (here in listed, not_here in listed) == (True, False), tab
    for who in (place.grid, place.dispatcher):  # neither hers to hurry, nor counted twice for him
        await browser.as_(who)
        assert "过了时限，" not in (await browser.get("/admin/")).text
