"""Cameras, zones, the eyes, and what they found."""

from tests.doors.ways.way import NOTE, Way

#: The eyes are a program of the whole district, with a token of its own kind.
EYES = "only the eyes have this door's token"

SQUARE = "[[0.1,0.1],[0.9,0.1],[0.9,0.9]]"
CAMERA = {"name": "新名", "area": "{n}", "source": "rtsp://10.0.0.9/new", "filing_number": "1"}
FOR = {"r0-seconds": "10", "r0-grace": "5", "r0-count": "1"}
CAMERA |= {"signage": "on", "detect_every": "5"}
VIDEO = (
    Way(door="/admin/video/new", given=CAMERA, by="admin"),
    Way(door="/admin/video/{id:int}/edit", given=CAMERA, by="admin"),
    Way(door="/admin/video/{id:int}/signage", file="picture", by="admin"),
    Way(
        door="/admin/video/{id:int}/activate",
        stands=(("video.Camera", {"active": False, "private_space": False}),),
        by="admin",
    ),
    Way(door="/admin/video/{id:int}/deactivate", by="admin"),
    Way(door="/admin/video/{id:int}/remove", why="the camera there has seen something"),
    Way(door="/admin/video/{id:int}/view", by="admin"),
    Way(
        door="/admin/video/{id:int}/zones",
        given={"name": "新区域", "polygon": SQUARE},
        by="dispatcher",
        also=("admin",),
    ),
    Way(
        door="/admin/video/{id:int}/zones",
        given={"id": "{n}", "name": "新区域", "polygon": SQUARE},
        by="dispatcher",
        also=("admin",),
    ),
    Way(
        door="/admin/video/{id:int}/zones/remove",
        given={"id": "{n}"},
        by="dispatcher",
        also=("admin",),
    ),
    Way(door="/admin/video/workers", given={"name": "新程序"}, by="admin", whole=True),
    Way(
        door="/admin/video/{id:int}/zones/try",
        given={
            "name": "新区域",
            "polygon": SQUARE,
            "r0-kind": "dwell",
            "r0-objects": ["car"],
            **FOR,
        },
        by="dispatcher",
        also=("admin",),
        reads=True,
    ),
    Way(
        door="/admin/video/devices",
        given={"name": "录像机", "code": "33010500001110000001"},
        by="admin",
        whole=True,
    ),
    Way(door="/admin/video/devices/{id:int}/password", by="admin", whole=True),
    Way(door="/admin/video/devices/{id:int}/remove", by="admin", whole=True),
    Way(door="/admin/video/new/found", given=CAMERA, why="what was found comes sealed"),
    Way(door="/video/presences", why=EYES),
    Way(door="/video/tracks", why=EYES),
    Way(door="/video/observations", given={"observation": "{}"}, why=EYES),
    Way(door="/video/health", why=EYES),
    Way(door="/video/cameras/{id}/snapshot", why=EYES),
    Way(door="/video/blur/{id}", why=EYES),
    Way(door="/video/blur/{id}/failed", why=EYES),
    Way(door="/admin/city_eye/{id:int}/confirm", given=NOTE, by="grid", also=("dispatcher",)),
    Way(
        door="/admin/city_eye/{id:int}/discard",
        given={"reason": "false_alarm", **NOTE},
        by="grid",
        also=("dispatcher",),
    ),
    Way(
        door="confirmFinding", given={"id": "Finding:{n}", **NOTE}, by="grid", also=("dispatcher",)
    ),
    Way(
        door="discardFinding",
        given={"id": "Finding:{n}", "reason": "FALSE_ALARM"},
        by="grid",
        also=("dispatcher",),
    ),
    Way(
        door="/admin/city_eye/scenes",
        given={"code": "{scene}", "mode": "trial"},
        by="admin",
        whole=True,
    ),
)
