"""Who a registration is from: digest authentication RFC 7616, as GB/T 28181 asks for it."""

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from aiosipua.auth import SipDigestAuth, build_credentials
from aiosipua.headers import AuthChallenge, AuthCredentials, parse_auth, stringify_auth

FRESH = 300.0  # seconds that a challenge is good for


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What a device sent with its registration; `count` 0 where it counts nothing."""

    user: str
    nonce: str
    count: int
    credentials: AuthCredentials


class Challenges:
    """Challenges carry their own time and seal: however many are asked for, none is remembered."""

    def __init__(self, realm: str, clock: Callable[[], float]) -> None:
        self._realm, self._clock = realm, clock
        self._secret = secrets.token_bytes(32)

    def challenge(self, host: str, *, stale: bool = False) -> str:
        """The value of WWW-Authenticate for whoever asks from `host`."""
        stem = f"{int(self._clock()):x}-{secrets.token_hex(6)}"
        made = self._challenge(self._sealed(stem, host))
        if stale:
            made.params["stale"] = "true"
        return stringify_auth(made)

    def fresh(self, nonce: str, host: str) -> bool:
        """Whether we gave this challenge to `host`, and not long ago."""
        stem, _, _ = nonce.rpartition("-")
        if not hmac.compare_digest(nonce.encode(), self._sealed(stem, host).encode()):
            return False
        return 0 <= self._clock() - int(stem.partition("-")[0], 16) <= FRESH

    def fits(self, proof: Proof, password: str, method: str) -> bool:
        """Whether it was made with this password."""
        given = proof.credentials.params
        challenge = self._challenge(proof.nonce)
        if "qop" not in given:
            del challenge.params["qop"]
        made = build_credentials(
            SipDigestAuth(proof.user, password),
            challenge,
            method,
            given.get("uri", ""),
            nonce_count=proof.count,
            cnonce=given.get("cnonce", ""),
        )
        expected = made.params["response"] if made else ""
        told = given.get("response", "").lower()
        return bool(expected) and hmac.compare_digest(expected.encode(), told.encode())

    def _challenge(self, nonce: str) -> AuthChallenge:
        params = {"realm": self._realm, "nonce": nonce, "algorithm": "MD5", "qop": "auth"}
        return AuthChallenge(scheme="Digest", params=params)

    def _sealed(self, stem: str, host: str) -> str:
        seal = hmac.new(self._secret, f"{stem}|{host}".encode(), "sha256").hexdigest()[:32]
        return f"{stem}-{seal}"


def proof_of(header: str | None) -> Proof | None:
    """What stands in Authorization, or None."""
    credentials = parse_auth(header or "", credentials=True)
    params = credentials.params
    if credentials.scheme.lower() != "digest" or "nonce" not in params:
        return None
    return Proof(
        user=params.get("username", ""),
        nonce=params["nonce"],
        count=_count(params.get("nc", "")),
        credentials=credentials,
    )


def _count(text: str) -> int:
    try:
        return int(text[:8], 16)
    except ValueError:
        return 0
