"""The identity provider (OpenID Connect): what it says of itself, its keys, a code for a token.

Nothing here waits long or reads much: a provider that hangs or is away costs a sentence on the
sign-in page, and passwords go on working. Tokens count only when signed by a key of the provider.
"""

import asyncio
import json
import ssl
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar
from urllib.parse import quote_plus

import httpx2
import structlog
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from core.errors import NotSignedIn, Unavailable
from core.house import House, house
from core.settings import Settings, safe_address

log = structlog.get_logger()

T = TypeVar("T")

PATIENCE = 8.0  # seconds for one question
MOST = 500_000  # bytes of one answer
FRESH = 600.0  # seconds that an answer is believed
REST = 10.0  # seconds without asking again after nobody answered
NEW_KEYS = 60.0  # seconds between looks for a key that is not known
SKEW = 60  # seconds that its clock and ours may differ
#: Signatures of a private key that the provider alone has.
ALGORITHMS = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA", "Ed25519"),
)


class ProviderAway(Unavailable):
    def __init__(self) -> None:
        super().__init__("统一登录暂时连不上。请稍后再试，或者用账号和密码登录。")


class Refused(NotSignedIn):
    """What came back from the provider lets nobody in; `reason` is for the log and the audit."""

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


def unsound(reason: str) -> Refused:
    log.warning("oidc.unsound", reason=reason)
    return Refused(
        "统一登录返回的凭证不对，没有登录。请重新登录；如仍不行，请告诉管理员。", reason=reason
    )


@dataclass(frozen=True, kw_only=True)
class Doors:
    """Addresses of the provider. `basic`: how we show who we are."""

    authorize: str
    token: str
    keys: str
    userinfo: str
    basic: bool


class Kept(Generic[T]):
    """An answer, believed for a while; one asks at a time, and not at once again after failing."""

    def __init__(self, ask: Callable[[], Awaitable[T]]) -> None:
        self._ask = ask
        self._lock = asyncio.Lock()
        self._known: tuple[float, T] | None = None
        self._rest_until = 0.0

    async def get(self, younger: float = FRESH) -> T:
        async with self._lock:
            now = time.monotonic()
            if self._known and now - self._known[0] < younger:
                return self._known[1]
            if now < self._rest_until:
                raise ProviderAway()
            try:
                self._known = (now, await self._ask())
            except ProviderAway:
                self._rest_until = time.monotonic() + REST
                raise
            return self._known[1]


class Provider:
    """One provider, as the settings name it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._doors = Kept(self._discover)
        self._keys = Kept(self._fetch_keys)

    async def doors(self) -> Doors:
        return await self._doors.get()

    async def _discover(self) -> Doors:
        issuer = self._settings.oidc_issuer
        found = await self._ask("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer") != issuer:
            log.error("oidc.other_issuer", configured=issuer, found=str(found.get("issuer"))[:200])
            raise ProviderAway()
        ways = found.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        return Doors(
            authorize=_address(found, "authorization_endpoint"),
            token=_address(found, "token_endpoint"),
            keys=_address(found, "jwks_uri"),
            userinfo=_address(found, "userinfo_endpoint") if "userinfo_endpoint" in found else "",
            basic="client_secret_basic" in ways,
        )

    async def _fetch_keys(self) -> KeySet:
        found = await self._ask("GET", (await self.doors()).keys)
        listed = [one for one in found.get("keys") or () if isinstance(one, dict)]
        usable = [one for one in listed if one.get("kty") != "oct" and one.get("use") != "enc"]
        try:
            return KeySet.import_key_set({"keys": usable})
        except (JoseError, ValueError, KeyError, TypeError) as error:
            log.error("oidc.bad_keys", error=type(error).__name__)
            raise ProviderAway() from error

    async def exchange(self, code: str, verifier: str, redirect: str) -> dict[str, Any]:
        """The tokens for a code, which the provider gives once only."""
        doors, settings = await self.doors(), self._settings
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect,
            "code_verifier": verifier,
        }
        auth = None
        if settings.oidc_client_secret and doors.basic:
            # Written as in a form before it is packed (RFC 6749, 2.3.1).
            pair = (settings.oidc_client_id, settings.oidc_client_secret)
            auth = httpx2.BasicAuth(*map(quote_plus, pair))
        else:
            form["client_id"] = settings.oidc_client_id
            if settings.oidc_client_secret:
                form["client_secret"] = settings.oidc_client_secret
        return await self._ask("POST", doors.token, data=form, auth=auth)

    async def claims(self, id_token: str, nonce: str) -> dict[str, Any]:
        """What a token says, once its signature, addressee, time and nonce are right."""
        try:
            claims = (await self._opened(id_token)).claims
            jwt.JWTClaimsRegistry(
                leeway=SKEW,
                iss={"essential": True, "value": self._settings.oidc_issuer},
                aud={"essential": True, "value": self._settings.oidc_client_id},
                sub={"essential": True},
                exp={"essential": True},
                iat={"essential": True},
                nonce={"essential": True, "value": nonce},
            ).validate(claims)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            what = [getattr(error, name, "") for name in ("error", "claim")]
            raise unsound(" ".join(filter(None, what)) or type(error).__name__) from error
        self._check_addressee(claims)
        return dict(claims)

    async def _opened(self, id_token: str) -> jwt.Token:
        try:
            return jwt.decode(id_token, await self._keys.get(), algorithms=list(ALGORITHMS))
        except InvalidKeyIdError:  # perhaps a new one
            keys = await self._keys.get(younger=NEW_KEYS)
            return jwt.decode(id_token, keys, algorithms=list(ALGORITHMS))

    def _check_addressee(self, claims: dict[str, Any]) -> None:
        """A token for several names whom it was made for."""
        me, several = self._settings.oidc_client_id, isinstance(claims["aud"], list)
        if claims.get("azp", me) != me or (
            several and len(claims["aud"]) > 1 and "azp" not in claims
        ):
            raise unsound("azp")

    async def userinfo(self, access_token: str) -> dict[str, Any]:
        """What some providers tell here only; {} where there is nothing to ask."""
        doors = await self.doors()
        if not doors.userinfo or not access_token:
            return {}
        headers = {"authorization": f"Bearer {access_token}"}
        return await self._ask("GET", doors.userinfo, headers=headers)

    async def _ask(self, method: str, url: str, **more: Any) -> dict[str, Any]:
        try:
            async with asyncio.timeout(PATIENCE):
                status, body = await _fetch(method, url, **more)
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, OSError) as error:
            log.warning("oidc.away", url=url, error=type(error).__name__)
            raise ProviderAway() from error
        try:
            found = json.loads(body)
        except ValueError:
            found = None
        if 400 <= status < 500 and method == "POST":
            raise unsound(_reason(found))
        if status != 200 or not isinstance(found, dict):
            log.warning("oidc.away", url=url, status=status)
            raise ProviderAway()
        return found


async def _fetch(method: str, url: str, **more: Any) -> tuple[int, bytes]:
    headers = {"accept": "application/json", **more.pop("headers", {})}
    trust = await asyncio.to_thread(_trust)
    async with (
        httpx2.AsyncClient(timeout=PATIENCE, verify=trust) as client,
        client.stream(method, url, headers=headers, **more) as answer,
    ):
        body = bytearray()
        async for part in answer.aiter_bytes():
            body += part
            if len(body) > MOST:
                raise httpx2.StreamError("too long")
        return answer.status_code, bytes(body)


@cache
def _trust() -> ssl.SSLContext:
    """Whose certificates are believed; read once, because it takes a while."""
    return httpx2.create_ssl_context()


def _reason(found: Any) -> str:
    """The provider's error code, without what else it may have said."""
    code = found.get("error") if isinstance(found, dict) else None
    return code[:40] if isinstance(code, str) and code.isidentifier() else "refused"


def _address(found: dict[str, Any], name: str) -> str:
    value = found.get(name)
    if not isinstance(value, str) or not safe_address(value):
        log.error("oidc.bad_address", name=name)
        raise ProviderAway()
    return value


_known: list[tuple[House, Provider]] = []


def provider() -> Provider:
    """The provider of the running house."""
    if not _known or _known[0][0] is not house():
        _known[:] = [(house(), Provider(house().settings))]
    return _known[0][1]
