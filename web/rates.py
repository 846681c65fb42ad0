"""How often who may ask: by address, by account, by token, and by what GraphQL answers cost.

Kept in this process alone: with several servers each allows as much. A minute's worth may come at
once; it then refills evenly. The memory is bounded, the longest unused goes first.
"""

import ipaddress
import math
import time
from collections import OrderedDict
from contextvars import ContextVar
from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send

from core.errors import RateLimited
from core.permissions import Viewer
from core.settings import Settings

MOST = 20_000  # keys remembered
FULL = 60.0  # seconds' worth that may come at once
#: Watched and measured from outside, or cheap: never refused.
FREE = ("/static/", "/healthz", "/readyz", "/metrics")


class Rates:
    """What each key has taken lately, as the moment at which it will have paid for all."""

    def __init__(self, most: int = MOST) -> None:
        self._paid: OrderedDict[tuple[str, object], float] = OrderedDict()
        self._most = most

    def __len__(self) -> int:
        return len(self._paid)

    def take(self, key: tuple[str, object], amount: float, per_minute: int) -> None:
        """Take, or raise RateLimited with the time after which it would be there; 0: no limit."""
        if not per_minute:
            return
        now = time.monotonic()
        paid = max(self._paid.get(key, now), now) + min(FULL, amount * FULL / per_minute)
        if (wait := paid - now - FULL) > 0:
            seconds = math.ceil(wait)
            raise RateLimited(f"请求太频繁，请 {seconds} 秒后再试。", retry_after=seconds)
        self._paid[key] = paid
        self._paid.move_to_end(key)
        if len(self._paid) > self._most:
            self._paid.popitem(last=False)


@dataclass(frozen=True, kw_only=True)
class Purse:
    """From which the GraphQL operations of one request or socket are paid."""

    rates: Rates
    key: tuple[str, object]
    per_minute: int


_purse: ContextVar[Purse | None] = ContextVar("liuhe_purse", default=None)


def spend(cost: int) -> None:
    """Pay for an operation before it runs; what nobody asked for over the network is free."""
    if purse := _purse.get():
        purse.rates.take(purse.key, cost, purse.per_minute)


class AddressRate:
    """Before anything is looked up: so many requests from one address."""

    def __init__(self, app: ASGIApp, rates: Rates, settings: Settings) -> None:
        self.app, self.rates, self.limit = app, rates, settings.rate_address

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket") and not scope["path"].startswith(FREE):
            try:
                self.rates.take(("address", address_of(scope)), 1, self.limit)
            except RateLimited:
                if await _hung_up(scope, send):
                    return
                raise
        await self.app(scope, receive, send)


class CallerRate:
    """Once it is known who asks: so many requests of an account, of a token, or of strangers."""

    def __init__(self, app: ASGIApp, rates: Rates, settings: Settings) -> None:
        self.app, self.rates, self.settings = app, rates, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket") and not scope["path"].startswith(FREE):
            try:
                self._take(scope)
            except RateLimited:
                if await _hung_up(scope, send):
                    return
                raise
        await self.app(scope, receive, send)

    def _take(self, scope: Scope) -> None:
        known, state = self.settings, scope.get("state", {})
        viewer: Viewer | None = state.get("viewer")
        if viewer is None:
            key: tuple[str, object] = ("stranger", address_of(scope))
            self.rates.take(key, 1, known.rate_stranger)
        else:
            key = ("account", viewer.person_id)
            self.rates.take(key, 1, known.rate_account)
            if not state.get("by_cookie"):
                self.rates.take(("token", viewer.session_id), 1, known.rate_token)
        _purse.set(Purse(rates=self.rates, key=("cost", key), per_minute=known.rate_cost))


async def _hung_up(scope: Scope, send: Send) -> bool:
    """A socket is refused before it is accepted: the handshake answers 403."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1013, "reason": "rate limited"})
        return True
    return False


def address_of(scope: Scope) -> str:
    """One who asks: of IPv6 the network of 64 bits, which is one household."""
    host = str((scope.get("client") or ("",))[0])
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.version == 4:
        return host
    return str(ipaddress.ip_network((address, 64), strict=False).network_address)
