"""The sender and the line to the server, against a real one that fails in every way."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gpu.link import Link, Refused, Unreachable
from gpu.messages import Config, Health
from gpu.sender import Sender
from gpu.spool import Spool

OBSERVE = "POST /video/observations"
TAKEN = (200, {"Content-Type": "application/json"}, b'{"id": "1", "duplicate": false}')


def as_bytes(config: Config) -> bytes:
    return json.dumps(config.to_json()).encode()


@pytest.fixture
def link(server: Any, token_file: Path) -> Iterator[Link]:
    made = Link(server.address, token_file)
    yield made
    made.close()


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool")


@pytest.fixture
def sender(spool: Spool, link: Link) -> Iterator[Sender]:
    made = Sender(spool, link, first_wait=0.02)
    yield made
    made.stop()


def test_an_observation_arrives_whole_with_its_picture_key_and_token(
    server: Any, spool: Spool, sender: Sender, observation: Any, until: Any
) -> None:
    server.on(OBSERVE, TAKEN)
    spool.put(observation(), b"\xff\xd8 jpeg \r\n--bytes\xff\xd9")
    sender.start()
    until(lambda: spool.health().waiting == 0)
    (call,) = server.named(OBSERVE)
    parts = call.parts()
    assert json.loads(parts["observation"]) == observation().to_json()
    assert parts["evidence"] == b"\xff\xd8 jpeg \r\n--bytes\xff\xd9"
    assert call.headers["Idempotency-Key"] == "o1:started"
    assert call.headers["Authorization"] == "Bearer secret-token"


def test_an_observation_without_a_picture_has_only_one_part(
    server: Any, link: Link, observation: Any
) -> None:
    server.on(OBSERVE, TAKEN)
    link.observe(observation(), None)
    assert list(server.calls[0].parts()) == ["observation"]


@pytest.mark.parametrize("trouble", [0, 500, 502, 503, 408, 429, 401, 403, 302, 404, 405, 410])
def test_whatever_may_pass_is_tried_again_in_order(
    server: Any, spool: Spool, sender: Sender, observation: Any, until: Any, trouble: int
) -> None:
    server.on(OBSERVE, trouble, trouble, TAKEN)
    for number in range(3):
        spool.put(observation(f"o{number}"), None)
    sender.start()
    until(lambda: spool.health().waiting == 0)
    first, second = "o0:started", "o1:started"
    assert server.observed() == [first, first, first, second, "o2:started"]


@pytest.mark.parametrize("status", [400, 409, 413, 422])
def test_what_the_server_will_never_take_is_set_aside_with_its_sentence(
    server: Any, spool: Spool, sender: Sender, observation: Any, until: Any, status: int
) -> None:
    server.on(OBSERVE, (status, {}, "这条消息读不懂。".encode()), TAKEN)
    spool.put(observation("bad"), None)
    spool.put(observation("good"), None)
    sender.start()
    until(lambda: spool.health().waiting == 0)
    assert server.observed() == ["bad:started", "good:started"]
    rejected = next(iter((spool._rejected).glob("*.txt")))
    assert rejected.read_text() == f"{status} 这条消息读不懂。"


def test_one_message_that_breaks_the_server_does_not_hold_up_the_others(
    server: Any, spool: Spool, sender: Sender, observation: Any, until: Any
) -> None:
    def judge(call: Any) -> Any:
        return 500 if call.headers["Idempotency-Key"] == "bad:started" else TAKEN

    server.on(OBSERVE, judge)
    for name in ("bad", "o1", "o2"):
        spool.put(observation(name), None)
    sender.start()
    until(lambda: spool.health().waiting == 1)
    assert [key for key in server.observed() if key != "bad:started"] == [
        "o1:started",
        "o2:started",
    ]


def test_whatever_goes_wrong_with_one_message_the_sender_lives_and_sends_it_later(
    server: Any, spool: Spool, sender: Sender, observation: Any, until: Any, monkeypatch: Any
) -> None:
    server.on(OBSERVE, TAKEN)
    told, broken = sender._link.observe, iter([MemoryError(), RuntimeError("unforeseen")])

    def observe(*letter: Any) -> None:
        if error := next(broken, None):
            raise error
        told(*letter)

    monkeypatch.setattr(sender._link, "observe", observe)
    for name in ("o0", "o1"):
        spool.put(observation(name), None)
    sender.start()
    until(lambda: spool.health().waiting == 0)
    assert server.observed() == ["o0:started", "o1:started"]
    assert spool.health().rejected == 0


def test_a_server_that_comes_back_gets_all_that_happened_meanwhile(
    server: Any, spool: Spool, sender: Sender, observation: Any, until: Any
) -> None:
    server.on(OBSERVE, 0)
    sender.start()
    for number in range(8):
        spool.put(observation(f"o{number}"), b"picture")
    until(lambda: len(server.observed()) >= 7)
    server.calls.clear()
    server.on(OBSERVE, TAKEN)
    until(lambda: spool.health().waiting == 0, 30)
    assert list(dict.fromkeys(server.observed())) == [f"o{n}:started" for n in range(8)]


def test_nobody_there_is_said_in_a_sentence(token_file: Path, observation: Any) -> None:
    link = Link("http://127.0.0.1:9", token_file)
    with pytest.raises(Unreachable, match="The server does not answer"):
        link.observe(observation(), None)


def test_a_server_that_never_answers_is_given_up(
    server: Any, link: Link, observation: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.on(OBSERVE, lambda call: time.sleep(2) or TAKEN)
    monkeypatch.setattr(link._client, "timeout", 0.2)
    started = time.monotonic()
    with pytest.raises(Unreachable):
        link.observe(observation(), None)
    assert time.monotonic() - started < 1.5


def test_an_answer_without_end_is_given_up(
    server: Any, link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gpu.link.ANSWER_AT_MOST", 1000)
    server.on("GET /video/blur", (200, {"X-Blur-Id": "b"}, b"x" * 5000))
    with pytest.raises(Unreachable, match="too large"):
        link.blur_job(0)


def test_a_new_token_needs_no_restart(server: Any, link: Link, token_file: Path) -> None:
    server.on("GET /video/config", 401, (200, {}, as_bytes(Config(version="1"))))
    with pytest.raises(Unreachable, match="check --token-file"):
        link.config(None, 0)
    token_file.write_text("new-token")
    assert link.config(None, 0) == Config(version="1")
    assert server.calls[1].headers["Authorization"] == "Bearer new-token"


@pytest.mark.parametrize("content", ["", "a\nb", "tokén"])
def test_a_token_file_without_a_token_is_named(
    server: Any, link: Link, token_file: Path, content: str
) -> None:
    token_file.write_text(content)
    with pytest.raises(Unreachable, match=r"holds no token"):
        link.config(None, 0)
    token_file.unlink()
    with pytest.raises(Unreachable, match="cannot be read"):
        link.config(None, 0)


def test_the_configuration_is_asked_for_by_version(server: Any, link: Link) -> None:
    config = Config(version="7")
    server.on("GET /video/config", (200, {"ETag": '"7"'}, as_bytes(config)), 304)
    assert link.config(None, 0) == config
    assert link.config("7", 25) is None
    assert server.calls[1].path == "/video/config?wait=25"
    assert server.calls[1].headers["If-None-Match"] == '"7"'


def test_a_configuration_that_cannot_be_used_is_said_by_name(server: Any, link: Link) -> None:
    server.on("GET /video/config", (200, {}, b'{"version": "1", "camera": []}'))
    with pytest.raises(Unreachable, match="did you mean 'cameras'"):
        link.config(None, 0)


def test_an_id_with_strange_characters_stays_in_its_place(server: Any, link: Link) -> None:
    server.on("PUT /video/cameras/a%2F..%2F%E9%97%A8/snapshot", 204)
    link.snapshot("a/../门", b"jpeg", datetime(2026, 5, 1, tzinfo=UTC))
    (call,) = server.calls
    assert call.headers["X-Frame-At"] == "2026-05-01T00:00:00+00:00"
    assert (call.headers["Content-Type"], call.body) == ("image/jpeg", b"jpeg")


def test_health_arrives_as_it_was_said(server: Any, link: Link) -> None:
    at = datetime(2026, 5, 1, tzinfo=UTC)
    health = Health(worker="w", started_at=at, at=at)
    server.on("POST /video/health", 204)
    link.health(health)
    assert Health.from_json(server.calls[0].body) == health


def test_a_lost_lease_is_a_refusal(server: Any, link: Link) -> None:
    server.on("PUT /video/blur/b1", (404, {}, b"gone"))
    with pytest.raises(Refused, match="404 gone"):
        link.blurred("b1", b"jpeg")
