"""Rubbish at every door of the eyes, and in every form of zones: a sentence, never an error."""

import json
from random import Random
from typing import Any

from tests.factories import only
from tests.gpu.spoiling import JUNK, spoilt, text
from tests.plugins.video.conftest import NOW, Street, jpeg
from tests.plugins.video.test_pages import ZONE
from tests.plugins.video.test_tracks import moved

EACH = 70


def health(street: Street) -> dict[str, Any]:
    camera = {"camera_id": str(street.camera.id), "state": "running", "fps": 9.5}
    now = NOW.isoformat()
    models = [{"name": "m", "objects": ["car"], "milliseconds": 3.5}]
    told = {"worker": "eyes", "started_at": now, "at": now, "models": models}
    return {**told, "cameras": [{**camera, "last_frame_at": now}], "spool": {"waiting": 1}}


async def test_every_door_answers_rubbish_with_a_sentence(street: Street) -> None:
    random = Random(11)
    statuses: dict[str, set[int]] = {}
    for number in range(EACH):
        for path, good in (
            ("/video/observations", street.told(id=f"o{number}")),
            ("/video/health", health(street)),
            ("/video/tracks", moved(street, f"k{number}")),
        ):
            data = text(spoilt(good, random), random)
            if path == "/video/observations":
                picture = random.choice([jpeg(), b"", b"\xff\xd8\xff", b"no picture"])
                files: Any = {
                    "observation": (None, data, "application/json"),
                    "evidence": ("e.jpg", picture, "image/jpeg"),
                }
                answer = await street.eyes.post(path, files=files)
            else:
                answer = await street.eyes.post(path, content=data)
            statuses.setdefault(path, set()).add(answer.status_code)
            assert answer.status_code < 500, (path, data[:300], answer.text)
            if answer.status_code >= 400:
                assert answer.text.strip(), (path, data[:300])
                assert "Traceback" not in answer.text
    assert all(found & {200, 204} and found - {200, 204} for found in statuses.values()), statuses


@only("sqlite")
async def test_a_form_of_zones_takes_anything_and_answers_with_a_page(street: Street) -> None:
    random = Random(13)
    outlines = [[0, 0], [[0, 0], [1, 1]], [[0, 0]] * 70, {"a": 1}, "[" * 3000, [[0, "x"]] * 3]
    path = f"/admin/video/{street.camera.id}/zones"
    async with await street.browser("dispatcher") as browser:
        for _ in range(EACH // 2):
            form: dict[str, Any] = dict(ZONE)
            for name in random.sample(sorted(form), random.randint(1, 3)):
                form[name] = str(random.choice(JUNK)).encode("utf-8", "replace").decode()[:3000]
            if random.random() < 0.5:
                form["polygon"] = json.dumps(random.choice(outlines))
            where = random.choice(["", "/try", "/remove"])
            answer = await browser.post(path + where, data=form)
            assert answer.status_code < 500, (where, form, answer.text[:300])


async def test_text_that_no_database_keeps_is_refused_at_the_door(street: Street) -> None:
    for odd in ("car\x00", "car\ud800"):
        for path, told in (
            ("/video/health", {**health(street), "models": [{"name": "m", "origin": odd}]}),
            ("/video/tracks", moved(street, objects=[odd, "person"])),
        ):
            answer = await street.eyes.post(path, content=json.dumps(told))
            assert answer.status_code == 422, (path, odd)
            assert "cannot be kept" in answer.text
        assert (await street.send(street.told(object=odd))).status_code == 422
