"""Devices register by GB/T 28181: the rules without sockets, and a real SIP program over both."""

import itertools
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from aiosipua.auth import SipDigestAuth, build_credentials
from aiosipua.headers import parse_auth, stringify_auth
from aiosipua.message import SipMessage, SipRequest, SipResponse
from hypothesis import given
from hypothesis import strategies as st

from gpu import clock
from gpu.errands import ChangeErrand
from gpu.national.door import RegistrarDoor
from gpu.national.errands import PresenceErrand
from gpu.national.guests import AGAIN_AFTER, ANEW_EVERY, COMPLETE_WITHIN, NEXT_WITHIN, SILENCE, Peer
from gpu.national.messages import MOST_CHANNELS, Account, Presence, Presences, Registry
from gpu.national.registrar import MOST_FAILURES, MOST_STRANGERS, PATIENCE, Letter, Registrar
from gpu.national.words import read

US, DEVICE, PASSWORD = "33010500002000000001", "33010500001180000001", "12345678"
DOMAIN = US[:10]
PEER = Peer("UDP", "10.0.0.9", 5060)
SIPP = Path(__file__).with_name("sipp")


def registry(port: int = 5060, **changes: Any) -> Registry:
    given = {"version": "1", "code": US, "host": "127.0.0.1", "port": port}
    return Registry(**{**given, "devices": (Account(code=DEVICE, password=PASSWORD),), **changes})


class House:
    """A registrar whose clock we turn, and one device that talks to it."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.registrar = Registrar(registry(), clock=lambda: self.now)
        self.turn = 0

    def say(self, request: SipRequest, peer: Peer = PEER) -> SipResponse:
        [(to, data)] = self.registrar.heard(bytes(request), peer)
        assert to == peer
        answer = SipMessage.parse(data)
        assert isinstance(answer, SipResponse)
        return answer

    def request(self, method: str, code: str = DEVICE, **headers: str) -> SipRequest:
        self.turn += 1
        made = SipRequest(method=method, uri=f"sip:{US}@{DOMAIN}")
        made.set_header("Via", f"SIP/2.0/UDP 192.168.1.5:5060;rport;branch=z9hG4bK{self.turn}")
        made.set_header("From", f"<sip:{code}@{DOMAIN}>;tag=1")
        made.set_header("To", f"<sip:{code}@{DOMAIN}>")
        made.set_header("Call-ID", "a-call")
        made.set_header("CSeq", f"{self.turn} {method}")
        for name, value in headers.items():
            made.set_header(name.replace("_", "-"), value)
        return made

    def challenge(self, peer: Peer = PEER) -> Any:
        answer = self.say(self.request("REGISTER"), peer)
        assert answer.status_code == 401
        return parse_auth(answer.get_header("www-authenticate") or "")

    def signed(
        self,
        challenge: Any,
        expires: int = 3600,
        *,
        password: str = PASSWORD,
        code: str = DEVICE,
        count: int = 1,
    ) -> SipRequest:
        request = self.request("REGISTER", code, Expires=str(expires))
        credentials = build_credentials(
            SipDigestAuth(code, password), challenge, "REGISTER", request.uri, nonce_count=count
        )
        assert credentials
        request.set_header("Authorization", stringify_auth(credentials))
        return request

    def register(self, peer: Peer = PEER, expires: int = 3600) -> SipResponse:
        return self.say(self.signed(self.challenge(peer), expires), peer)

    def message(self, body: bytes, peer: Peer = PEER) -> SipResponse:
        request = self.request("MESSAGE")
        request.body = body
        return self.say(request, peer)

    def asked(self) -> list[SipRequest]:
        return [SipMessage.parse(data) for _, data in self.registrar.due()]  # type: ignore[misc]

    @property
    def device(self) -> Presence:
        [presence] = self.registrar.presences().devices
        return presence


@pytest.fixture
def house() -> House:
    return House()


def keepalive() -> bytes:
    return (
        b"<?xml version='1.0' encoding='GB2312'?><Notify><CmdType>Keepalive</CmdType><SN>1</SN>"
        b"<DeviceID>33010500001180000001</DeviceID><Status>OK</Status></Notify>"
    )


def catalogue(number: int, *lines: int, total: int | None = None, name: str = "桥头") -> bytes:
    items = "".join(
        f"<Item><DeviceID>{33010500001310000000 + line}</DeviceID><Name>{name}{line}</Name>"
        f"<Status>ON</Status></Item>"
        for line in lines
    )
    text = (
        "<?xml version='1.0' encoding='GB2312'?><Response><CmdType>Catalog</CmdType>"
        f"<SN>{number}</SN><DeviceID>{DEVICE}</DeviceID>"
        f"<SumNum>{len(lines) if total is None else total}</SumNum>"
        f"<DeviceList Num='{len(lines)}'>{items}</DeviceList></Response>"
    )
    return text.encode("gb18030")


def test_a_device_with_its_password_is_let_in_for_as_long_as_it_asks(house: House) -> None:
    answer = house.register(expires=600)
    assert (answer.status_code, answer.get_header("expires")) == (200, "600")
    assert answer.get_header("date") == "2027-01-15T16:00:00.000"  # Beijing's time
    assert answer.via[0].params["received"] == PEER.host
    assert house.device.online
    house.now += 599
    assert house.message(keepalive()).status_code == 200
    assert house.device.online
    house.now += 1
    assert not house.device.online
    assert house.message(keepalive()).status_code == 403


def test_a_wrong_password_and_an_unknown_device_are_refused_alike(house: House) -> None:
    wrong = house.say(house.signed(house.challenge(), password="87654321"))
    other = house.say(house.signed(house.challenge(), code="33010500001180000009"))
    borrowed = house.signed(house.challenge())
    borrowed.set_header("From", "<sip:33010500001180000009@3301050000>;tag=1")
    for answer in (wrong, other, house.say(borrowed)):
        assert (answer.status_code, answer.reason_phrase) == (403, "Forbidden")
    assert house.registrar.presences().devices == ()


def test_a_challenge_is_good_for_one_address_and_a_few_minutes(house: House) -> None:
    challenge = house.challenge()
    elsewhere = Peer("UDP", "10.0.0.10", 5060)
    assert house.say(house.signed(challenge), elsewhere).status_code == 401
    house.now += 301
    late = house.say(house.signed(challenge))
    assert late.status_code == 401
    assert "stale=true" in (late.get_header("www-authenticate") or "")
    forged = parse_auth(stringify_auth(challenge))
    forged.params["nonce"] = f"{int(house.now):x}-{'0' * 32}"
    assert house.say(house.signed(forged)).status_code == 401


def test_a_registration_that_was_overheard_cannot_be_used_again(house: House) -> None:
    challenge = house.challenge()
    first = house.signed(challenge, count=1)
    assert house.say(first).status_code == 200
    assert house.say(first).status_code == 200, "the same once more: its answer was lost"
    again = house.request("REGISTER", Expires="0")
    again.set_header("Authorization", first.get_header("authorization") or "")
    assert house.say(again).status_code == 403
    assert house.device.online
    assert house.say(house.signed(challenge, count=2)).status_code == 200


def test_a_device_of_the_older_kind_that_counts_nothing_is_let_in(house: House) -> None:
    challenge = house.challenge()
    del challenge.params["qop"]
    assert house.say(house.signed(challenge)).status_code == 200


def test_a_device_that_takes_leave_is_gone(house: House) -> None:
    house.register()
    assert house.register(expires=0).status_code == 200
    assert not house.device.online
    assert house.register(expires=30).status_code == 423


def test_silence_for_three_keepalives_is_absence(house: House) -> None:
    house.register()
    house.now += SILENCE + 1
    assert not house.device.online
    assert house.message(keepalive()).status_code == 200
    assert house.device.online


def test_nobody_speaks_for_a_device_from_elsewhere(house: House) -> None:
    house.register()
    assert house.message(keepalive(), Peer("UDP", "10.0.0.66", 5060)).status_code == 403


def test_guessing_is_answered_with_silence(house: House) -> None:
    for _ in range(MOST_FAILURES):
        house.say(house.signed(house.challenge(), password="0"))
    assert house.registrar.heard(bytes(house.request("REGISTER")), PEER) == []
    assert house.register(Peer("UDP", "10.0.0.10", 5060)).status_code == 200
    house.now += 601
    assert house.register().status_code == 200


def test_of_those_who_guess_only_the_latest_are_remembered(house: House) -> None:
    first = Peer("UDP", "10.0.0.66", 5060)
    for _ in range(MOST_FAILURES):
        house.say(house.signed(house.challenge(first), password="0"), first)
    assert house.registrar.heard(bytes(house.request("REGISTER")), first) == []
    for number in range(MOST_STRANGERS):
        peer = Peer("UDP", f"10.1.{number // 250}.{number % 250}", 5060)
        house.say(house.signed(house.challenge(peer), password="0"), peer)
    assert house.challenge(first), "forgotten, and asked for the password again"


def test_the_catalogue_is_asked_for_and_put_together(house: House) -> None:
    house.register()
    [question] = house.asked()
    assert question.uri == "sip:33010500001180000001@10.0.0.9:5060"
    number = read(question.body).number
    house.message(catalogue(number, 1, 2, total=3))
    assert house.device.channels is None
    house.message(catalogue(number, 2, 3, total=3))
    told = house.device
    assert [channel.name for channel in told.channels or ()] == ["桥头1", "桥头2", "桥头3"]
    assert told.complete
    house.registrar.told(Presences(devices=(told,)))
    assert house.device.channels is None, "told once"
    house.now += ANEW_EVERY
    house.register()
    assert len(house.asked()) == 1, "and asked for again"


def test_a_question_without_an_answer_is_repeated_and_given_up(house: House) -> None:
    house.register()
    times = []
    for _ in range(400):
        if house.asked():
            times.append(house.now)
        house.now += 0.1
    waits = [round(b - a, 1) for a, b in itertools.pairwise(times)]
    assert waits[:4] == pytest.approx([0.5, 1.0, 2.0, 4.0], abs=0.11)
    assert times[-1] - times[0] <= PATIENCE
    assert house.device.fault == "catalogue_silent"
    assert house.device.trouble == "No answer to the question for its catalogue."


def test_a_catalogue_that_breaks_off_is_told_as_such(house: House) -> None:
    house.register()
    [question] = house.asked()
    ok = SipResponse(status_code=200, reason_phrase="OK")
    for name in ("Via", "From", "To", "Call-ID", "CSeq"):
        ok.set_header(name, question.get_header(name) or "")
    assert house.registrar.heard(bytes(ok), PEER) == []
    house.message(catalogue(read(question.body).number, 1, total=5))
    house.now += NEXT_WITHIN + 1
    assert house.asked() == []
    told = house.device
    assert [channel.name for channel in told.channels or ()] == ["桥头1"]
    assert not told.complete


def test_a_catalogue_may_come_slowly_but_not_for_ever(house: House) -> None:
    house.register()
    number = read(house.asked()[0].body).number
    for line in range(1, 6):
        house.now += NEXT_WITHIN - 1
        house.message(catalogue(number, line, total=5))
        assert house.asked() == []
    assert len(house.device.channels or ()) == 5
    assert (house.device.complete, house.device.fault) == (True, "")
    house.now += ANEW_EVERY
    house.register()
    began, number = house.now, read(house.asked()[0].body).number
    while house.device.fault == "":
        house.now += NEXT_WITHIN - 1
        house.message(catalogue(number, 1, total=5))
        house.asked()
    assert house.device.fault == "catalogue_cut"
    assert 0 < house.now - began - COMPLETE_WITHIN < NEXT_WITHIN


def test_a_catalogue_that_breaks_off_takes_nothing_away(house: House) -> None:
    house.register()
    house.message(catalogue(read(house.asked()[0].body).number, 1, 2, 3))
    house.now += ANEW_EVERY
    house.register()
    number = read(house.asked()[0].body).number
    house.message(catalogue(number, 3, 4, total=4, name="新桥"))
    house.now += NEXT_WITHIN + 1
    house.asked()
    told = house.device
    names = [channel.name for channel in told.channels or ()]
    assert names == ["桥头1", "桥头2", "新桥3", "新桥4"]
    assert (told.complete, told.fault) == (False, "catalogue_cut")
    house.now += AGAIN_AFTER
    house.register()
    house.message(catalogue(read(house.asked()[0].body).number, 4, name="新桥"))
    told = house.device
    assert [channel.name for channel in told.channels or ()] == ["新桥4"], "a whole one replaces"
    assert (told.complete, told.fault) == (True, "")


@pytest.mark.parametrize("jump", [-86_400.0, 86_400.0], ids=["back", "forward"])
def test_a_clock_that_is_set_keeps_nobody_and_sends_nobody_away(
    house: House, monkeypatch: pytest.MonkeyPatch, jump: float
) -> None:
    real, passed = time.time, 0.0
    house.registrar = Registrar(registry())
    house.register()
    monkeypatch.setattr("gpu.clock.time.time", lambda: real() + jump + passed)
    assert house.device.online
    assert house.device.heard_at.timestamp() == pytest.approx(real() + jump, abs=60)
    # Devices set their clocks by it.
    date = datetime.fromisoformat(f"{house.register().get_header('date')}+08:00")
    assert date.timestamp() == pytest.approx(real() + jump, abs=60), (
        "devices set their clocks by it"
    )
    passed = SILENCE + 1
    monkeypatch.setattr(clock, "_BEGAN", clock._BEGAN + passed)
    assert not house.device.online


def test_a_catalogue_that_nobody_asked_for_or_without_an_end_is_bounded(house: House) -> None:
    house.register()
    house.message(catalogue(77, 1))
    assert house.device.channels is None
    number = read(house.asked()[0].body).number
    for start in range(0, MOST_CHANNELS + 500, 500):
        house.message(catalogue(number, *range(start, start + 500), total=999_999))
    assert len(house.device.channels or ()) == MOST_CHANNELS
    assert not house.device.complete


def test_a_device_that_is_struck_off_or_has_a_new_password_must_register_anew(house: House) -> None:
    house.register()
    house.registrar.apply(registry())
    assert house.device.online, "nothing changed for it"
    house.registrar.apply(registry(devices=(Account(code=DEVICE, password="other"),)))
    assert house.registrar.presences().devices == ()
    assert house.message(keepalive()).status_code == 403
    assert house.register().status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<",
        b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><Notify>&b;</Notify>",
        b"\xff" * 100,
    ],
)
def test_what_is_no_message_of_a_device_is_refused(house: House, body: bytes) -> None:
    house.register()
    assert house.message(body).status_code == 400


METHODS = st.sampled_from(["REGISTER", "MESSAGE", "OPTIONS", "INVITE", "ACK", "\x00"])
VALUES = st.text(max_size=60)


@given(
    method=METHODS,
    values=st.dictionaries(
        st.sampled_from(
            ["Via", "From", "To", "Call-ID", "CSeq", "Contact", "Expires", "Authorization", "Date"]
        ),
        VALUES
        | st.sampled_from(["Digest nonce=1", "Digest", "1 REGISTER", "<sip:a@b>;expires=9e9"]),
    ),
    body=st.binary(max_size=200),
)
def test_whatever_comes_in_is_answered_once_or_not_at_all(
    method: str, values: dict[str, str], body: bytes
) -> None:
    house = House()
    lines = [f"{name}: {value}" for name, value in values.items()]
    head = "\r\n".join([f"{method} sip:{US}@{DOMAIN} SIP/2.0", *lines])
    data = head.encode("utf-8", "replace") + b"\r\n\r\n" + body
    assert len(house.registrar.heard(data, PEER)) <= 1
    assert len(house.registrar.heard(body, PEER)) <= 1
    assert house.registrar.presences() == Presences()


@pytest.fixture
def sipp() -> str:
    found = shutil.which("sipp")
    if found is None:
        if "sipp" in os.environ.get("LIUHE_TEST_REQUIRE", "").split(","):
            pytest.fail("apt-get install sip-tester")
        pytest.skip("apt-get install sip-tester")
    return found


@pytest.fixture
def door() -> Iterator[RegistrarDoor]:
    made = RegistrarDoor()
    made.start()
    yield made
    made.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("transport", ["u1", "t1"])
def test_a_real_sip_program_registers_keeps_alive_and_answers_for_its_catalogue(
    sipp: str, door: RegistrarDoor, until: Callable[..., Any], tmp_path: Path, transport: str
) -> None:
    """SIPp, as Debian packages it, over UDP and over TCP."""
    port = free_port()
    door.apply(registry(port))
    until(lambda: is_open(port))
    ran = subprocess.run(
        [
            *(sipp, f"127.0.0.1:{port}", "-sf", SIPP / "device.xml"),
            *("-oocsf", SIPP / "catalogue.xml", "-m", "1", "-t", transport),
            *("-i", "127.0.0.1", "-p", str(free_port()), "-nostdin"),
            *("-timeout", "20s", "-timeout_error"),
        ],
        capture_output=True,
        cwd=tmp_path,
        timeout=40,
    )
    assert ran.returncode == 0, ran.stderr[-500:]
    [device] = door.presences().devices
    assert device.online
    assert device.heard_at > device.registered_at
    assert [(one.name, one.online) for one in device.channels or ()] == [
        ("小河路桥头", True),
        ("和睦公园东门", False),
    ]


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_port_that_is_taken_is_told_and_a_closed_door_is_closed(
    door: RegistrarDoor, until: Callable[..., Any]
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        door.apply(registry(port))
        until(lambda: f"Port {port} cannot be opened" in door.presences().trouble)
        assert door.presences().fault == "port"
    free = free_port()
    door.apply(registry(free))
    until(lambda: is_open(free) and door.presences().trouble == "")
    door.apply(Registry(version="3"))
    until(lambda: not is_open(free))


def test_whatever_goes_wrong_at_the_door_is_told_and_the_door_opens_again(
    door: RegistrarDoor, until: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gpu.national.door.PAUSE", 0.05)
    port = free_port()
    door.apply(replace(registry(port), host="x" * 70 + ".example"))  # no label is that long
    until(lambda: f"Port {port} cannot be opened" in door.presences().trouble)

    def due(registrar: Registrar) -> list[Letter]:
        raise KeyError("a defect")

    with monkeypatch.context() as broken:
        broken.setattr("gpu.national.registrar.Registrar.due", due)
        door.apply(registry(port))
        until(lambda: "The registrar failed (KeyError)" in door.presences().trouble)
    until(lambda: is_open(port) and door.presences().trouble == "")


def test_a_line_that_floods_is_cut_and_the_others_stay(
    door: RegistrarDoor, until: Callable[..., Any]
) -> None:
    port = free_port()
    door.apply(registry(port))
    until(lambda: is_open(port))
    with (
        socket.create_connection(("127.0.0.1", port), 5) as long,
        socket.create_connection(("127.0.0.1", port), 5) as good,
    ):
        long.sendall(b"MESSAGE sip:a@b SIP/2.0\r\nContent-Length: 99999999\r\n\r\n")
        assert long.recv(10) == b""
        request = House().request("REGISTER")
        good.sendall(b"\r\n\r\n" + bytes(request)[:40])
        good.sendall(bytes(request)[40:])
        assert good.recv(4000).startswith(b"SIP/2.0 401 ")


class Desk:
    """The server's side, which may refuse."""

    def __init__(self) -> None:
        self.asked: list[str | None] = []
        self.taken: list[Presences] = []

    def registry(self, known: str | None, wait: float) -> Registry | None:
        self.asked.append(known)
        return registry() if known is None else None

    def presences(self, told: Presences) -> None:
        self.taken.append(told)


class Porter:
    def __init__(self) -> None:
        self.wanted: list[Registry] = []
        self.here = Presences()
        self.acknowledged = threading.Event()

    def apply(self, registry: Registry) -> None:
        self.wanted.append(registry)

    def presences(self) -> Presences:
        return self.here

    def told(self, presences: Presences) -> None:
        self.acknowledged.set()


def test_the_errands_bring_each_registry_once_and_are_silent_while_nobody_comes() -> None:
    desk, porter = Desk(), Porter()
    asks, tells = ChangeErrand(desk.registry, porter.apply), PresenceErrand(desk, porter)
    asks.round()
    asks.round()
    assert desk.asked == [None, "1"]
    assert len(porter.wanted) == 1
    tells.round()
    assert desk.taken == []
    for trouble in ("Port 5060 cannot be opened.", ""):
        porter.here = Presences(trouble=trouble)
        tells.round()
        tells.round()
    assert [told.trouble for told in desk.taken] == ["Port 5060 cannot be opened.", ""]
    assert porter.acknowledged.is_set()
