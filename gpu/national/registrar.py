"""The registrar 注册服务: takes messages, gives answers; no sockets, no threads, its own clock.

Nothing that comes in raises, and nothing grows with what strangers send.
"""

import logging
from collections import OrderedDict
from collections.abc import Callable
from datetime import timedelta, timezone

from aiosipua.message import SipMessage, SipRequest, SipResponse, missing_required_headers
from aiosipua.utils import generate_branch, generate_call_id, generate_tag

from gpu import clock as even
from gpu.national.digest import Challenges, Proof, proof_of
from gpu.national.guests import COMPLETE_WITHIN, NEXT_WITHIN, Guest, Peer, Query
from gpu.national.messages import Account, Presences, Registry
from gpu.national.words import TYPE, catalogue_query, read

log = logging.getLogger(__name__)

SHORTEST, USUAL, LONGEST = 60, 3600, 86_400  # seconds of a registration
FIRST_WAIT, LONGEST_WAIT, PATIENCE = 0.5, 4.0, 32.0  # of a question, as RFC 3261 has them
MOST_FAILURES, FAILURES_WITHIN, MOST_STRANGERS = 20, 600.0, 1000
CHINA = timezone(timedelta(hours=8))

Letter = tuple[Peer, bytes]


class Registrar:
    """`heard` what came in, `due` what is to go out by now; both give (where to, bytes)."""

    def __init__(
        self,
        registry: Registry,
        clock: Callable[[], float] = even.now,
        reached_at: Callable[[Peer], str] = lambda _: "127.0.0.1",
    ) -> None:
        self._registry, self._clock, self._reached_at = registry, clock, reached_at
        self._challenges = Challenges(registry.domain, clock)
        self._accounts = {account.code: account for account in registry.devices}
        self._guests: dict[str, Guest] = {}
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._number = 0

    def apply(self, registry: Registry) -> None:
        """Other devices or passwords, the same door. Who may no longer register is forgotten."""
        before, self._registry = self._accounts, registry
        self._accounts = {account.code: account for account in registry.devices}
        for code in list(self._guests):
            if self._accounts.get(code) != before.get(code):
                del self._guests[code]

    def heard(self, data: bytes, peer: Peer) -> list[Letter]:
        try:
            message = SipMessage.parse(data)
            if isinstance(message, SipResponse):
                self._answered(message, peer)
                return []
            if missing_required_headers(message) or message.cseq is None:
                return []
            answer = self._answer(message, peer)
        except (ValueError, AttributeError, IndexError, KeyError, TypeError) as error:
            log.info("%s sent what is no SIP: %s", peer, error)
            return []
        return [] if answer is None else [(peer, bytes(answer))]

    def due(self) -> list[Letter]:
        """Questions to ask and to ask again; those without an answer are given up."""
        now, letters = self._clock(), []
        for guest in self._guests.values():
            if guest.query is None and guest.online(now) and now >= guest.query_at:
                guest.query = self._question(guest, now)
            query = guest.query
            if query is None:
                continue
            patience = NEXT_WITHIN if query.answered else PATIENCE
            if now - query.heard_at > patience or now - query.asked_at > COMPLETE_WITHIN:
                guest.give_up(now)
            elif not query.answered and now >= query.next_at:
                again = guest.peer.transport == "UDP"  # TCP carries it, or breaks
                query.next_at = now + query.wait if again else now + 2 * PATIENCE
                query.wait = min(query.wait * 2, LONGEST_WAIT)
                letters.append((guest.peer, query.request))
        return letters

    def presences(self) -> Presences:
        now = self._clock()
        return Presences(devices=tuple(guest.presence(now) for guest in self._guests.values()))

    def told(self, presences: Presences) -> None:
        """The server has taken these: catalogues among them need not be told again."""
        for presence in presences.devices:
            guest = self._guests.get(presence.code)
            if guest and presence.channels is not None and presence.channels == guest.channels:
                guest.told = guest.edition

    def _answer(self, request: SipRequest, peer: Peer) -> SipResponse | None:
        if request.method == "REGISTER":
            return self._register(request, peer)
        if request.method == "MESSAGE":
            return self._message(request, peer)
        if request.method == "OPTIONS":
            return _response(request, peer, 200, "OK")
        if request.method == "ACK":
            return None
        refusal = _response(request, peer, 405, "Method Not Allowed")
        refusal.set_header("Allow", "REGISTER, MESSAGE, OPTIONS")
        return refusal

    def _register(self, request: SipRequest, peer: Peer) -> SipResponse | None:
        if self._is_guessing(peer.host):
            return None
        proof = proof_of(request.get_header("authorization"))
        if proof is None:
            return self._challenged(request, peer)
        if not self._challenges.fresh(proof.nonce, peer.host):
            return self._challenged(request, peer, stale=True)
        account = self._accounts.get(_user(request))
        if account is None or not self._is_from(request, account, proof):
            self._failed(peer.host)
            return _response(request, peer, 403, "Forbidden")
        return self._welcome(request, peer, account, proof)

    def _challenged(self, request: SipRequest, peer: Peer, *, stale: bool = False) -> SipResponse:
        answer = _response(request, peer, 401, "Unauthorized")
        answer.set_header("WWW-Authenticate", self._challenges.challenge(peer.host, stale=stale))
        return answer

    def _is_from(self, request: SipRequest, account: Account, proof: Proof) -> bool:
        """The right password, and no registration that was heard and is said again."""
        if proof.user != account.code or not self._challenges.fits(
            proof, account.password, request.method
        ):
            return False
        guest = self._guests.get(account.code)
        if guest is None or guest.last[0] != proof.nonce or not proof.count:
            return True
        return proof.count > guest.last[1] or guest.last[2:] == _turn(request)

    def _welcome(
        self, request: SipRequest, peer: Peer, account: Account, proof: Proof
    ) -> SipResponse:
        seconds = _expires(request)
        if 0 < seconds < SHORTEST:
            answer = _response(request, peer, 423, "Interval Too Brief")
            answer.set_header("Min-Expires", str(SHORTEST))
            return answer
        seconds, now = min(seconds, LONGEST), self._clock()
        guest = self._guests.get(account.code)
        if guest is None or now >= guest.expires_at:
            guest = self._arrived(account, peer, now, guest)
        guest.peer, guest.heard_at, guest.expires_at = peer, now, now + seconds
        guest.last = (proof.nonce, proof.count, *_turn(request))
        answer = _response(request, peer, 200, "OK")
        for contact in request.get_header_values("contact")[:1]:
            answer.set_header("Contact", contact)
        answer.set_header("Expires", str(seconds))
        # Devices set their clocks by this, in the form that the standard has for it.
        date = even.moment(now).astimezone(CHINA).isoformat(timespec="milliseconds")
        answer.set_header("Date", date.removesuffix("+08:00"))
        return answer

    def _arrived(self, account: Account, peer: Peer, now: float, before: Guest | None) -> Guest:
        """A device that comes, or comes back: its catalogue is asked for anew."""
        guest = before or Guest(
            code=account.code, peer=peer, expires_at=now, registered_at=now, heard_at=now
        )
        guest.registered_at, guest.query, guest.query_at = now, None, now
        self._guests[account.code] = guest
        return guest

    def _message(self, request: SipRequest, peer: Peer) -> SipResponse:
        now, guest = self._clock(), self._guests.get(_user(request))
        if guest is None or now >= guest.expires_at or guest.peer.host != peer.host:
            return _response(request, peer, 403, "Forbidden")
        try:
            said = read(request.body)
        except ValueError as error:
            log.info("device %s: %s", guest.code, error)
            return _response(request, peer, 400, "Bad Request")
        guest.peer, guest.heard_at = peer, now
        if said.root == "Response" and said.kind == "Catalog":
            guest.take(said, now)
        return _response(request, peer, 200, "OK")

    def _question(self, guest: Guest, now: float) -> Query:
        self._number = self._number % 999_999 + 1
        request = self._request(guest, catalogue_query(guest.code, self._number))
        return Query(
            number=self._number,
            call=request.call_id or "",
            request=bytes(request),
            asked_at=now,
            heard_at=now,
            next_at=now,
            wait=FIRST_WAIT,
        )

    def _request(self, guest: Guest, body: bytes) -> SipRequest:
        registry, peer = self._registry, guest.peer
        request = SipRequest(method="MESSAGE", uri=f"sip:{guest.code}@{peer.host}:{peer.port}")
        here = f"{self._reached_at(peer)}:{registry.port}"
        request.set_header(
            "Via", f"SIP/2.0/{peer.transport} {here};rport;branch={generate_branch()}"
        )
        us = f"<sip:{registry.code}@{registry.domain}>"
        request.set_header("From", f"{us};tag={generate_tag()}")
        request.set_header("To", f"<sip:{guest.code}@{registry.domain}>")
        request.call_id = generate_call_id(registry.domain)
        request.set_header("CSeq", "1 MESSAGE")
        request.set_header("Max-Forwards", "70")
        request.content_type = TYPE
        request.body = body
        return request

    def _answered(self, response: SipResponse, peer: Peer) -> None:
        for guest in self._guests.values():
            query = guest.query
            if query and query.call == response.call_id and guest.peer.host == peer.host:
                if response.status_code >= 300:
                    guest.give_up(self._clock())
                elif response.status_code >= 200:
                    query.answered, query.heard_at = True, self._clock()

    def _is_guessing(self, host: str) -> bool:
        count, since = self._failures.get(host, (0, 0.0))
        return count >= MOST_FAILURES and self._clock() - since < FAILURES_WITHIN

    def _failed(self, host: str) -> None:
        count, since = self._failures.pop(host, (0, self._clock()))
        if self._clock() - since >= FAILURES_WITHIN:
            count, since = 0, self._clock()
        self._failures[host] = (count + 1, since)
        while len(self._failures) > MOST_STRANGERS:
            self._failures.popitem(last=False)


def _response(request: SipRequest, peer: Peer, code: int, phrase: str) -> SipResponse:
    """An answer to `request`, which tells the asker the address it was seen at."""
    answer = SipResponse(status_code=code, reason_phrase=phrase)
    first, *others = request.via
    first.params["received"] = peer.host
    if "rport" in first.params:
        first.params["rport"] = str(peer.port)
    answer.via = [first, *others]
    for name in ("From", "To", "Call-ID", "CSeq"):
        answer.set_header(name, request.get_header(name) or "")
    if ";tag=" not in (answer.get_header("To") or ""):
        answer.set_header("To", f"{answer.get_header('To')};tag={generate_tag()}")
    answer.set_header("Server", "liuhe")
    return answer


def _user(request: SipRequest) -> str:
    sender = request.from_addr
    return (sender.uri.user or "") if sender else ""


def _turn(request: SipRequest) -> tuple[str, int]:
    return request.call_id or "", request.cseq.seq if request.cseq else 0


def _expires(request: SipRequest) -> int:
    """Seconds asked for: of the contact, else of the message, else an hour."""
    contacts = request.contact
    for text in (
        contacts[0].params.get("expires") if contacts else None,
        request.get_header("expires"),
    ):
        if text and text.isascii() and text.isdecimal() and len(text) < 10:
            return int(text)
    return USUAL
