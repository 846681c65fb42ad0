"""统一登录: signing in at an identity provider (Authorization Code with PKCE, state and nonce).

Between leaving and coming back, what belongs together lies sealed in the browser's own cookie; a
code that somebody else's browser brings fits nothing. Only accounts that exist and are active are
opened, unless the settings let the provider make new ones, which then have no post.
"""

import hashlib
import hmac
import json
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode

from core import guesses, identities
from core.audit import record
from core.database import atomic
from core.errors import LiuheError, Unavailable
from core.house import house
from core.people import NO_PASSWORD, Person
from core.provider import Provider, Refused, provider, unsound
from core.sealing import seal, unseal
from core.staff import sound_username

AWAY_LIFE = 600.0  # seconds between leaving and coming back
LONGEST = 4_000  # of what the provider sends along


@dataclass(frozen=True, kw_only=True)
class Voyage:
    """What was given along at the start; `wanted` is the page to end at."""

    state: str
    nonce: str
    verifier: str
    wanted: str
    at: float

    def sealed(self) -> str:
        return seal("oidc", json.dumps(asdict(self)), "")

    @classmethod
    def opened(cls, text: str) -> "Voyage | None":
        """None for what is not ours, or too old."""
        try:
            known = unseal("oidc", text, "")
        except ValueError:
            return None
        voyage = cls(**json.loads(known)) if known else None
        return voyage if voyage and 0 <= time.time() - voyage.at < AWAY_LIFE else None


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """Who came back; `code_shown`: the provider has asked for a second factor that we trust."""

    person: Person
    code_shown: bool


def is_on() -> bool:
    return bool(house().settings.oidc_issuer)


async def depart(redirect: str, wanted: str) -> tuple[str, str]:
    """Where to send the browser, and what it is to keep meanwhile."""
    settings, doors = house().settings, await provider().doors()
    voyage = Voyage(
        state=secrets.token_urlsafe(32),
        nonce=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(48),
        wanted=wanted,
        at=time.time(),
    )
    challenge = urlsafe_b64encode(hashlib.sha256(voyage.verifier.encode()).digest())
    asked = {
        "response_type": "code",
        "client_id": settings.oidc_client_id,
        "redirect_uri": redirect,
        "scope": " ".join(("openid", *settings.oidc_scopes)),
        "state": voyage.state,
        "nonce": voyage.nonce,
        "code_challenge": challenge.decode().rstrip("="),
        "code_challenge_method": "S256",
    }
    mark = "&" if "?" in doors.authorize else "?"
    return f"{doors.authorize}{mark}{urlencode(asked)}", voyage.sealed()


async def arrive(
    voyage: Voyage | None, came: Mapping[str, str], redirect: str, address: str
) -> Arrived:
    """Who the provider says it is, as an account here. What goes wrong counts for the address."""
    await guesses.admit_from(address)
    try:
        claims = await _claims(provider(), voyage, came, redirect)
        return Arrived(person=await _person(claims), code_shown=_trusted(claims))
    except Unavailable:
        raise
    except LiuheError as error:
        reason = getattr(error, "reason", "refused")
        await record(None, "people.sign_in_failed", details={"by": "oidc", "reason": reason})
        await guesses.blame(address)
        raise


async def _claims(
    known: Provider, voyage: Voyage | None, came: Mapping[str, str], redirect: str
) -> dict[str, Any]:
    if voyage is None:
        raise Refused("等得太久了，或者不是从这里开始的。请重新点统一登录。", reason="no_voyage")
    if not hmac.compare_digest(came.get("state", "").encode(), voyage.state.encode()):
        raise Refused("这次统一登录和开始的不是同一次，请重新点一次。", reason="state")
    if "iss" in came and came["iss"] != house().settings.oidc_issuer:
        raise unsound("iss")
    if "error" in came:
        raise Refused("统一登录没有完成。请重新点一次，或者用账号和密码登录。", reason="said_no")
    code = came.get("code", "")
    if not code or len(code) > LONGEST:
        raise unsound("no_code")
    tokens = await known.exchange(code, voyage.verifier, redirect)
    claims = await known.claims(str(tokens.get("id_token", "")), voyage.nonce)
    if house().settings.oidc_username_claim not in claims:
        more = await known.userinfo(str(tokens.get("access_token", "")))
        if more.get("sub") == claims["sub"]:
            claims = {**more, **claims}
    return claims


def _trusted(claims: Mapping[str, Any]) -> bool:
    """Whether it says that it has asked for a second factor of a kind that the settings trust."""
    ways = claims.get("amr")
    shown = {str(one) for one in ways} if isinstance(ways, list) else set()
    return bool({*shown, str(claims.get("acr", ""))} & set(house().settings.oidc_trusted_factors))


async def _person(claims: Mapping[str, Any]) -> Person:
    """By the provider's number of the person; at the first time by the name of the account."""
    issuer, subject = house().settings.oidc_issuer, str(claims["sub"])
    if not 0 < len(subject) <= 255:
        raise unsound("sub")
    person = await identities.known(issuer, subject)
    if person is None:
        person = await _by_name(claims)
        _demand_active(person)
        await identities.link(person, issuer, subject)
    _demand_active(person)
    return person


def _demand_active(person: Person) -> None:
    if not person.active:
        raise Refused("您的账号已停用，请找本单位的安全管理员。", reason="inactive")


async def _by_name(claims: Mapping[str, Any]) -> Person:
    settings = house().settings
    name = claims.get(settings.oidc_username_claim)
    if not isinstance(name, str) or not name:
        raise Refused("统一登录没有说您用哪个账号，请告诉管理员。", reason="no_name")
    if settings.oidc_username_claim == "email" and claims.get("email_verified") is not True:
        raise Refused("您在统一登录那里的邮箱还没有核实过，不能用来登录。", reason="email")
    person = await Person.get_or_none(username=name) if sound_username(name) else None
    if person is None and settings.oidc_create and sound_username(name):
        return await _enrol(name, str(claims.get("name") or name)[:40])
    if person is None:
        raise Refused(
            "统一登录认得您，但这里没有您的账号。请找本单位的安全管理员建立。", reason="unknown"
        )
    return person


@atomic
async def _enrol(username: str, name: str) -> Person:
    """A new account without a post and without a password of ours."""
    if await Person.exists(username__iexact=username):
        raise Refused("这里有一个很像的账号，请找本单位的安全管理员。", reason="similar")
    name = name.replace("\0", "")
    person = await Person.create(username=username, name=name, password=NO_PASSWORD)
    await record(None, "people.create", person, details={"by": "oidc"})
    return person
