"""Whatever is sent, the answer is a sentence that helps: never a failure of ours."""

import re
from typing import Any
from urllib.parse import quote, unquote

import pytest
from prometheus_client import generate_latest

from tests.web.conftest import ORIGIN, PASSWORD, Shell
from web import session

FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize("given", ["é", "٣", "\u202e", "%ED%A0%BD", ""])
async def test_a_csrf_token_of_strange_letters_is_just_wrong(shell: Shell, given: str) -> None:
    await shell.sign_in("admin")
    body = f"what=x&csrf={given if given.startswith('%') else quote(given)}"
    answer = await shell.client.post("/admin/garden/water", content=body, headers=FORM)
    assert answer.status_code == 403


async def test_a_nul_in_a_form_is_told_at_its_field(shell: Shell) -> None:
    await shell.sign_in("admin")
    given = {"what": "花\0", "csrf": shell.csrf()}
    answer = await shell.client.post("/admin/garden/water", data=given)
    assert answer.status_code == 422
    assert "不能保存的字符" in answer.text


async def test_a_number_that_no_row_can_have_is_told(shell: Shell) -> None:
    await shell.sign_in("admin")
    given = {"id": "9" * 20, "csrf": shell.csrf()}
    answer = await shell.client.post("/admin/jobs/retry", data=given)
    assert answer.status_code == 422


@pytest.mark.parametrize("name", ["a\0", "x" * 500])
async def test_names_that_nobody_can_have_are_just_wrong(shell: Shell, name: str) -> None:
    for given in ({"username": name, "password": "x"}, {"username": "admin", "password": name}):
        assert (await shell.client.post("/auth/token", json=given)).status_code in (401, 422)
        assert (await shell.client.post("/admin/login", data=given)).status_code in (401, 422)


@pytest.mark.parametrize("charset", ["utf-7", "unicode_escape", "punycode", "undefined", "zip"])
async def test_a_form_is_written_in_utf8(shell: Shell, charset: str) -> None:
    await shell.sign_in("admin")
    body = b'--X\r\nContent-Disposition: form-data; name="what"\r\n\r\n+2AA-\r\n--X--\r\n'
    kind = f"multipart/form-data; boundary=X; charset={charset}"
    headers = {"content-type": kind, "x-csrf-token": shell.csrf()}
    answer = await shell.client.post("/admin/garden/water", content=body, headers=headers)
    assert answer.status_code == 422
    assert "UTF-8" in answer.text


@pytest.mark.parametrize("path", ["/admin/线索", "/admin/a\r\nX-Evil: 1", "/admin/\0"])
async def test_where_to_go_on_after_the_login_is_always_an_address(shell: Shell, path: str) -> None:
    given = {"username": "admin", "password": PASSWORD}
    answer = await shell.client.post(f"/admin/login?next={quote(path)}", data=given)
    assert answer.status_code == 303
    assert unquote(answer.headers["location"]) == path
    assert "x-evil" not in answer.headers


async def test_an_origin_that_is_no_address_is_foreign(shell: Shell) -> None:
    await shell.sign_in("admin")
    given = {"what": "花", "csrf": shell.csrf()}
    answer = await shell.client.post(
        "/admin/garden/water", data=given, headers={"origin": "http://[::"}
    )
    assert answer.status_code == 403


async def test_methods_that_strangers_invent_do_not_become_figures(shell: Shell) -> None:
    for method in ("FOO", "BAR"):
        assert (await shell.client.request(method, "/admin/login")).status_code < 500
    figures = generate_latest().decode()
    assert "FOO" not in figures
    assert 'method="other"' in figures


async def test_a_form_sent_too_late_leads_back_to_where_it_was_written(shell: Shell) -> None:
    """Not to the address of the form's action, which has no page."""
    headers = {"referer": f"{ORIGIN}/admin/garden/?page=2"}
    answer = await shell.client.post("/admin/garden/water", data={"what": "花"}, headers=headers)
    assert answer.status_code == 303
    assert unquote(answer.headers["location"]).endswith("next=/admin/garden/?page=2")
    told = await shell.client.get(answer.headers["location"])
    assert "没有提交成功" in told.text


async def test_a_page_asked_for_too_late_keeps_its_filters(shell: Shell) -> None:
    answer = await shell.client.get("/admin/garden/?q=a&tab=b")
    [_, kept] = answer.headers["location"].split("next=")
    assert unquote(kept) == "/admin/garden/?q=a&tab=b"
    given = {"username": "admin", "password": PASSWORD}
    after = await shell.client.post(answer.headers["location"], data=given)
    assert after.headers["location"] == "/admin/garden/?q=a&tab=b"


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_what_is_being_written_outlives_the_session(shell: Shell, method: str) -> None:
    """A part of a page that comes too late tells so in the page; nobody is sent away from it."""
    headers = {"hx-request": "true"}
    answer: Any = await shell.client.request(method, "/admin/garden/water", headers=headers)
    assert answer.status_code == 401
    assert "hx-redirect" not in answer.headers
    assert answer.headers["hx-retarget"] == "#flash"
    assert "登录已过期" in answer.text


def kept_token(text: str) -> str:
    found = re.search(r'name="csrf" value="(\w+)"', text)
    assert found is not None
    return found[1]


async def test_an_old_page_goes_on_after_signing_in_again(shell: Shell) -> None:
    """Somebody writes, the session ends, and signs in again in another tab."""
    await shell.sign_in("admin")
    old = kept_token((await shell.client.get("/admin/units/new")).text)
    await shell.sign_in("admin")
    given = {"what": "花", "csrf": old}
    assert (await shell.client.post("/admin/garden/water", data=given)).status_code == 303


async def test_an_old_page_of_another_person_does_not(shell: Shell) -> None:
    await shell.sign_in("admin")
    old = kept_token((await shell.client.get("/admin/units/new")).text)
    await shell.sign_in("grid")
    answer = await shell.client.post("/admin/garden/water", data={"what": "花", "csrf": old})
    assert (answer.status_code, "别人登录时打开的" in answer.text) == (403, True)


async def test_a_page_holds_a_day_and_a_half_and_not_two(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shell.sign_in("admin")
    old = kept_token((await shell.client.get("/admin/units/new")).text)
    given, now = {"what": "花", "csrf": old}, session._half_days()
    for later, status in ((3, 303), (4, 403), (-1, 403)):
        monkeypatch.setattr(session, "_half_days", lambda later=later: now + later)
        answer = await shell.client.post("/admin/garden/water", data=given)
        assert answer.status_code == status, later
