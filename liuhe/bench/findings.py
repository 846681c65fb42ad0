"""As many findings as cases, all of one camera; the newest wait, all others were decided,
and two of three became cases."""

from datetime import UTC, datetime

from core.database import connection, dialect
from liuhe import Area
from plugins.city_eye.actions import ensure_scenes
from plugins.city_eye.models import Finding, Scene
from plugins.video.models import Camera, Observation, Watch, Zone

WAITING = 30
SQUARE = [[0.1, 0.1], [0.6, 0.1], [0.6, 0.6], [0.1, 0.6]]
#: What is written fits together: PostgreSQL need not look up each row's foreign keys.
TRUSTING = "SET LOCAL session_replication_role = replica; "


async def write_findings(person: int) -> None:
    await ensure_scenes()
    area = await Area.filter(level="community").order_by("id").first()
    assert area is not None
    camera = await Camera.create(name="路口", area_id=area.id)
    zone = await Zone.create(camera_id=camera.id, name="路边", polygon=SQUARE)
    watch = await Watch.create(zone_id=zone.id, kind="dwell", objects=["car"])
    now = datetime.now(UTC)
    seen = await Observation.create(
        camera_id=camera.id,
        zone_id=zone.id,
        watch_id=watch.id,
        kind="dwell",
        box=[0.2, 0.2, 0.4, 0.4],
        started_at=now,
        told="bench",
        told_at=now,
    )
    await _write(person, camera.id, zone.id, seen.id)


async def _write(person: int, camera: int, zone: int, seen: int) -> None:
    scenes = [scene.id for scene in await Scene.all().order_by("id")]
    newest = f"c.id > (SELECT max(id) FROM cases_case) - {WAITING}"
    false = "FALSE" if dialect() == "postgres" else "0"
    table = Finding._meta.db_table
    await connection().execute_script(f"""{TRUSTING if dialect() == "postgres" else ""}
        INSERT INTO {table} (scene_id, camera_id, zone_id, observation_id, area_id, at,
            last_seen_at, object, score, count, joined, on_trial, state, decided_by_id, decided_at,
            reason, note, case_id)
        SELECT {scenes[0]} + c.id % {len(scenes)}, {camera}, {zone}, {seen}, c.area_id,
            c.opened_at, c.opened_at, 'car', 0.8, 1, 1, {false},
            CASE WHEN {newest} THEN 'pending' WHEN c.id % 3 = 0 THEN 'discarded' ELSE 'confirmed'
                END,
            CASE WHEN {newest} THEN NULL ELSE {person} END,
            CASE WHEN {newest} THEN NULL ELSE c.opened_at END,
            CASE WHEN NOT ({newest}) AND c.id % 3 = 0 THEN 'handled' ELSE '' END, '',
            CASE WHEN NOT ({newest}) AND c.id % 3 <> 0 THEN c.id END
        FROM cases_case c""")
