"""Rows as templates want them."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from plugins.video.actions import NamedScene
from plugins.video.models import Camera, Observation, Watch, Zone
from plugins.video.rules.labels import (
    STATE_LABELS,
    STATE_TONES,
    TROUBLE_ADVICE,
    TROUBLE_LABELS,
    rule_sentence,
)

BASE = "/admin/video"


def condition_of(camera: Camera, now: datetime) -> tuple[str, str]:
    """What is the matter, or the state where nothing is; and its tone."""
    if trouble := camera.trouble:
        return TROUBLE_LABELS[trouble], "bad"
    state = camera.state_at(now)
    return STATE_LABELS[state], STATE_TONES[state]


def camera_card(camera: Camera, zones: Iterable[Zone], at: datetime | None) -> dict[str, Any]:
    """For `ui.camera`. The picture's address changes with its time, so browsers may keep it."""
    health, tone = condition_of(camera, datetime.now(UTC))
    shown = at if camera.active else None
    return {
        "name": camera.name,
        "href": f"{BASE}/{camera.id}",
        "place": "，".join(filter(None, (camera.area.name, camera.address))),
        "src": snapshot_address(camera.id, shown) if shown else "",
        "alt": f"{camera.name}的最新画面，人脸和车牌已打码",
        "at": shown,
        "health": health,
        "tone": tone,
        "zones": [{"name": zone.name, "points": zone.polygon} for zone in zones],
        "note": TROUBLE_ADVICE.get(camera.trouble, ""),
    }


def snapshot_address(camera_id: int, at: datetime) -> str:
    return f"{BASE}/{camera_id}/snapshot.jpg?at={int(at.timestamp() * 1000)}"


def watch_words(watch: Watch, scenes: Iterable[NamedScene]) -> str:
    words = rule_sentence(watch)
    if not watch.scene:
        return words
    titles = {scene.code: scene.title for scene in scenes}
    return f"{words}（场景：{titles.get(watch.scene, watch.scene)}）"


def zone_rows(
    zones: Iterable[Zone], watches: Mapping[int, list[Watch]], scenes: Iterable[NamedScene]
) -> list[dict[str, Any]]:
    """Zones with their rules in words, for `ui.rows`."""
    words = {key: [watch_words(one, scenes) for one in found] for key, found in watches.items()}
    return [
        {"title": zone.name, "meta": "；".join(words.get(zone.id, [])) or "还没有规则"}
        for zone in zones
    ]


def observation_row(row: Observation) -> dict[str, Any]:
    return {
        "object": f"{row.object_label} × {row.count}" if row.count > 1 else row.object_label,
        "zone": row.zone.name,
        "started_at": row.started_at,
        "ended_at": row.ended_at,
        "lost": row.lost,
        "evidence": f"/files/{row.evidence_id}" if row.evidence_id else "",
    }
