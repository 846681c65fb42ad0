"""My account, at the browser: what is shown, what is ended, and tokens that do less than I."""

import re

import pytest

from tests.web.conftest import PASSWORD, Shell
from web.devices import device_words

NEW = "四个 不相干 的词"


async def token_for(shell: Shell, **given: object) -> str:
    form = {"name": "大屏", "range": "read", "days": "30", "csrf": shell.csrf(), **given}
    answer = await shell.client.post("/admin/me/tokens/new", data=form)
    assert answer.status_code == 201, answer.text
    found = re.search(r'id="secret"[^>]*value="([^"]+)"', answer.text)
    assert found is not None
    return found[1]


async def test_my_page_shows_where_i_am_signed_in(shell: Shell) -> None:
    shell.client.headers["user-agent"] = "Mozilla/5.0 (Windows NT 10.0) Chrome/140 Safari/537"
    await shell.sign_in("grid")
    await shell.token("grid")
    text = (await shell.client.get("/admin/me")).text
    assert text.count("Windows 上的 Chrome") >= 2
    assert "就是这里" in text
    assert "接口登录" in text


async def test_a_new_password_works_at_once_and_the_old_one_no_more(shell: Shell) -> None:
    await shell.sign_in("grid")
    given = {"old": PASSWORD, "new": f" {NEW} ", "again": f" {NEW} ", "csrf": shell.csrf()}
    answer = await shell.client.post("/admin/me/password", data=given)
    assert answer.headers["location"] == "/admin/me"
    assert (await shell.client.get("/admin/me")).status_code == 200
    assert (await shell.sign_in("grid")).status_code == 401
    given = {"username": "grid", "password": f" {NEW} "}
    assert (await shell.client.post("/admin/login", data=given)).status_code == 303


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"old": "wrong-one"}, "密码不对"),
        ({"again": "other"}, "两次"),
        ({"new": "x", "again": "x"}, "8 位"),
    ],
)
async def test_what_is_wrong_is_said_beside_the_field_and_no_password_comes_back(
    shell: Shell, change: dict[str, str], words: str
) -> None:
    await shell.sign_in("grid")
    given = {"old": PASSWORD, "new": NEW, "again": NEW, "csrf": shell.csrf(), **change}
    answer = await shell.client.post("/admin/me/password", data=given)
    assert answer.status_code == 422
    assert words in answer.text
    assert PASSWORD not in answer.text
    assert NEW not in answer.text


async def test_a_token_for_reading_opens_pages_and_switches_nothing(shell: Shell) -> None:
    await shell.sign_in("admin")
    bearer = {"authorization": f"Bearer {await token_for(shell)}"}
    shell.client.cookies.clear()
    assert (await shell.client.get("/admin/jobs", headers=bearer)).status_code == 200
    assert (await shell.client.get("/admin/plugins", headers=bearer)).status_code == 403
    assert (await shell.client.get("/admin/me", headers=bearer)).status_code == 403
    query = {"query": "{ viewer { permissions } }"}
    answer = await shell.client.post("/graphql", json=query, headers=bearer)
    assert answer.json()["data"]["viewer"]["permissions"] == ["jobs.see", "register.see"]


async def test_a_token_is_shown_once_and_can_be_ended(shell: Shell) -> None:
    await shell.sign_in("admin")
    given = {"range": "named", "scopes": ["plugins.manage", "jobs.see"]}
    secret = await token_for(shell, **given)
    text = (await shell.client.get("/admin/me")).text
    assert secret not in text
    assert "启用和停用插件、查看后台任务" in text or "查看后台任务、启用和停用插件" in text
    number = re.findall(r'name="id" value="(\d+)"', text)[-1]
    await shell.client.post("/admin/me/sessions/end", data={"id": number, "csrf": shell.csrf()})
    bearer = {"authorization": f"Bearer {secret}"}
    shell.client.cookies.clear()
    assert (await shell.client.get("/admin/jobs", headers=bearer)).status_code == 303


async def test_a_token_beyond_ones_own_is_refused(shell: Shell) -> None:
    await shell.sign_in("grid")
    given = {"name": "x", "range": "named", "scopes": ["plugins.manage"], "days": "30"}
    answer = await shell.client.post("/admin/me/tokens/new", data={**given, "csrf": shell.csrf()})
    assert answer.status_code == 403


async def test_ending_the_session_at_hand_is_signing_out(shell: Shell) -> None:
    await shell.sign_in("grid")
    from core.people import Session

    session = await Session.all().first()
    given = {"id": session.id, "csrf": shell.csrf()}
    answer = await shell.client.post("/admin/me/sessions/end", data=given)
    assert answer.headers["location"] == "/admin/login"


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604", "iPhone 上的 Safari"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/140 MicroMessenger/8", "安卓 上的 微信"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140 Safari/537 Edg/140", "Windows 上的 Edge"),
        ("python-httpx/0.28", "程序 python-httpx"),
        ("", "不明设备"),
    ],
)
def test_a_device_is_called_by_a_name_that_its_owner_knows(agent: str, words: str) -> None:
    assert device_words(agent) == words
