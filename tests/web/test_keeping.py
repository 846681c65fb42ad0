"""What waits at home for those who keep the house, and the numbers at the menus."""

from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from core.database import atomic
from core.jobs import JobRow
from core.people import Person, Unit
from core.proof import marks_file
from tests.factories import only
from tests.web.conftest import Shell

pytestmark = only("sqlite")


async def home(shell: Shell, username: str) -> str:
    await shell.sign_in(username)
    return (await shell.client.get("/admin/")).text


@atomic
async def neglect() -> None:
    """A job that was given up, a unit without people, an account without a post."""
    await JobRow.create(name="garden.weed", payload={}, state="dead", error="没有锄头", run_at=0)
    area_id = (await Person.get(username="admin").prefetch_related("posts")).posts[0].area_id
    await Unit.create(code="U9", name="没人的花圃", area_id=area_id)
    await Person.create(username="newcomer", name="新来的", password="-")


async def test_the_administrator_finds_failed_work_and_units_without_people(shell: Shell) -> None:
    assert "后台任务都做成了" in await home(shell, "admin")
    await neglect()
    text = await home(shell, "admin")
    assert "有 1 件事等着您。另有 1 件请留意。" in text
    assert "没有锄头" in text
    assert "没人的花圃" in text
    assert "新来的" not in text


async def test_security_finds_accounts_without_a_post_and_pauses(shell: Shell) -> None:
    await neglect()
    for _ in range(10):
        wrong = {"username": "grid", "password": "not-the-one"}
        await shell.client.post("/auth/token", json=wrong)
    text = await home(shell, "security")
    assert "新来的" in text
    paused = text[text.index("暂停的登录</h2>") :] if "暂停的登录</h2>" in text else text
    assert "可以再试" in paused
    assert "没有锄头" not in text


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (None, "还没有核对过。请系统管理员"),
        (timedelta(hours=1), "上次核对到第 7 行，完整"),
        (timedelta(days=3), "上次核对成功是3 天前（到第 7 行）。请系统管理员"),
    ],
)
async def test_an_audit_that_was_not_verified_lately_is_not_called_whole(
    shell: Shell, ago: timedelta | None, words: str
) -> None:
    admin = await Person.get(username="admin").prefetch_related("posts")
    await auditor(admin)
    if ago is not None:
        marks_file().write_text(f"7 {'a' * 64} {(datetime.now(UTC) - ago).isoformat()}\n")
    assert words in await home(shell, "auditor")
    shown = (await shell.client.get("/admin/audit")).text
    assert ("请系统管理员" in shown) == ("请系统管理员" in words)


@atomic
async def auditor(admin: Person) -> None:
    from core.people import Post

    person = await Person.create(username="auditor", name="傅清和", password=admin.password)
    await Post.create(person=person, role="auditor", area_id=admin.posts[0].area_id)


async def test_whoever_has_no_post_reads_whom_to_ask(shell: Shell) -> None:
    admin = await Person.get(username="admin")
    await Person.create(username="newcomer", name="新来的", password=admin.password)
    assert "您还没有岗位" in await home(shell, "newcomer")


async def test_the_menus_come_again_for_the_page_at_hand(shell: Shell) -> None:
    await shell.sign_in("admin")
    answer: httpx2.Response = await shell.client.get("/admin/menu?at=/admin/garden/mend")
    assert answer.text.count('href="/admin/garden/" aria-current="page"') == 2
    assert "<html" not in answer.text
    shell.client.cookies.clear()
    assert (await shell.client.get("/admin/menu")).status_code in (303, 401)
