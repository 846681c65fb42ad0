"""What nobody will see end is closed, and found without reading all that ever was."""

from datetime import UTC, datetime, timedelta
from typing import Any

from liuhe import atomic, rows
from plugins.video import actions
from plugins.video.actions import health
from plugins.video.models import CameraState, Observation, Watch
from tests.plugins.video.conftest import NOW, Street, draw, given_zone
from tests.plugins.video.test_workers import give, second


async def test_what_other_eyes_told_goes_on_or_is_closed_after_a_few_minutes(
    street: Street,
) -> None:
    past = (NOW - timedelta(minutes=20)).isoformat()
    eyes, worker = await second(street)
    await street.send(street.told(id="a", at=past, started_at=past))
    await street.send(street.told(id="b", at=past, started_at=past, box=[0.7, 0.7, 0.9, 0.9]))
    await give(street, street.camera, worker)
    first, street.eyes = street.eyes, eyes
    await street.beat(session=NOW - timedelta(hours=5))  # older than what was told
    now = datetime.now(UTC).isoformat()
    await street.send(street.told(id="c", at=now, started_at=now))
    assert await Observation.all().count() == 2  # "c" is "a"
    await actions.watch_over()
    assert await Observation.filter(ended_at=None).count() == 2
    handed = datetime.now(UTC) - timedelta(minutes=6)
    await CameraState.all().update(handed_at=handed)
    await actions.watch_over()
    assert [row.told for row in await Observation.filter(ended_at=None)] == ["c"]
    assert [row.told for row in await Observation.filter(lost=True)] == ["b"]
    await first.aclose()


async def test_what_is_not_lost_yet_keeps_nothing_from_being_closed(
    street: Street, monkeypatch: Any
) -> None:
    past = (NOW - timedelta(days=9)).isoformat()
    await street.send(street.told(id="waits", at=past, started_at=past))
    await street.beat(session=NOW - timedelta(days=6))
    older = (NOW - timedelta(days=8)).isoformat()
    await draw(street.admin, street.camera.id, [given_zone()])
    watch = await Watch.get(active=True, zone__active=True)
    await Observation.all().update(zone_id=watch.zone_id, watch_id=watch.id)
    await Observation.create(**await _like("lost", older, street))
    monkeypatch.setattr(health, "A_ROUND", 1)
    await actions.watch_over()
    assert [row.told for row in await Observation.filter(lost=True)] == ["lost"]


async def _like(told: str, at: str, street: Street, **given: Any) -> dict[str, Any]:
    """A row of the zone that is no longer watched."""
    return {
        "camera_id": street.camera.id,
        "zone_id": street.zone.id,
        "watch_id": street.watch.id,
        "kind": "dwell",
        "box": [0, 0, 1, 1],
        "told": told,
        "told_at": datetime.fromisoformat(at),
        "started_at": datetime.fromisoformat(at),
        **given,
    }


async def test_what_ended_is_not_read_to_find_what_is_open(street: Street, engine: str) -> None:
    known = await _like("x", NOW.isoformat(), street, ended_at=NOW)
    await Observation.bulk_create([Observation(**known) for _ in range(3000)])
    await Observation.create(**{**known, "ended_at": None})
    await rows("ANALYZE video_observation")
    plan = await _plan(health.lost(NOW).limit(500), engine)
    tables = {
        "sqlite": ("sqlite_master", "name", "sql"),
        "postgres": ("pg_indexes", "indexname", "indexdef"),
    }
    table, name, sql = tables["postgres" if engine == "postgres" else "sqlite"]
    wanted = f"SELECT {name} AS n FROM {table} WHERE {sql} LIKE '%ended_at%IS NULL%'"
    (index,) = await rows(wanted)
    assert index["n"] in plan, plan


@atomic
async def _plan(query: Any, engine: str) -> str:
    explain = "EXPLAIN" if engine == "postgres" else "EXPLAIN QUERY PLAN"
    return str(await rows(f"{explain} {query.sql(params_inline=True)}"))
