"""Auditors read the audit and administer nothing; administrators administer and never read it."""

import html

import pytest

from core.audit import AuditThing, record
from core.database import rows
from core.people import Person, Post
from core.permissions import Viewer
from core.testing import load
from tests.audit import audited
from tests.factories import only
from tests.web.conftest import Shell
from web.audit import _nearest, _things
from web.keyset import window

pytestmark = only("sqlite")


@pytest.fixture
async def auditor(shell: Shell) -> Shell:
    """Signed in as the auditor."""
    admin = await Person.get(username="admin")
    post = await Post.get(person_id=admin.id)
    person = await Person.create(username="auditor", name="傅清和", password=admin.password)
    await Post.create(person=person, role="auditor", area_id=post.area_id)
    await shell.sign_in("auditor")
    return shell


async def seen(name: str) -> Viewer:
    person = await Person.get(username=name)
    return Viewer(person_id=person.id, username=name, name=name)


async def listed(shell: Shell, **query: str) -> list[str]:
    """The numbers of the rows on the page."""
    return numbers((await shell.client.get("/admin/audit", params=query)).text)


def numbers(text: str) -> list[str]:
    return [part.partition(" 行")[0] for part in text.split("第 ")[1:] if " 行" in part[:6]]


def linked(text: str, rel: str) -> str:
    """Where the page of newer or older rows is; "" if there is none."""
    before, found, _ = text.partition(f'rel="{rel}"')
    return html.unescape(before.rpartition('href="')[2].partition('"')[0]) if found else ""


async def test_an_auditor_finds_by_person_action_thing_and_day(auditor: Shell) -> None:
    await record(await seen("grid"), "files.read", ("core.File", "a"))
    await record(await seen("admin"), "plugins.choose")
    await record(await seen("admin"), "files.read", ("core.File", "b"))
    assert await listed(auditor, who="admin") == ["4", "3"]
    assert await listed(auditor, action="files.read") == ["4", "2"]
    assert await listed(auditor, kind="core.File", key="a") == ["2"]
    assert await listed(auditor, who="admin", action="files.read") == ["4"]
    since = {"from": "2020-01-01", "action": "files.read"}
    assert await listed(auditor, kind="core.File", **since) == ["4", "2"]
    assert await listed(auditor, kind="core.File", to="2020-01-01") == []
    assert await listed(auditor, to="2020-01-01") == []
    assert await listed(auditor, who="nobody") == []
    assert "4" in await listed(auditor, **{"from": "2020-01-01"})


async def test_what_was_done_is_told_in_words_and_names(auditor: Shell) -> None:
    admin = await Person.get(username="admin")
    details = {"person": admin.id, "times": [1050, 540], "made": {"days": None, "plumage": "red"}}
    await record(await seen("grid"), "people.create", ("core.Person", admin.id), details=details)
    text = (await auditor.client.get("/admin/audit")).text
    assert f"人 {admin.name}，时间 17:30、09:00，made （plumage red）" in text
    assert "通过 网页" in text  # how the auditor came in


async def test_the_kind_of_thing_is_chosen_from_a_list(auditor: Shell) -> None:
    text = (await auditor.client.get("/admin/audit", params={"kind": "core.File"})).text
    assert '<option value="core.File" selected>图片</option>' in text
    unknown = (await auditor.client.get("/admin/audit", params={"kind": "old.Thing"})).text
    assert '<option value="old.Thing" selected>' in unknown


async def test_looking_at_the_audit_is_recorded_too(auditor: Shell) -> None:
    await auditor.client.get("/admin/audit", params={"kind": "cases.Case", "key": "7"})
    me = await Person.get(username="auditor")
    assert (await audited())[-1] == ("audit.read", me.id, ["cases.Case 7"])


async def test_a_long_audit_comes_in_pages(auditor: Shell) -> None:
    who = await seen("grid")
    for number in range(60):
        await record(who, "files.read", ("core.File", number))
    first = await listed(auditor, action="files.read")
    text = (await auditor.client.get("/admin/audit", params={"action": "files.read"})).text
    older = (await auditor.client.get(linked(text, "next"))).text
    assert (len(first), first[0]) == (50, "61")
    assert "第 11 行" in older
    assert "第 12 行" not in older


async def test_what_was_done_to_one_kind_of_thing_comes_whole_in_pages_both_ways(
    auditor: Shell,
) -> None:
    who = await seen("grid")
    for number in range(70):  # two of a kind are one row
        kind = "core.File" if number % 10 else "core.Other"
        await record(who, "files.read", (kind, number), (kind, "shared"))
    wanted = [str(at + 2) for at in reversed(range(70)) if at % 10]
    first = (await auditor.client.get("/admin/audit", params={"kind": "core.File"})).text
    second = (await auditor.client.get(linked(first, "next"))).text
    back = (await auditor.client.get(linked(second, "prev"))).text
    assert numbers(first) + numbers(second) == wanted
    assert numbers(back) == numbers(first)
    assert (len(numbers(first)), linked(second, "next")) == (50, "")
    assert await listed(auditor, kind="core.File", key="shared") == numbers(first)
    assert await listed(auditor, kind="core.File", who="nobody") == []


async def test_what_is_known_of_one_thing_is_found_by_an_index(auditor: Shell) -> None:
    for given in ({"kind": "cases.Case", "key": "2026-7"}, {"key": "7"}, {"kind": "core.File"}):
        about = await _things(given)
        assert about is not None
        near = _nearest(AuditThing.filter(about), window(first=50))
        plan = await rows(f"EXPLAIN QUERY PLAN {near.values('seq').sql(params_inline=True)}")
        told = [step["detail"] for step in plan]
        # Without a kind there is nothing to look along: auditors are offered kinds.
        assert any("SCAN" in one for one in told) == ("kind" not in given), (given, told)


@pytest.mark.parametrize("username", ["admin", "grid"])
async def test_nobody_else_reads_it(shell: Shell, username: str) -> None:
    await shell.sign_in(username)
    assert (await shell.client.get("/admin/audit")).status_code == 403
    assert 'href="/admin/audit"' not in (await shell.client.get("/admin/")).text


async def test_e_14_an_auditor_only_sees(shell: Shell) -> None:
    kernel = load(shell.kernel.settings.data_dir)
    held = {one.name for one in kernel.permissions if "auditor" in one.roles}
    assert held == {"audit.see", "register.see", "places.see", "figures.see"}
    assert [one.roles for one in kernel.permissions if one.name == "audit.see"] == [("auditor",)]


@pytest.mark.parametrize("path", ["/admin/plugins", "/admin/jobs"])
async def test_an_auditor_administers_nothing(auditor: Shell, path: str) -> None:
    assert (await auditor.client.get(path)).status_code == 403


async def test_e_15_everybody_finds_who_was_shown_what_is_theirs(shell: Shell) -> None:
    me = await seen("grid")
    await record(await seen("admin"), "files.read", ("core.Person", me.person_id))
    await record(await seen("admin"), "plugins.choose", ("core.Person", 99))
    await record(me, "audit.read", ("core.Person", me.person_id))
    await shell.sign_in("grid")
    text = (await shell.client.get("/admin/me/audit")).text
    assert ("查看图片" in text, "启用或停用插件" in text, "查看审计记录" in text) == (
        True,
        False,
        False,
    )


@pytest.mark.parametrize(("username", "status"), [("auditor", 200), ("admin", 200), ("grid", 403)])
async def test_the_register_tells_what_is_processed(
    auditor: Shell, username: str, status: int
) -> None:
    await auditor.sign_in(username)
    answer = await auditor.client.get("/admin/register")
    assert answer.status_code == status
    assert ("登录、分配权限" in answer.text, "不处理个人信息：garden" in answer.text) == (
        status == 200,
        status == 200,
    )
