"""A street with two cameras, the people who may see them, and the eyes at the door."""

import io
import itertools
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from PIL import Image

from core.kernel import Kernel
from core.people import Person, open_session
from core.worker import Worker
from gpu import messages
from liuhe import Area, Viewer, put_blurred
from liuhe.testing import make_area, make_viewer
from plugins.video import actions
from plugins.video.models import Camera, Watch, Zone
from plugins.video.settings import OWN
from web.app import build_app
from web.graphql.building import sound_schema

TOKEN = "token-of-the-eyes-for-tests"
SQUARE = ((0.1, 0.1), (0.6, 0.1), (0.6, 0.6), (0.1, 0.6))
BOX = (0.2, 0.2, 0.4, 0.4)
NOW = datetime.now(UTC).replace(microsecond=0)
_numbers = itertools.count()


def jpeg(color: str = "grey", size: tuple[int, int] = (64, 48)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, color).save(out, "JPEG")
    return out.getvalue()


@dataclass(kw_only=True)
class Street:
    """`camera` stands in `area`; `stranger` looks after another one."""

    kernel: Kernel
    app: Any
    eyes: httpx2.AsyncClient
    area: Area
    elsewhere: Area
    viewers: dict[str, Viewer]
    camera: Camera
    zone: Zone
    watch: Watch

    def __getattr__(self, name: str) -> Viewer:
        try:
            return self.viewers[name]
        except KeyError:
            raise AttributeError(name) from None

    def told(self, phase: str = "started", *, id: str = "", **given: Any) -> dict[str, Any]:
        """A message of the eyes about the camera's zone."""
        id = id or f"o{next(_numbers)}"
        known = {
            "key": f"{id}:{phase}",
            "observation_id": id,
            "camera_id": str(self.camera.id),
            "zone_id": str(self.zone.id),
            "watch_id": str(self.watch.id),
            "kind": "dwell",
            "phase": phase,
            "at": NOW.isoformat(),
            "started_at": (NOW - timedelta(seconds=20)).isoformat(),
            "ended_at": NOW.isoformat() if phase == "ended" else None,
            "object": "car",
            "count": 1,
            "score": 0.8,
            "box": list(BOX),
            "track_id": 7,
            "model": "ssd",
        }
        return {**known, **given}

    async def send(
        self, told: dict[str, Any], picture: bytes | None = None, **headers: str
    ) -> httpx2.Response:
        files: dict[str, Any] = {"observation": (None, json.dumps(told), "application/json")}
        if picture is not None:
            files["evidence"] = ("evidence.jpg", picture, "image/jpeg")
        return await self.eyes.post(
            "/video/observations",
            files=files,
            headers={"idempotency-key": told.get("key", ""), **headers},
        )

    async def beat(self, *, session: datetime = NOW, state: str = "running", **given: Any) -> None:
        """A heartbeat of eyes that were started at `session`."""
        given = {"detect_fps": 5.0, **given}
        health = messages.CameraHealth(camera_id=str(self.camera.id), state=state, **given)
        told = messages.Health(
            worker="eyes", started_at=session, at=datetime.now(UTC), cameras=(health,)
        )
        answer = await self.eyes.post("/video/health", json=told.to_json())
        assert answer.status_code == 204, answer.text

    async def to_watch(self) -> tuple[messages.Camera, ...]:
        """What the eyes hear that they are to watch."""
        answer = await self.eyes.get("/video/config")
        assert answer.status_code == 200, answer.text
        return messages.Config.from_json(answer.json()).cameras

    async def browser(self, name: str) -> httpx2.AsyncClient:
        """A client signed in as one of the viewers."""
        person = await Person.get(id=self.viewers[name].person_id)
        token, _ = await open_session(person, "api")
        return client(self.app, token)

    async def deliver(self) -> None:
        """Everything that waits for the worker, done."""
        worker = Worker(self.kernel.jobs)
        while await worker.once():
            pass


def client(app: Any, token: str = "") -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return httpx2.AsyncClient(transport=transport, base_url="http://liuhe", headers=headers)


@pytest.fixture
async def street(kernel_on: Any) -> AsyncIterator[Street]:
    async with kernel_on(["video"]) as kernel:
        yield await make_street(kernel)


async def make_street(kernel: Kernel) -> Street:
    schema, refused = sound_schema(kernel)
    assert not refused
    app = build_app(kernel, schema)
    district = await make_area("330105000000", "拱墅区")
    area = await make_area("330105003000", "小河街道", "street", district)
    elsewhere = await make_area("330105004000", "和睦街道", "street", district)
    viewers = {
        "admin": await make_viewer("admin", "admin", area=district),
        "supervisor": await make_viewer("supervisor", "supervisor", area=district),
        "dispatcher": await make_viewer("dispatcher", "dispatcher", area=area),
        "grid": await make_viewer("grid", "grid", area=area),
        "stranger": await make_viewer("stranger", "dispatcher", area=elsewhere),
        "auditor": await make_viewer("auditor", "auditor", area=district),
    }
    camera = await make_camera(viewers["admin"], area)
    zone = await Zone.get(camera_id=camera.id)
    await actions.ensure_worker(TOKEN, OWN)
    return Street(
        kernel=kernel,
        app=app,
        eyes=client(app, TOKEN),
        area=area,
        elsewhere=elsewhere,
        viewers=viewers,
        camera=camera,
        zone=zone,
        watch=await Watch.get(zone_id=zone.id),
    )


def given_camera(area: Area, **given: Any) -> actions.CameraInput:
    known: dict[str, Any] = {
        "name": "小河路桥头",
        "area_id": area.id,
        "source": "rtsp://user:secret@10.0.0.8:554/live",
        "address": "小河路 1 号",
        "filing_number": "演示-备案-0001",
        "signage": True,
    }
    return actions.CameraInput(**{**known, **given})


def given_zone(**given: Any) -> actions.ZoneInput:
    watch = actions.WatchInput(kind="dwell", objects=("car",), seconds=10, scene="0505")
    known: dict[str, Any] = {"name": "禁停区", "polygon": SQUARE, "watches": (watch,)}
    return actions.ZoneInput(**{**known, **given})


async def show_sign(admin: Viewer, camera_id: int) -> None:
    """The picture of its sign, uploaded and blurred."""
    camera = await actions.show_signage(admin, camera_id, jpeg("blue"))
    await put_blurred(str(camera.signage_picture_id), jpeg("navy"))


async def draw(viewer: Viewer, camera_id: int, zones: Sequence[actions.ZoneInput]) -> None:
    """These are the camera's zones from now on."""
    for zone in await Zone.filter(camera_id=camera_id, active=True):
        await actions.remove_zone(viewer, camera_id, zone.id)
    for given in zones:
        await actions.save_zone(viewer, camera_id, given)


async def make_camera(admin: Viewer, area: Area, **given: Any) -> Camera:
    camera = await actions.create_camera(admin, given_camera(area, **given))
    await show_sign(admin, camera.id)
    await actions.activate_camera(admin, camera.id)
    await actions.save_zone(admin, camera.id, given_zone())
    return await Camera.get(id=camera.id)
