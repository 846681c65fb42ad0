"""Observations come in once each, whatever the eyes and the network do."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from core.facts import FactRow
from core.files import LOOSE_AFTER, forget_loose_files
from core.stores import folder as root
from liuhe import File, content_of
from liuhe.testing import a_night, removed
from plugins.video import actions
from plugins.video.actions import intake
from plugins.video.models import Message, Observation
from tests.factories import only
from tests.plugins.video.conftest import NOW, Street, client, jpeg


async def facts(name: str) -> list[dict[str, Any]]:
    return [row.payload for row in await FactRow.filter(name=name).order_by("id")]


async def test_a_start_with_its_picture_becomes_one_observation_and_one_fact(
    street: Street,
) -> None:
    answer = await street.send(street.told(id="a"), jpeg())
    assert (answer.status_code, answer.json()["duplicate"]) == (200, False)
    row = await Observation.get().select_related("evidence")
    assert (row.scene, row.object, row.ended_at) == ("0505", "car", None)
    assert await content_of(row.evidence) == jpeg()
    (fact,) = await facts("video.observation_started")
    assert fact == {
        "area_path": street.area.path,
        "observation_id": row.id,
        "camera_id": street.camera.id,
        "area_id": street.area.id,
        "zone_id": street.zone.id,
        "watch_id": street.watch.id,
        "scene": "0505",
        "object": "car",
        "count": 1,
        "score": 0.8,
        "at": (NOW - timedelta(seconds=20)).isoformat().replace("+00:00", "Z"),
        "evidence": str(row.evidence_id),
    }


async def test_fifty_repeats_at_once_make_one_row_and_one_picture(street: Street) -> None:
    told = street.told(id="a")
    answers = await asyncio.gather(*(street.send(told, jpeg()) for _ in range(50)))
    assert [answer.status_code for answer in answers] == [200] * 50
    assert sorted(answer.json()["duplicate"] for answer in answers) == [False] + [True] * 49
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert await Observation.all().count() == 1
    files = await File.all()
    assert sorted(file.keeper for file in files) == ["signage", "video"]
    await removed()
    stored = {path for path in root().rglob("*") if path.is_file()}
    assert stored == {root() / file.key for file in files}
    assert len(await facts("video.observation_started")) == 1


async def test_an_end_closes_what_was_started(street: Street) -> None:
    await street.send(street.told(id="a"), jpeg())
    await street.send(street.told("ended", id="a", count=3))
    row = await Observation.get()
    assert (row.ended_at, row.count, row.lost) == (NOW, 3, False)
    assert len(await facts("video.observation_ended")) == 1


async def test_an_end_that_overtakes_its_start_loses_nothing(street: Street) -> None:
    await street.send(street.told("ended", id="a"))
    await street.send(street.told(id="a"), jpeg())
    row = await Observation.get()
    assert row.ended_at == NOW
    assert row.evidence_id is not None
    assert len(await facts("video.observation_started")) == 1
    assert len(await facts("video.observation_ended")) == 1


async def test_after_a_restart_the_same_object_goes_on_in_the_same_row(street: Street) -> None:
    await street.beat(session=NOW - timedelta(hours=1))
    first = await street.send(street.told(id="a"), jpeg())
    await street.beat(session=NOW + timedelta(minutes=1))
    later = {"at": (NOW + timedelta(minutes=2)).isoformat()}
    again = {**later, "started_at": (NOW + timedelta(minutes=1)).isoformat()}
    second = await street.send(street.told(id="b", **again), jpeg())
    assert first.json()["id"] == second.json()["id"]
    assert await File.exclude(keeper="signage").count() == 1
    await street.send(street.told("ended", id="a"))
    assert (await Observation.get()).ended_at is None  # "b" is what is seen now
    await street.send(street.told("ended", id="b", **later))
    assert (await Observation.get()).ended_at == NOW


@pytest.mark.parametrize(
    "other",
    [
        {"box": [0.7, 0.7, 0.9, 0.9]},
        {"started_at": (NOW + timedelta(hours=2)).isoformat()},
    ],
    ids=["elsewhere", "much-later"],
)
async def test_another_object_after_a_restart_is_another_row(
    street: Street, other: dict[str, Any]
) -> None:
    await street.beat(session=NOW - timedelta(hours=1))
    await street.send(street.told(id="a"))
    await street.beat(session=NOW + timedelta(minutes=1))
    later = {"at": (NOW + timedelta(hours=3)).isoformat()}
    started = {"started_at": (NOW + timedelta(minutes=1)).isoformat()}
    await street.send(street.told(id="b", **{**later, **started, **other}))
    assert await Observation.all().count() == 2


async def test_two_objects_of_one_run_stay_apart(street: Street) -> None:
    await street.beat(session=NOW - timedelta(hours=1))
    await street.send(street.told(id="a"))
    await street.send(street.told(id="b"))
    assert await Observation.all().count() == 2


async def test_what_nobody_saw_end_is_closed_as_lost(street: Street) -> None:
    past = (NOW - timedelta(days=9)).isoformat()
    await street.send(street.told(id="a", at=past, started_at=past))
    await street.beat(session=NOW - timedelta(days=6))
    await actions.watch_over()
    assert (await Observation.get()).ended_at is None
    await street.beat(session=NOW - timedelta(days=8))
    await actions.watch_over()
    row = await Observation.get()
    assert row.lost
    assert (await facts("video.observation_ended"))[0]["lost"] is True


async def test_the_end_of_what_is_no_longer_watched_is_still_taken(street: Street) -> None:
    await street.send(street.told(id="a"), jpeg())
    await actions.remove_zone(street.admin, street.camera.id, street.zone.id)
    await street.send(street.told("ended", id="a"))
    row = await Observation.get()
    assert (row.ended_at, row.lost) == (NOW, False)


async def test_a_removed_zone_is_ignored_and_nothing_is_kept(street: Street) -> None:
    await actions.remove_zone(street.admin, street.camera.id, street.zone.id)
    answer = await street.send(street.told(), jpeg())
    assert (answer.status_code, answer.json()) == (
        200,
        {"id": None, "duplicate": False, "ignored": True},
    )
    assert await Message.all().count() == await File.exclude(keeper="signage").count() == 0


async def test_cut_off_between_picture_and_row_leaves_nothing_for_ever(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def cut(*_: Any) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(intake, "_take", cut)
        assert (await street.send(street.told(id="a"), jpeg())).status_code == 500
    orphan = await File.exclude(keeper="signage").get()
    assert (await street.send(street.told(id="a"), jpeg())).status_code == 200
    await File.filter(id=orphan.id).update(created_at=NOW - LOOSE_AFTER - timedelta(hours=1))
    await forget_loose_files({})
    kept = await File.exclude(keeper="signage").get()
    assert kept.keeper == "video"
    assert not (root() / orphan.key).exists()


async def test_old_pictures_go_unless_somebody_builds_on_them(street: Street) -> None:
    for id in ("old", "kept", "young"):
        past = NOW - timedelta(days=0 if id == "young" else 31)
        await street.send(street.told(id=id, started_at=past.isoformat()), jpeg())
    rows = await Observation.all().order_by("id")
    await actions.keep_evidence(rows[1].id)
    paths = [root() / (await row.evidence).key for row in rows]
    await a_night()
    assert [path.exists() for path in paths] == [False, True, True]
    assert (await Observation.get(id=rows[0].id)).evidence_id is None


DOORS = (
    ("GET", "/video/config"),
    ("POST", "/video/observations"),
    ("POST", "/video/health"),
    ("PUT", "/video/cameras/1/snapshot"),
    ("GET", "/video/blur"),
    ("PUT", "/video/blur/1"),
    ("POST", "/video/blur/1/failed"),
)


@only("sqlite")
async def test_without_the_token_every_door_is_shut(street: Street) -> None:
    person = await street.browser("admin")
    for door in (client(street.app), client(street.app, "wrong-token"), person):
        for method, path in DOORS:
            answer = await door.request(method, path)
            assert answer.status_code == 401, path
            assert answer.json()["error"]["message"].startswith("视频处理程序的令牌不对")


@only("sqlite")
@pytest.mark.parametrize(
    "spoiled",
    [
        {"key": "another"},
        {"box": [0, 0, 2, 2]},
        {"score": "high"},
        {"at": "yesterday"},
        {"started_at": "0001-01-01T00:00:00+14:00"},
        {"at": "9999-12-31T23:59:59+00:00"},
        {"extra": 1},
        {"phase": "ended"},
    ],
    ids=str,
)
async def test_a_message_that_makes_no_sense_is_refused(
    street: Street, spoiled: dict[str, Any]
) -> None:
    answer = await street.send({**street.told(), **spoiled})
    assert answer.status_code == 422
    assert answer.json()["error"]["message"]
    assert await Observation.all().count() == 0


@only("sqlite")
@pytest.mark.parametrize(
    ("content", "status"),
    [(b"", 422), (b"{", 422), (b"[" * 100_000, 422), (b"\xff" * 9, 422), (b"x" * 300_000, 422)],
    ids=["nothing", "cut", "deep", "binary", "long"],
)
async def test_no_rubbish_gets_in(street: Street, content: bytes, status: int) -> None:
    answer = await street.eyes.post(
        "/video/observations", files={"observation": ("o.json", content)}
    )
    assert answer.status_code == status


@only("sqlite")
async def test_a_picture_that_is_none_is_refused(street: Street) -> None:
    assert (await street.send(street.told(), b"<html>")).status_code == 422
    assert (await street.send(street.told(), jpeg() + b"0" * 4_100_000)).status_code == 413
    assert (await street.send(street.told(), jpeg() + b"0" * 9_000_000)).status_code == 413
    assert await File.exclude(keeper="signage").count() == 0


@only("sqlite")
async def test_reading_stops_at_the_bound(street: Street) -> None:
    sent = 0

    async def endless() -> Any:
        nonlocal sent
        while sent < 100_000_000:
            sent += 1_000_000
            yield b"0" * 1_000_000

    answer = await street.eyes.put(f"/video/cameras/{street.camera.id}/snapshot", content=endless())
    assert answer.status_code == 413


@only("sqlite")
async def test_repeating_under_another_key_is_refused(street: Street) -> None:
    answer = await street.send(street.told(), **{"idempotency-key": "x"})
    assert answer.status_code == 422
