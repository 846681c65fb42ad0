"""The register: uses, terms, certificates, holds and assessments, each for whom they concern."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core import house as running
from core.areas import Area
from core.assessments import Assessment, demand_pia
from core.contributions import PersonalField, PersonalKind, Retention
from core.errors import Conflict
from core.holds import Hold
from core.manifest import DataUse
from core.people import Person, Post, today
from core.personal import keep_personal
from core.retention import Certificate
from core.state import Note
from core.testing import a_night
from tests.audit import audited
from tests.factories import only, plugin
from tests.web.conftest import Shell, opened_shell, people

pytestmark = only("sqlite")

KIND = PersonalKind(
    name="trees.owner",
    title="认养人的联系方式",
    fields=(PersonalField(name="phone", title="电话"),),
    permission="trees.call",
)
USE = DataUse(purpose="通知认养人", basis="同意", fields=("电话",), term="一年", needs_pia=True)
OWNERS = Retention(
    of=KIND.name,
    title="认养人的联系方式",
    basis="本人同意",
    starts="认养结束",
    days=365,
    action="destroy",
)
TOMORROW = (datetime.now(UTC) + timedelta(hours=8, days=1)).date()


@pytest.fixture
async def shell(kernel_on: Any) -> Any:
    trees = plugin("trees", data=(USE,), add_personal=[KIND], add_retention=[OWNERS])
    async with kernel_on(found=[trees]) as kernel, opened_shell(kernel) as opened:
        await people()
        admin = await Person.get(username="admin")
        area = (await Post.get(person_id=admin.id)).area_id
        person = await Person.create(username="auditor", name="傅清和", password=admin.password)
        await Post.create(person=person, role="auditor", area_id=area)
        notes = Retention(
            of=Note,
            title="记事",
            basis="没有用了",
            starts="写下",
            days=30,
            action="delete",
            since="written_at",
            thing="记事",
        )
        house = running.house()
        running.enter(replace(house, retentions=(*house.retentions, notes)))
        yield opened


async def statuses(shell: Shell, who: str) -> list[int]:
    await shell.sign_in(who)
    paths = ("", "/certificates", "/holds", "/assessments")
    return [(await shell.client.get(f"/admin/register{path}")).status_code for path in paths]


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("security", [200, 200, 200, 200]),
        ("auditor", [200, 200, 200, 200]),
        ("admin", [200, 200, 403, 200]),
        ("grid", [403, 403, 403, 403]),
    ],
)
async def test_who_opens_which_page(shell: Shell, who: str, expected: list[int]) -> None:
    assert await statuses(shell, who) == expected


async def test_the_register_tells_uses_kinds_and_terms(shell: Shell) -> None:
    await keep_personal(KIND.name, {"phone": "13800138000"}, about=("trees.Tree", 1))
    await shell.sign_in("auditor")
    text = (await shell.client.get("/admin/register")).text
    for told in (
        "通知认养人",
        "认养人的联系方式：电话（现有 1 份）",
        "认养结束起 365 天",
        "销毁密钥",
        "影响评估：未评估",
        "日志不少于六个月",
    ):
        assert told in text, told
    assert "13800138000" not in text


async def test_a_certificate_is_listed_and_shown_to_print(shell: Shell) -> None:
    await Note.create(key="secret words", value=[1])
    await Note.filter(key="secret words").update(written_at=datetime.now(UTC) - timedelta(days=31))
    await shell.sign_in("auditor")
    assert "还没有销毁过什么" in (await shell.client.get("/admin/register/certificates")).text
    await a_night()
    one = await Certificate.get(name="core.Note")
    listed = (await shell.client.get("/admin/register/certificates")).text
    assert f'href="/admin/register/certificates/{one.id}"' in listed
    shown = await shell.client.get(f"/admin/register/certificates/{one.id}")
    assert one.digest in shown.text
    assert "1 条" in shown.text
    assert (await shell.client.get("/admin/register/certificates/999")).status_code == 404


async def test_certificates_come_in_pages(shell: Shell, count_queries: Any) -> None:
    known = {"title": "记事", "basis": "b", "starts": "s", "days": 1, "action": "delete"}
    now = datetime.now(UTC)
    for at in range(25):
        await Certificate.create(
            run=f"2026-01-{at:02}", name="core.Note", rule="r", cutoff=now, begun_at=now, **known
        )
    await shell.sign_in("auditor")
    first = (await shell.client.get("/admin/register/certificates")).text
    link = re.search(r'href="([^"]*after=[^"]*)"', first)
    assert link is not None
    second = (await shell.client.get(link[1].replace("&amp;", "&"))).text
    assert (first.count("2026-01-"), second.count("2026-01-")) == (20, 5)


async def place(shell: Shell, **given: str) -> Any:
    known = {"kind": "core.Note", "key": "a", "case_no": "（2026）浙0105行初12号", "reason": "调取"}
    data = {**known, "until": TOMORROW.isoformat(), "csrf": shell.csrf(), **given}
    return await shell.client.post("/admin/register/holds", data=data)


async def test_security_holds_and_lifts_and_the_auditor_only_looks(shell: Shell) -> None:
    await Note.create(key="a", value=[1])
    await shell.sign_in("security")
    wrong = await place(shell, key="nobody")
    assert (wrong.status_code, "没有找到这个编号的记录" in wrong.text) == (422, True)
    assert "调取" in wrong.text  # what was written is not lost
    assert (await place(shell)).status_code == 303
    text = (await shell.client.get("/admin/register/holds")).text
    assert "（2026）浙0105行初12号" in text
    assert "保全中" in text
    hold = await Hold.get()
    await shell.sign_in("auditor")
    text = (await shell.client.get("/admin/register/holds")).text
    assert "（2026）浙0105行初12号" in text
    assert "<form class=" not in text
    assert (await place(shell)).status_code == 403
    lift = f"/admin/register/holds/{hold.id}/lift"
    assert (await shell.client.post(lift, data={"csrf": shell.csrf()})).status_code == 403
    await shell.sign_in("security")
    assert (await shell.client.post(lift, data={"csrf": "0" * 64})).status_code == 403
    assert (await Hold.get()).lifted_at is None
    assert (await shell.client.post(lift, data={"csrf": shell.csrf()})).status_code == 303
    assert "已解除" in (await shell.client.get("/admin/register/holds")).text
    names = [name for name, _, _ in await audited()]
    assert [name for name in names if name.startswith("holds.")] == ["holds.place", "holds.lift"]


async def test_what_is_held_or_assessed_for_all_is_not_for_who_keeps_a_part(shell: Shell) -> None:
    """A hold may be of a case anywhere, an assessment opens what it is about everywhere."""
    part = await Area.filter(parent_id__not_isnull=True).first()
    assert part is not None
    await Note.create(key="a", value=[1])
    for who in ("security", "auditor"):
        person = await Person.get(username=who)
        await Post.filter(person_id=person.id).update(area_id=part.id)
        assert await statuses(shell, who) == [200, 200, 403, 200]
        assert (
            'href="/admin/register/holds"' not in (await shell.client.get("/admin/register")).text
        )
        assert (await place(shell)).status_code == 403
        assert (await file(shell)).status_code == 403
    assert (await Hold.all().count(), await Assessment.all().count()) == (0, 0)


async def file(shell: Shell, **given: str) -> Any:
    known = {"plugin": "trees", "title": "认养评估", "conclusion": "影响轻微", "document": "甲-1"}
    days = {"made_on": today().isoformat(), "valid_until": TOMORROW.isoformat()}
    data = {**known, **days, "csrf": shell.csrf(), **given}
    return await shell.client.post("/admin/register/assessments", data=data)


async def test_an_assessment_is_filed_and_opens_what_waits_for_it(shell: Shell) -> None:
    with pytest.raises(Conflict, match="影响评估"):
        await demand_pia("trees")
    await shell.sign_in("admin")
    assert "影响评估：未评估" in (await shell.client.get("/admin/plugins")).text
    assert (await file(shell)).status_code == 403
    await shell.sign_in("security")
    assert "现在没有有效的备案" in (await shell.client.get("/admin/register/assessments")).text
    assert (await file(shell)).status_code == 303
    await demand_pia("trees")
    text = (await shell.client.get("/admin/register/assessments")).text
    assert "认养评估" in text
    assert "现在没有有效的备案" not in text
    assert "影响评估：已评估" in (await shell.client.get("/admin/register")).text
    assert (await audited())[-1][0] == "assessments.file"
    await shell.sign_in("admin")
    assert "未评估" not in (await shell.client.get("/admin/plugins")).text


@pytest.mark.parametrize(
    "given",
    [
        {"plugin": ""},
        {"plugin": "nobody"},
        {"title": ""},
        {"conclusion": "长" * 4_001},
        {"made_on": "2999-01-01"},
        {"made_on": "yesterday"},
        {"valid_until": "2020-01-01"},
        {"valid_until": "2999-01-01"},
    ],
)
async def test_an_incomplete_assessment_is_not_filed(shell: Shell, given: dict[str, str]) -> None:
    await shell.sign_in("security")
    assert (await file(shell, **given)).status_code == 422
    assert await Assessment.all().count() == 0


async def test_an_expired_assessment_counts_no_more(shell: Shell) -> None:
    await shell.sign_in("security")
    await file(shell)
    past = today() - timedelta(days=1)
    await Assessment.all().update(valid_until=past)
    with pytest.raises(Conflict):
        await demand_pia("trees")
