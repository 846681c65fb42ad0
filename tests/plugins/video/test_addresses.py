"""Addresses of cameras: only the eyes learn them whole; a lost key closes them, nothing else."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from core import house as running
from core.database import atomic, opened, rows
from core.leaving.export import Leaving, export_all
from core.migrate import bring_to, migrate
from core.testing import at, drop_postgres, load
from gpu import messages
from gpu.addresses import without_secret
from liuhe import BadInput
from liuhe.testing import make_viewer
from plugins.video import actions
from plugins.video.models import Camera
from tests.factories import only
from tests.plugins.video.conftest import Street, given_camera, show_sign

SECRET = "hunter2"
ADDRESS = f"rtsp://admin:{SECRET}@10.0.0.9:554/live"
SHOWN = "rtsp://***@10.0.0.9:554/live"


async def in_the_database() -> str:
    return repr(await rows("SELECT * FROM video_camera"))


async def told_to_the_eyes(street: Street) -> dict[str, str]:
    told = messages.Config.from_json((await street.eyes.get("/video/config")).json())
    return {camera.id: camera.source for camera in told.cameras}


async def test_only_the_eyes_learn_the_address_whole(street: Street, tmp_path: Path) -> None:
    given = given_camera(street.area, source=ADDRESS)
    await actions.update_camera(street.admin, street.camera.id, given)
    number = str(street.camera.id)
    assert (await told_to_the_eyes(street))[number] == ADDRESS
    stored = await in_the_database()
    assert SHOWN in stored
    assert SECRET not in stored
    async with await street.browser("admin") as browser:
        for page in ("", number, f"{number}/edit", f"{number}/zones"):
            text = (await browser.get(f"/admin/video/{page}")).text
            assert SECRET not in text, page
    assert SHOWN in (await Camera.get(id=number)).masked_source
    folder = tmp_path / "out"
    await export_all(Leaving(folder=folder, tables=street.kernel.tables))
    exported = (folder / "tables/video_camera.jsonl").read_text("utf-8")
    assert SHOWN in exported
    assert "sealed_source" not in exported
    assert not [path for path in folder.rglob("*.*") if SECRET.encode() in path.read_bytes()]


@only("sqlite")
async def test_a_field_left_empty_leaves_the_address_as_it_is(street: Street) -> None:
    await actions.update_camera(
        street.admin, street.camera.id, given_camera(street.area, source=ADDRESS)
    )
    renamed = given_camera(street.area, source="", name="改了名")
    camera = await actions.update_camera(street.admin, street.camera.id, renamed)
    assert (camera.name, camera.source, camera.masked_source) == ("改了名", ADDRESS, SHOWN)


@only("sqlite")
async def test_a_camera_does_not_ask_which_doors_are_open_beside_the_eyes(street: Street) -> None:
    given = given_camera(street.area, source="rtsp://127.0.0.1:6379/x")
    keeper = await make_viewer("keeper", "admin", area=street.area)
    with pytest.raises(BadInput, match="视频处理程序自己的机器"):
        await actions.create_camera(keeper, given)
    camera = await actions.create_camera(street.admin, given)
    assert camera.source == "rtsp://127.0.0.1:6379/x"


@only("sqlite")
async def test_an_address_in_capitals_is_kept_as_it_can_be_opened(street: Street) -> None:
    given = given_camera(street.area, source="RTSP://u:p@10.0.0.8/Live")
    camera = await actions.create_camera(street.admin, given)
    assert camera.source == "rtsp://u:p@10.0.0.8/Live"


@only("sqlite")
async def test_an_address_opens_for_its_own_camera_only(street: Street) -> None:
    other = await actions.create_camera(street.admin, given_camera(street.area, source=ADDRESS))
    await Camera.filter(id=street.camera.id).update(sealed_source=other.sealed_source)
    assert (await Camera.get(id=street.camera.id)).source == ""


@only("sqlite")
async def test_an_address_sealed_with_another_key_closes_that_camera_alone(
    street: Street,
) -> None:
    other = await actions.create_camera(street.admin, given_camera(street.area, source=ADDRESS))
    await show_sign(street.admin, other.id)
    await actions.activate_camera(street.admin, other.id)
    await Camera.filter(id=street.camera.id).update(sealed_source="bm90IHNlYWxlZCBieSB1cw==")
    assert await told_to_the_eyes(street) == {str(other.id): ADDRESS}
    async with await street.browser("admin") as browser:
        assert "视频地址打不开" in (await browser.get(f"/admin/video/{street.camera.id}")).text
        assert "视频地址打不开" not in (await browser.get(f"/admin/video/{other.id}")).text


@pytest.mark.parametrize(
    "source", [ADDRESS, f"rtsp://h/user=a&password={SECRET}", f"http://h/x?token={SECRET}"]
)
@only("sqlite")
async def test_a_secret_just_typed_is_not_sent_back_and_the_form_says_so(
    street: Street, source: str
) -> None:
    data = {"name": "新的", "area": str(street.area.id), "source": source, "code": "1"}
    async with await street.browser("admin") as browser:
        answer = await browser.post("/admin/video/new", data=data)
    assert answer.status_code == 422
    assert SECRET not in answer.text
    assert "没有放回页面，请再填一次" in answer.text


@pytest.mark.parametrize(
    "sentence",
    [
        f"{ADDRESS} cannot be reached (refused)",
        f"rtsp://h/user=a_password={SECRET}_channel=1.sdp broke off: eof.",
        f"'http://h/x.m3u8?token={SECRET}' is no video",
    ],
)
def test_what_the_eyes_say_names_no_secret(sentence: str) -> None:
    assert SECRET not in without_secret(sentence)


async def test_addresses_of_the_version_before_are_sealed_where_they_lie(
    server: str, engine: str, tmp_path: Path
) -> None:
    name = "u_addresses"
    url = at(server, name) if server else f"sqlite://{tmp_path}/liuhe.sqlite3"
    if server:
        admin = await asyncpg.connect(server)
        await admin.execute(f"CREATE DATABASE {name}")
        await admin.close()
    kernel = load(tmp_path, ["video"], url=url)
    running.enter(kernel.house())
    try:
        async with opened(url, kernel.tables, migrating=True):
            await _as_it_was(kernel)
        assert await migrate(url, kernel.tables) > 0
        async with opened(url, kernel.tables):
            assert SECRET not in await in_the_database()
            camera = await Camera.get(name="旧的")
            assert (camera.source, camera.masked_source) == (ADDRESS, SHOWN)
        if engine == "sqlite":
            path = tmp_path / "liuhe.sqlite3"
            with closing(sqlite3.connect(path)) as file:
                file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            assert SECRET.encode() not in path.read_bytes()
    finally:
        if server:
            await drop_postgres(url)


@atomic
async def _as_it_was(kernel: Any) -> None:
    await bring_to(kernel.tables, [("video", "0001_initial")])
    await rows(
        "INSERT INTO core_area (id, code, name, level, path, valid_from) "
        "VALUES (1, '33', '区', 'district', '/1/', '2021-01-01')"
    )
    await rows(
        "INSERT INTO video_camera (name, source, loop, detect_every, model, area_id, address, "
        "filing_number, signage, signage_note, private_space, active, created_at) "
        "VALUES ('旧的', $1, FALSE, 5, '', 1, '', '', FALSE, '', FALSE, FALSE, CURRENT_TIMESTAMP)",
        ADDRESS,
    )
