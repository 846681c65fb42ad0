"""After the right password: a code is asked for everywhere, and until then nothing opens."""

import re
import time
from dataclasses import replace
from typing import Any

import httpx2
import pyotp
import pytest

from core import second_factor
from core.people import Person
from tests.web.conftest import PASSWORD, Shell, opened_shell, people

GIVEN = {"username": "admin", "password": PASSWORD}


@pytest.fixture
async def app(shell: Shell) -> pyotp.TOTP:
    """The administrator's authenticator; its first code was of the step before."""
    person = await Person.get(username="admin")
    totp = pyotp.TOTP(await second_factor.offer(person.id))
    await second_factor.confirm(person.id, totp.at(int(time.time()) - 30))
    return totp


async def code(shell: Shell, text: str) -> httpx2.Response:
    return await shell.client.post("/admin/login/code?next=/admin/jobs", data={"code": text})


async def test_the_password_alone_opens_nothing(shell: Shell, app: pyotp.TOTP) -> None:
    answer = await shell.client.post("/admin/login?next=/admin/jobs", data=GIVEN)
    assert answer.headers["location"] == "/admin/login/code?next=/admin/jobs"
    assert "liuhe_session" not in shell.client.cookies
    half = shell.client.cookies["liuhe_door"]
    for headers in ({"authorization": f"Bearer {half}"}, {"cookie": f"liuhe_session={half}"}):
        answer = await shell.client.get("/admin/jobs", headers=headers)
        assert answer.status_code == 303
    assert (await shell.client.get("/admin/login/code")).status_code == 200
    wrong = await code(shell, "000000")
    assert (wrong.status_code, "验证码不对" in wrong.text) == (422, True)
    answer = await code(shell, app.now())
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin/jobs")
    assert (await shell.client.get("/admin/jobs")).status_code == 200
    assert "liuhe_door" not in shell.client.cookies


async def test_a_code_page_without_a_password_leads_back(shell: Shell) -> None:
    for method in ("GET", "POST"):
        answer = await shell.client.request(method, "/admin/login/code", data={"code": "1"})
        assert (answer.status_code, answer.headers["location"][:12]) == (303, "/admin/login")


async def test_a_recovery_code_opens_instead(shell: Shell, app: pyotp.TOTP) -> None:
    codes = await second_factor.renew_codes((await Person.get(username="admin")).id)
    await shell.client.post("/admin/login", data=GIVEN)
    assert (await code(shell, codes[0])).status_code == 303
    shell.client.cookies.clear()
    await shell.client.post("/admin/login", data=GIVEN)
    again = await code(shell, codes[0])
    assert (again.status_code, "一个恢复码只能用一次" in again.text) == (422, True)


async def test_a_token_needs_the_code_as_well(shell: Shell, app: pyotp.TOTP) -> None:
    async def ask(**more: str) -> Any:
        return await shell.client.post("/auth/token", json={**GIVEN, **more})

    bare, wrong = await ask(), await ask(otp="000000")
    assert (bare.status_code, bare.json()["error"]["code"]) == (401, "UNAUTHENTICATED")
    assert bare.json()["error"]["reason"] == "otp_required"
    assert (wrong.status_code, "reason" in wrong.json()["error"]) == (401, False)
    now = app.now()
    assert (await ask(otp=now)).status_code == 200
    assert (await ask(otp=now)).status_code == 401


async def test_the_right_password_gives_no_new_guesses_at_codes(
    shell: Shell, app: pyotp.TOTP
) -> None:
    for _ in range(5):
        await shell.client.post("/admin/login", data=GIVEN)
        assert [(await code(shell, "000000")).status_code for _ in range(2)] == [422, 422]
    answer = await code(shell, app.now())
    assert answer.status_code == 429
    assert (await shell.client.post("/admin/login", data=GIVEN)).status_code == 429


async def test_i_turn_it_on_and_off_myself(shell: Shell) -> None:
    await shell.sign_in("grid")
    text = (await shell.client.get("/admin/me/factor")).text
    assert "<svg" in text
    assert "style=" not in text
    found = re.search(r"secret=([A-Z2-7]+)", text)
    assert found is not None
    given = {"code": pyotp.TOTP(found[1]).now(), "csrf": shell.csrf()}
    wrong = await shell.client.post("/admin/me/factor", data={**given, "old": "wrong-one"})
    assert wrong.status_code == 422
    right = await shell.client.post("/admin/me/factor", data={**given, "old": PASSWORD})
    assert len(re.findall(r"<li><code>\w{5}-\w{5}</code>", right.text)) == 10
    assert "已开启" in (await shell.client.get("/admin/me")).text
    before = await shell.client.get("/admin/me/factor")
    assert before.headers["location"] == "/admin/me/factor/change"
    given = {"what": "off", "old": PASSWORD, "csrf": shell.csrf()}
    wrong = await shell.client.post("/admin/me/factor/change", data={**given, "old": "wrong-one"})
    assert re.search(r'value="off"[^>]* checked', wrong.text), "the choice is kept"
    assert (await shell.client.post("/admin/me/factor/change", data=given)).status_code == 303
    assert "没有开启" in (await shell.client.get("/admin/me")).text
    after = await shell.client.get("/admin/me/factor/change")
    assert after.headers["location"] == "/admin/me/factor"


async def test_who_must_have_one_sets_it_up_before_getting_in(kernel_on: Any) -> None:
    async with kernel_on(found=[]) as kernel:
        settings = kernel.settings.model_copy(update={"demand_second_factor": ("admin",)})
        demanding = replace(kernel, settings=settings)
        from core import house

        house.enter(demanding.house())
        async with opened_shell(demanding) as shell:
            await people()
            assert (await shell.sign_in("grid")).headers["location"] == "/admin/"
            answer = await shell.client.post("/auth/token", json=GIVEN)
            assert answer.status_code == 403
            answer = await shell.sign_in("admin")
            assert answer.headers["location"].startswith("/admin/login/factor")
            assert (await shell.client.get("/admin/")).status_code == 303
            text = (await shell.client.get("/admin/login/factor")).text
            found = re.search(r"secret=([A-Z2-7]+)", text)
            assert found is not None
            given = {"code": pyotp.TOTP(found[1]).now()}
            answer = await shell.client.post("/admin/login/factor", data=given)
            assert "恢复码" in answer.text
            assert (await shell.client.get("/admin/")).status_code == 200
