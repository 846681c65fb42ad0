"""Observations become findings: one for each place, and none is lost."""

import random
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest

from core.facts import FactRow
from core.files import File
from liuhe import rows
from liuhe.testing import a_night
from plugins.cases.actions import reject_case
from plugins.cases.models import Case
from plugins.city_eye import actions
from plugins.city_eye.models import Finding, Scene, Sighting
from plugins.video.actions import WatchInput
from plugins.video.models import Observation, Watch, Zone
from tests.plugins.city_eye.conftest import Street, jpeg, raised, see
from tests.plugins.video.conftest import NOW, draw, given_zone


async def test_an_observation_becomes_a_finding_and_nothing_else(street: Street) -> None:
    finding = await raised(street)
    assert (finding.joined, finding.object, finding.count, finding.on_trial) == (1, "car", 1, False)
    assert finding.area_id == street.area.id
    assert finding.picture_id == (await Observation.get()).evidence_id
    assert await Case.all().count() == 0
    (fact,) = await FactRow.filter(name="city_eye.finding_raised")
    assert fact.payload["finding_id"] == finding.id
    assert await FactRow.filter(name="cases.opened").count() == 0


async def test_more_of_the_same_place_joins_it(street: Street) -> None:
    await raised(street)
    later = (NOW + timedelta(minutes=5)).isoformat()
    await see(street, started_at=later, at=later, count=4)
    finding = await Finding.get()
    assert (finding.joined, finding.count) == (2, 4)
    assert finding.last_seen_at == NOW + timedelta(minutes=5)
    assert await FactRow.filter(name="city_eye.finding_raised").count() == 1


async def test_a_picture_that_comes_later_is_taken_over(street: Street) -> None:
    await see(street, picture=False)
    assert (await Finding.get()).picture_id is None
    await see(street)
    assert (await Finding.get()).picture_id is not None


async def test_a_picture_that_comes_with_the_end_is_shown_as_well(street: Street) -> None:
    await see(street, picture=False, id="a")
    await see(street, phase="ended", id="a")
    finding = await Finding.get().select_related("observation")
    assert finding.picture_id is None
    assert finding.shown_id == finding.observation.evidence_id is not None


async def test_while_its_case_is_open_the_place_raises_nothing_new(street: Street) -> None:
    finding = await raised(street)
    confirmed = await actions.confirm_finding(street.grid, finding.id)
    await see(street)
    assert (await Finding.get()).joined == 2
    await reject_case(street.dispatcher, confirmed.case_id, reason="不属于本街道")
    await street.deliver()
    await see(street)
    assert await Finding.filter(state="pending").count() == 1


@pytest.mark.parametrize(
    ("reason", "minutes", "pending"),
    [
        ("false_alarm", 30, 0),
        ("false_alarm", 121, 1),
        ("duplicate", 30, 0),
        ("handled", 30, 1),
    ],
)
async def test_after_a_false_alarm_the_place_is_quiet_for_a_while(
    street: Street, reason: str, minutes: int, pending: int
) -> None:
    finding = await raised(street)
    await actions.discard_finding(street.grid, finding.id, reason)
    await Finding.all().update(decided_at=NOW)
    then = (NOW + timedelta(minutes=minutes)).isoformat()
    await see(street, started_at=then, at=then)
    assert await Finding.filter(state="pending").count() == pending
    assert await Sighting.filter(quiet=True).count() == 1 - pending
    assert (await Finding.get(id=finding.id)).joined == 2 - pending


async def test_scenes_that_are_unknown_or_off_raise_nothing(street: Street) -> None:
    await Scene.filter(code="0505").update(active=False)
    await see(street)
    watch = WatchInput(kind="dwell", objects=("car",), seconds=5, scene="nothing")
    await draw(street.admin, street.camera.id, [given_zone(watches=(watch,))])
    new = await Watch.get(active=True, zone__active=True)
    await see(street, watch_id=str(new.id), zone_id=str(new.zone_id))
    assert await Observation.all().count() == 2
    assert await Finding.all().count() == 0


async def test_what_nobody_looked_at_expires_and_frees_its_place(street: Street) -> None:
    finding = await raised(street)
    assert await actions.expire_findings() == 0
    await Finding.all().update(last_seen_at=NOW - timedelta(hours=73))
    assert await actions.expire_findings() == 1
    assert (await Finding.get(id=finding.id)).state == "expired"
    await see(street)
    assert await Finding.filter(state="pending").count() == 1


async def test_evidence_is_kept_until_the_finding_is_decided_whatever_is_decided(
    street: Street,
) -> None:
    """The first observation had no picture, so the second one's is the finding's."""
    for decide in ("confirm", "discard", "expire"):
        await draw(street.admin, street.camera.id, [given_zone()])
        watch = await Watch.get(active=True, zone__active=True)
        place = {"watch_id": str(watch.id), "zone_id": str(watch.zone_id)}
        await see(street, picture=False, id=f"{decide}1", **place)
        await see(street, id=f"{decide}2", **place)
        await see(street, phase="ended", id=f"{decide}1", **place)  # its picture, after all
        await Observation.all().update(started_at=NOW - timedelta(days=40))
        await a_night()
        finding = await Finding.get(state="pending")
        assert (finding.joined, finding.picture_id is None) == (2, False)
        await _decide(street, finding, decide)
        await a_night()
        assert not await Observation.filter(evidence_id__isnull=False).exists()
        assert (await Finding.get(id=finding.id)).picture_id is None
    assert await File.filter(keeper="video").count() == 0
    assert await File.filter(keeper="cases").count() == 1


async def _decide(street: Street, finding: Finding, what: str) -> None:
    if what == "confirm":
        await actions.confirm_finding(street.grid, finding.id)
    elif what == "discard":
        await actions.discard_finding(street.grid, finding.id, "handled")
    else:
        await Finding.filter(id=finding.id).update(last_seen_at=NOW - timedelta(hours=73))
        assert await actions.expire_findings() == 1


async def test_what_was_decided_by_an_earlier_version_is_released(street: Street) -> None:
    await raised(street)
    await actions.discard_finding(street.grid, (await Finding.get()).id, "handled")
    await see(street)
    await Observation.all().update(referred=True)
    await rows(import_module("migrations.city_eye.0004_decided_pictures").RELEASE)
    pending = await Finding.get(state="pending")
    assert [row.id for row in await Observation.filter(referred=True)] == [pending.observation_id]


async def test_any_order_of_messages_gives_one_finding_for_each_place(street: Street) -> None:
    """Started and ended, repeated and shuffled, told and heard in any order: 8 invented days."""
    for seed in range(8):
        chance = random.Random(seed)
        zones = await _new_zones(street, chance.randint(1, 3))
        told = _day(street, zones, chance)
        for message in told:
            await street.send(message, jpeg() if chance.random() < 0.5 else None)
            if chance.random() < 0.2:
                await street.deliver()
        await street.deliver()
        await _check(zones, told)


async def _new_zones(street: Street, number: int) -> list[Watch]:
    given = [given_zone(name=f"区域{index}") for index in range(number)]
    await draw(street.admin, street.camera.id, given)
    return await Watch.filter(zone__active=True, active=True).order_by("id")


def _day(street: Street, watches: list[Watch], chance: random.Random) -> list[dict[str, Any]]:
    told = []
    for _ in range(chance.randint(2, 6)):
        watch = chance.choice(watches)
        place = {"watch_id": str(watch.id), "zone_id": str(watch.zone_id)}
        start = street.told(**place)
        end = street.told("ended", id=start["observation_id"], **place)
        told += [message for message in (start, end) for _ in range(chance.randint(1, 2))]
    chance.shuffle(told)
    return told


async def _check(watches: list[Watch], told: list[dict[str, Any]]) -> None:
    for zone in await Zone.filter(id__in=[watch.zone_id for watch in watches]):
        ids = {one["observation_id"] for one in told if one["zone_id"] == str(zone.id)}
        seen = await Sighting.filter(observation__zone_id=zone.id).count()
        assert await Observation.filter(zone_id=zone.id).count() == seen == len(ids)
        pending = await Finding.filter(zone_id=zone.id, state="pending")
        assert [one.joined for one in pending] == ([len(ids)] if ids else [])
