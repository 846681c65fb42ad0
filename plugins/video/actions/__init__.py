"""What can be done with cameras and what they show; the only writers of video's tables."""

from plugins.video.actions.blurring import lend_picture
from plugins.video.actions.cameras import (
    CameraInput,
    accept_view,
    activate_camera,
    create_camera,
    deactivate_camera,
    mark_of_camera,
    off_because,
    update_camera,
)
from plugins.video.actions.cards import seen_by, told_cards, usable_models
from plugins.video.actions.configuration import configuration, revision
from plugins.video.actions.devices import (
    add_device,
    device_of,
    registry,
    remove_device,
    renew_password,
    take_presences,
)
from plugins.video.actions.discovery import find_cameras, streams_of
from plugins.video.actions.evidence import RETENTIONS as OF_EVIDENCE
from plugins.video.actions.evidence import keep_evidence, release_evidence
from plugins.video.actions.following import follow_ground
from plugins.video.actions.health import take_health, watch_over
from plugins.video.actions.intake import Taken, take_observation
from plugins.video.actions.looking import look_at, looked_at
from plugins.video.actions.removing import kept_because, remove_camera
from plugins.video.actions.scenes import SCENES, NamedScene, SceneBook, named_scenes
from plugins.video.actions.signage import show_signage, signage_problem
from plugins.video.actions.snapshots import snapshot_of, snapshot_times, take_snapshot
from plugins.video.actions.tracks import RETENTIONS as OF_TRACKS
from plugins.video.actions.tracks import Tried, take_tracks, try_zone
from plugins.video.actions.vitals import SPAN, begins, forget_vitals
from plugins.video.actions.workers import (
    ensure_worker,
    issue_worker_token,
    let_in_own_eyes,
    worker_of,
)
from plugins.video.actions.zones import WatchInput, ZoneInput, mark_of_zone, remove_zone, save_zone

RETENTIONS = (*OF_EVIDENCE, *OF_TRACKS)

__all__ = [
    "RETENTIONS",
    "SCENES",
    "SPAN",
    "CameraInput",
    "NamedScene",
    "SceneBook",
    "Taken",
    "Tried",
    "WatchInput",
    "ZoneInput",
    "accept_view",
    "activate_camera",
    "add_device",
    "begins",
    "configuration",
    "create_camera",
    "deactivate_camera",
    "device_of",
    "ensure_worker",
    "find_cameras",
    "follow_ground",
    "forget_vitals",
    "issue_worker_token",
    "keep_evidence",
    "kept_because",
    "lend_picture",
    "let_in_own_eyes",
    "look_at",
    "looked_at",
    "mark_of_camera",
    "mark_of_zone",
    "named_scenes",
    "off_because",
    "registry",
    "release_evidence",
    "remove_camera",
    "remove_device",
    "remove_zone",
    "renew_password",
    "revision",
    "save_zone",
    "seen_by",
    "show_signage",
    "signage_problem",
    "snapshot_of",
    "snapshot_times",
    "streams_of",
    "take_health",
    "take_observation",
    "take_presences",
    "take_snapshot",
    "take_tracks",
    "told_cards",
    "try_zone",
    "update_camera",
    "usable_models",
    "watch_over",
    "worker_of",
]
