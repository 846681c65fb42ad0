"""A real identity provider on the loopback: Authlib's server side on Flask, with PKCE demanded.

`bend` lets it misbehave: a function that changes what an id token says, a key of somebody else, no
signature at all, or seconds to wait before each answer.
"""

import hmac
import json
import secrets
import threading
import time
import warnings
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import OpenIDCode
from flask import Flask, Response, jsonify, request
from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server

CLIENT, SECRET = "liuhe", "a-secret.of~ours_2468"


@dataclass
class User:
    """Who can sign in there; `claims` are told in the id token."""

    sub: str
    claims: dict[str, Any]

    def get_user_id(self) -> str:
        return self.sub


@dataclass
class Client:
    """The one client that it knows: liuhe."""

    redirects: set[str] = field(default_factory=set)
    client_id: str = CLIENT

    def get_client_id(self) -> str:
        return CLIENT

    def get_default_redirect_uri(self) -> str:
        return ""

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, uri: str) -> bool:
        return uri in self.redirects

    def check_client_secret(self, secret: str) -> bool:
        return secrets.compare_digest(secret, SECRET)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "client_secret_basic"

    def check_response_type(self, kind: str) -> bool:
        return kind == "code"

    def check_grant_type(self, kind: str) -> bool:
        return kind == "authorization_code"


@dataclass
class Code:
    """A code that was given out."""

    user: User
    redirect_uri: str
    scope: str
    nonce: str
    code_challenge: str
    code_challenge_method: str
    at: float = field(default_factory=time.time)

    def is_expired(self) -> bool:
        return time.time() - self.at > 300

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str:
        return self.nonce

    def get_auth_time(self) -> int:
        return int(self.at)

    def get_acr(self) -> str:
        return ""

    def get_amr(self) -> list[str]:
        return list(self.user.claims.get("amr", ()))


class House:
    """The provider: its users, its key, and how it is bent."""

    def __init__(self) -> None:
        self.issuer = ""
        self.users = {"grid": User("u-grid", {"preferred_username": "grid", "name": "陆小满"})}
        self.now = "grid"  # who is signed in there
        self.client = Client()
        self.codes: dict[str, Code] = {}
        self.tokens: dict[str, User] = {}
        self.key = RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})
        self.reset()

    def reset(self) -> None:
        """As honest as at first."""
        self.bend: Callable[[dict[str, Any]], Any] = lambda claims: claims
        self.sign: Callable[[dict[str, Any]], str] = self.signed
        self.wait: dict[str, float] = {}
        self.asked: list[str] = []
        self.quiet_token = False

    def signed(self, claims: dict[str, Any]) -> str:
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)

    def signed_by_another(self, claims: dict[str, Any]) -> str:
        other = RSAKey.generate_key(2048)
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, other)

    def unsigned(self, claims: dict[str, Any]) -> str:
        with warnings.catch_warnings(action="ignore"):  # that nobody should
            return jwt.encode({"alg": "none"}, claims, None, ["none"])

    def signed_with_the_public_key(self, claims: dict[str, Any]) -> str:
        """The old trick: what everybody knows taken as a shared secret."""
        header = {"alg": "HS256", "kid": self.key.kid}
        parts = [_packed(json.dumps(part).encode()) for part in (header, claims)]
        shared = self.key.as_pem(private=False)
        parts.append(_packed(hmac.digest(shared, ".".join(parts).encode(), "sha256")))
        return ".".join(parts)

    def pause(self, door: str) -> None:
        self.asked.append(door)
        time.sleep(self.wait.get(door, 0.0))


def _packed(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


class Grant(AuthorizationCodeGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic"]

    def save_authorization_code(self, code: str, asked: Any) -> None:
        data = asked.payload.data
        self.server.house.codes[code] = Code(
            user=asked.user,
            redirect_uri=asked.payload.redirect_uri,
            scope=asked.payload.scope,
            nonce=data.get("nonce", ""),
            code_challenge=data.get("code_challenge", ""),
            code_challenge_method=data.get("code_challenge_method", ""),
        )

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        return self.server.house.codes.get(code)  # type: ignore[no-any-return]

    def delete_authorization_code(self, given: Code) -> None:
        codes = self.server.house.codes
        for code in [code for code, one in codes.items() if one is given]:
            del codes[code]

    def authenticate_user(self, given: Code) -> User:
        return given.user


class IdToken(OpenIDCode):  # type: ignore[misc]
    def __init__(self, house: House) -> None:
        super().__init__(require_nonce=True)
        self.house = house

    def exists_nonce(self, nonce: str, asked: Any) -> bool:
        return any(one.nonce == nonce for one in self.house.codes.values())

    def encode_id_token(self, token: Any, asked: Any) -> str:
        now, user = int(time.time()), asked.user
        claims = {
            "iss": self.house.issuer,
            "aud": CLIENT,
            "sub": user.sub,
            "iat": now,
            "exp": now + 300,
            **self.get_authorization_code_claims(asked.authorization_code),
            **({} if self.house.quiet_token else user.claims),
        }
        return self.house.sign(self.house.bend(claims))


def build(house: House) -> Flask:
    app = Flask("provider")

    def save_token(token: dict[str, Any], asked: Any) -> None:
        house.tokens[token["access_token"]] = asked.user

    known = {CLIENT: house.client}
    server = AuthorizationServer(app, query_client=known.get, save_token=save_token)
    server.house = house
    server.register_grant(Grant, [CodeChallenge(required=True), IdToken(house)])

    @app.before_request
    def pause() -> None:
        house.pause(request.path)

    @app.get("/.well-known/openid-configuration")
    def discovery() -> Response:
        return jsonify(
            issuer=house.issuer,
            authorization_endpoint=f"{house.issuer}/authorize",
            token_endpoint=f"{house.issuer}/token",
            userinfo_endpoint=f"{house.issuer}/userinfo",
            jwks_uri=f"{house.issuer}/keys",
            response_types_supported=["code"],
            subject_types_supported=["public"],
            id_token_signing_alg_values_supported=["RS256"],
        )

    @app.get("/keys")
    def keys() -> Response:
        return jsonify(keys=[house.key.as_dict(private=False)])

    @app.route("/authorize", methods=["GET", "POST"])
    def authorize() -> Any:
        user = house.users[house.now]
        server.get_consent_grant(end_user=user)
        if request.method == "GET" and "ask" in house.wait:
            return f"<form method=post><button>继续，我是 {user.sub}</button></form>"
        return server.create_authorization_response(
            grant_user=user, grant=server.get_consent_grant(end_user=user)
        )

    @app.post("/token")
    def token() -> Any:
        return server.create_token_response()

    @app.get("/userinfo")
    def userinfo() -> Any:
        user = house.tokens[request.headers["authorization"].removeprefix("Bearer ")]
        return jsonify(sub=user.sub, **user.claims)

    return app


@contextmanager
def running(host: str = "localhost") -> Iterator[House]:
    """A provider on a free port, for as long as the block lasts."""
    house = House()
    listening = make_server("127.0.0.1", 0, build(house), threaded=True)
    house.issuer = f"http://{host}:{listening.port}"
    thread = threading.Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    try:
        yield house
    finally:
        listening.shutdown()
        thread.join()
        listening.server_close()
