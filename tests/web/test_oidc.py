"""Signing in at an identity provider: a real one on the loopback, honest and bent in every way."""

import json
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pyotp
import pytest

from core import guesses, identities, oidc, provider, second_factor, staff
from core.audit import AuditRow
from core.house import enter, house
from core.kernel import Kernel
from core.people import Person, Post, Session
from core.viewers import load_viewer
from tests import provider as real
from tests.factories import only
from tests.web.conftest import PASSWORD, Shell, opened_shell, people
from web.oidc import COOKIE

pytestmark = only("sqlite")
BACK = "http://testserver/admin/login/oidc/back"


@pytest.fixture(scope="module")
def idp_running() -> Iterator[real.House]:
    with real.running() as idp:
        idp.client.redirects.add(BACK)
        yield idp


@pytest.fixture
def idp(idp_running: real.House) -> real.House:
    idp_running.reset()
    idp_running.now = "grid"
    idp_running.users = {"grid": real.User("u-grid", {"preferred_username": "grid"})}
    return idp_running


@asynccontextmanager
async def shell_with(kernel_on: Any, issuer: str, **more: Any) -> AsyncIterator[Shell]:
    async with kernel_on(found=[]) as kernel:
        given = {
            "oidc_issuer": issuer,
            "oidc_client_id": real.CLIENT,
            "oidc_client_secret": real.SECRET,
            **more,
        }
        changed = kernel.settings.model_copy(update=given)
        enter(_with(kernel, changed))
        async with opened_shell(kernel) as shell:
            await people()
            yield shell


def _with(kernel: Kernel, settings: Any) -> Any:
    kernel.settings = settings
    return kernel.house()


@pytest.fixture
async def shell(kernel_on: Any, idp: real.House) -> AsyncIterator[Shell]:
    async with shell_with(kernel_on, idp.issuer) as opened:
        yield opened


async def there(shell: Shell, wanted: str = "/admin/me") -> str:
    """The address that the provider sends the browser back to."""
    away = await shell.client.get(f"/admin/login/oidc?next={wanted}")
    assert away.status_code == 303, away.text
    async with httpx2.AsyncClient() as browser:
        back = await browser.get(away.headers["location"])
    assert back.status_code == 302, back.text
    return str(back.headers["location"])


async def whole_way(shell: Shell, wanted: str = "/admin/me") -> httpx2.Response:
    return await shell.client.get(await there(shell, wanted))


def refused(answer: httpx2.Response, words: str) -> bool:
    """On the sign-in page, with these words, and not in."""
    page = answer.text
    return answer.status_code == 401 and words in page and "liuhe_session" not in answer.cookies


async def last_failure() -> Any:
    row = await AuditRow.filter(action="people.sign_in_failed").order_by("-seq").first()
    return row.details if row else None


async def test_there_and_back_and_in(shell: Shell, idp: real.House) -> None:
    login = (await shell.client.get("/admin/login?next=/admin/me")).text
    assert 'href="/admin/login/oidc?next=/admin/me"' in login
    answer = await whole_way(shell)
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin/me")
    mine = await shell.client.get("/admin/me")
    assert (mine.status_code, "通过统一登录" in mine.text) == (200, True)
    row = await AuditRow.filter(action="people.sign_in").order_by("-seq").first()
    person = await Person.get(username="grid")
    assert row is not None
    assert (row.person_id, row.details) == (person.id, {"by": "oidc"})
    assert COOKIE not in shell.client.cookies


async def test_the_provider_is_asked_with_pkce_state_and_nonce(shell: Shell) -> None:
    away = await shell.client.get("/admin/login/oidc")
    asked = dict(parse_qsl(urlsplit(away.headers["location"]).query))
    assert asked["response_type"] == "code"
    assert asked["scope"] == "openid profile"
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == BACK
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 43
    kept = shell.client.cookies[COOKIE]
    assert not any(asked[name] in kept for name in ("state", "nonce"))
    header = away.headers["set-cookie"].lower()
    assert "httponly" in header
    assert "samesite=lax" in header


async def test_the_name_counts_once_and_then_the_providers_number(
    shell: Shell, idp: real.House
) -> None:
    await whole_way(shell)
    shell.client.cookies.clear()
    idp.users["grid"].claims["preferred_username"] = "security"  # renamed there
    assert (await whole_way(shell)).status_code == 303
    person = await Person.get(username="grid")
    assert (await Session.all().order_by("-id").first()).person_id == person.id  # type: ignore[union-attr]
    shell.client.cookies.clear()
    idp.users["grid"] = real.User("u-somebody-else", {"preferred_username": "grid"})
    assert refused(await whole_way(shell), "已经绑定了统一登录的另一个人")
    security = await load_viewer(await Person.get(username="security"), house().roster)
    await staff.unlink(security, person.id)
    assert (await whole_way(shell)).status_code == 303
    assert await identities.is_linked(person.id)


Bend = Callable[[dict[str, Any]], dict[str, Any]]
BENT: dict[str, Bend] = {
    "another nonce": lambda claims: {**claims, "nonce": "x" * 43},
    "no nonce": lambda claims: {k: v for k, v in claims.items() if k != "nonce"},
    "expired": lambda claims: {**claims, "exp": int(time.time()) - 61},
    "no end": lambda claims: {k: v for k, v in claims.items() if k != "exp"},
    "from the future": lambda claims: {**claims, "iat": int(time.time()) + 3_600},
    "another issuer": lambda claims: {**claims, "iss": "https://evil.example"},
    "for somebody else": lambda claims: {**claims, "aud": "another-app"},
    "made for somebody else": lambda claims: {
        **claims,
        "aud": [real.CLIENT, "another-app"],
        "azp": "another-app",
    },
    "for several": lambda claims: {**claims, "aud": [real.CLIENT, "another-app"]},
    "nobody": lambda claims: {**claims, "sub": ""},
    "a number": lambda claims: {**claims, "sub": 7},
    "endless": lambda claims: {**claims, "sub": "x" * 300},
}


async def turned_away(shell: Shell, why: str) -> str:
    """That nobody came in, and the reason that the audit has."""
    shell.client.cookies.clear()
    before = await Session.all().count()
    assert refused(await whole_way(shell), "凭证不对"), why
    assert await Session.all().count() == before, why
    failure = await last_failure()
    assert failure["by"] == "oidc"
    return str(failure["reason"])


async def test_a_bent_token_lets_nobody_in(shell: Shell, idp: real.House) -> None:
    reasons = {}
    for name, bend in BENT.items():
        idp.bend = bend
        reasons[name] = await turned_away(shell, name)
    assert reasons == {
        "another nonce": "invalid_claim nonce",
        "no nonce": "missing_claim nonce",
        "expired": "expired_token exp",
        "no end": "missing_claim exp",
        "from the future": "invalid_claim iat",
        "another issuer": "invalid_claim iss",
        "for somebody else": "invalid_claim aud",
        "made for somebody else": "azp",
        "for several": "azp",
        "nobody": "invalid_claim sub",
        "a number": "invalid_claim sub",
        "endless": "sub",
    }


async def test_clocks_may_differ_by_a_little(shell: Shell, idp: real.House) -> None:
    now = int(time.time())
    idp.bend = lambda claims: {**claims, "iat": now + 30, "exp": now - 30}
    assert (await whole_way(shell)).status_code == 303


async def test_a_signature_that_is_not_the_providers_lets_nobody_in(
    shell: Shell, idp: real.House
) -> None:
    reasons = {}
    for name in ("signed_by_another", "unsigned", "signed_with_the_public_key"):
        idp.sign = getattr(idp, name)
        reasons[name] = await turned_away(shell, name)
    for token in ("", "x", "a.b.c", "..", "é" * 10, "x" * 100_000):
        idp.sign = lambda _, token=token: token
        reasons[token[:10]] = await turned_away(shell, token[:10])
    assert reasons == {
        "signed_by_another": "bad_signature",
        "unsigned": "unsupported_algorithm",
        "signed_with_the_public_key": "unsupported_algorithm",
        **dict.fromkeys(["", "x", "a.b.c", "..", "é" * 10, "x" * 10], "decode_error"),
    }


async def test_a_new_key_of_the_provider_is_fetched(
    shell: Shell, idp: real.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await whole_way(shell)
    shell.client.cookies.clear()
    old = idp.key
    try:
        idp.key = real.RSAKey.generate_key(2048, {"kid": "second", "use": "sig"})
        assert refused(await whole_way(shell), "凭证不对")  # looked a moment ago
        monkeypatch.setattr(provider, "NEW_KEYS", -1.0)
        assert (await whole_way(shell)).status_code == 303
    finally:
        idp.key = old


async def test_what_comes_with_another_state_or_without_a_start_is_refused(
    shell: Shell,
) -> None:
    back = await there(shell)
    bent = re.sub(r"state=[^&]+", "state=somebody-elses", back)
    assert refused(await shell.client.get(bent), "不是同一次")
    assert refused(await shell.client.get(back), "不是从这里开始的")  # the cookie is gone
    mine = await there(shell)
    shell.client.cookies.clear()
    assert refused(await shell.client.get(mine), "不是从这里开始的")
    shell.client.cookies.set(COOKIE, "nonsense")
    assert refused(await shell.client.get(mine), "不是从这里开始的")


async def test_a_voyage_ends_after_ten_minutes(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    back = await there(shell)
    monkeypatch.setattr(oidc, "AWAY_LIFE", -1.0)
    assert refused(await shell.client.get(back), "等得太久了")


async def test_a_code_opens_once(shell: Shell) -> None:
    back = await there(shell)
    kept = shell.client.cookies[COOKIE]
    assert (await shell.client.get(back)).status_code == 303
    shell.client.cookies.clear()
    shell.client.cookies.set(COOKIE, kept)
    assert refused(await shell.client.get(back), "凭证不对")
    assert (await last_failure())["reason"] == "invalid_grant"


async def test_who_says_no_there_is_told_so(shell: Shell) -> None:
    back = await there(shell)
    state = dict(parse_qsl(urlsplit(back).query))["state"]
    answer = await shell.client.get(f"{BACK}?error=access_denied&state={state}")
    assert refused(answer, "没有完成")


async def test_unknown_and_closed_accounts_stay_out(shell: Shell, idp: real.House) -> None:
    idp.users["grid"] = real.User("u-9", {"preferred_username": "nobody"})
    assert refused(await whole_way(shell), "这里没有您的账号")
    assert not await Person.exists(username="nobody")
    idp.users["grid"] = real.User("u-9", {"preferred_username": "grid"})
    await Person.filter(username="grid").update(active=False)
    assert refused(await whole_way(shell), "已停用")
    assert await Session.all().count() == 0
    assert await last_failure() == {"by": "oidc", "reason": "inactive"}
    for odd in (None, "", 7, ["grid"], "gr%", "grid\0", "x" * 300):
        idp.users["grid"] = real.User("u-10", {"preferred_username": odd})
        assert (await whole_way(shell)).status_code == 401


async def test_a_closed_account_that_was_linked_stays_out(shell: Shell, idp: real.House) -> None:
    await whole_way(shell)
    shell.client.cookies.clear()
    await Person.filter(username="grid").update(active=False)
    assert refused(await whole_way(shell), "已停用")


async def test_nobody_is_led_elsewhere(shell: Shell) -> None:
    elsewhere = ("https://evil.example/", "//evil.example/", "/\\evil.example", "/admin/login", "")
    for wanted in elsewhere:
        shell.client.cookies.clear()
        answer = await whole_way(shell, wanted)
        assert answer.headers["location"] == "/admin/", wanted


async def test_a_provider_that_hangs_costs_a_sentence_and_passwords_go_on(
    shell: Shell, idp: real.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider, "PATIENCE", 0.3)
    idp.wait["/.well-known/openid-configuration"] = 20.0
    began = time.monotonic()
    answer = await shell.client.get("/admin/login/oidc")
    assert (answer.status_code, "用账号和密码登录" in answer.text) == (503, True)
    assert time.monotonic() - began < 15
    asked = len(idp.asked)
    assert (await shell.client.get("/admin/login/oidc")).status_code == 503
    assert len(idp.asked) == asked  # not asked again at once
    assert (await shell.sign_in("grid")).headers["location"] == "/admin/"


@pytest.mark.parametrize("door", ["/token", "/keys"])
async def test_a_provider_that_hangs_later_costs_a_sentence_too(
    shell: Shell, idp: real.House, monkeypatch: pytest.MonkeyPatch, door: str
) -> None:
    back = await there(shell)
    monkeypatch.setattr(provider, "PATIENCE", 0.3)
    idp.wait[door] = 20.0
    answer = await shell.client.get(back)
    assert (answer.status_code, "连不上" in answer.text) == (503, True)
    assert 'name="password"' in answer.text


@pytest.mark.parametrize("issuer", ["http://127.0.0.1:9", "http://localhost:1"])
async def test_a_provider_that_is_not_there_costs_a_sentence(kernel_on: Any, issuer: str) -> None:
    async with shell_with(kernel_on, issuer) as shell:
        assert (await shell.client.get("/admin/login/oidc")).status_code == 503
        assert (await shell.sign_in("grid")).headers["location"] == "/admin/"


async def test_another_issuer_than_the_one_that_was_set_is_not_believed(
    kernel_on: Any, idp: real.House
) -> None:
    async with shell_with(kernel_on, f"{idp.issuer}/") as shell:
        assert (await shell.client.get("/admin/login/oidc")).status_code == 503


async def test_an_answer_without_end_is_not_read(
    shell: Shell, idp: real.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider, "MOST", 100)
    assert (await shell.client.get("/admin/login/oidc")).status_code == 503


async def test_our_second_factor_is_asked_for_unless_the_providers_is_trusted(
    kernel_on: Any, idp: real.House
) -> None:
    more = {"demand_second_factor": ("grid",), "oidc_trusted_factors": ("otp",)}
    async with shell_with(kernel_on, idp.issuer, **more) as shell:
        answer = await whole_way(shell)
        assert answer.headers["location"] == "/admin/login/factor?next=/admin/me"
        assert (await shell.client.get("/admin/login/factor")).status_code == 200
        shell.client.cookies.clear()
        idp.users["grid"].claims["amr"] = ["pwd", "otp"]
        assert (await whole_way(shell)).headers["location"] == "/admin/me"
        person = await Person.get(username="grid")
        totp = pyotp.TOTP(await second_factor.offer(person.id))
        await second_factor.confirm(person.id, totp.at(int(time.time()) - 30))
        shell.client.cookies.clear()
        assert (await whole_way(shell)).headers["location"] == "/admin/me"
        shell.client.cookies.clear()
        idp.users["grid"].claims["amr"] = ["pwd"]
        assert (await whole_way(shell)).headers["location"].startswith("/admin/login/code")
        given = {"code": totp.now()}
        answer = await shell.client.post("/admin/login/code?next=/admin/me", data=given)
        assert answer.headers["location"] == "/admin/me"
        session = await Session.filter(kind="browser").order_by("-id").first()
        assert session is not None
        assert session.by == "oidc"


async def test_a_start_password_is_still_changed_first(shell: Shell) -> None:
    await Person.filter(username="grid").update(must_change=True)
    answer = await whole_way(shell)
    assert answer.headers["location"].startswith("/admin/login/password")


async def test_accounts_are_made_only_if_the_settings_say_so_and_without_a_post(
    kernel_on: Any, idp: real.House
) -> None:
    claims = {"preferred_username": "xinren", "name": "新人"}
    idp.users["grid"] = real.User("u-new", claims)
    async with shell_with(kernel_on, idp.issuer, oidc_create=True) as shell:
        assert (await whole_way(shell)).status_code == 303
        person = await Person.get(username="xinren")
        assert (person.name, person.must_change) == ("新人", False)
        assert not await Post.exists(person_id=person.id)
        given = {"username": "xinren", "password": "!" * 8}
        assert (await shell.client.post("/auth/token", json=given)).status_code == 401
        shell.client.cookies.clear()
        idp.users["grid"] = real.User("u-like", {"preferred_username": "GRID"})
        assert refused(await whole_way(shell), "很像的账号")
        idp.users["grid"] = real.User("u-odd", {"preferred_username": "../x"})
        assert refused(await whole_way(shell), "没有您的账号")


async def test_a_name_that_is_told_elsewhere_only_is_asked_for(
    shell: Shell, idp: real.House
) -> None:
    idp.quiet_token = True
    assert (await whole_way(shell)).status_code == 303
    assert "/userinfo" in idp.asked


async def test_an_address_that_nobody_has_checked_is_no_name(
    kernel_on: Any, idp: real.House
) -> None:
    async with shell_with(kernel_on, idp.issuer, oidc_username_claim="email") as shell:
        idp.users["grid"].claims["email"] = "grid"
        assert refused(await whole_way(shell), "没有核实过")
        idp.users["grid"].claims["email_verified"] = True
        assert (await whole_way(shell)).status_code == 303


async def test_who_tries_too_often_has_to_wait(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(guesses.LIMITS, "address", 3)
    back = await there(shell)
    for _ in range(3):
        shell.client.cookies.clear()
        assert (await shell.client.get(f"{BACK}?code=x&state=y")).status_code == 401
    assert (await shell.client.get(back)).status_code == 429
    assert await Session.all().count() == 0


async def test_without_a_provider_there_is_no_such_door(kernel_on: Any) -> None:
    async with shell_with(kernel_on, "") as shell:
        assert "/admin/login/oidc" not in (await shell.client.get("/admin/login")).text
        for path in ("/admin/login/oidc", "/admin/login/oidc/back?code=x&state=y"):
            assert (await shell.client.get(path)).status_code == 404


async def test_nothing_secret_is_told_in_the_log_or_the_audit(
    shell: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    await whole_way(shell)
    told = json.dumps([row.details for row in await AuditRow.all()]) + capsys.readouterr().out
    assert "u-grid" not in told
    assert real.SECRET not in told
    assert PASSWORD not in told
