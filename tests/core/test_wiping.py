"""A district is wiped wholly and provably, or not at all."""

import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import boto3
import pytest

from core import house as running
from core.errors import BadInput, SetupError
from core.files import store_blurred
from core.holds import Hold
from core.kernel import Kernel
from core.leaving import ground
from core.leaving import wipe as wiping
from core.leaving.note import NOTE, demand_not_wiping
from core.leaving.wipe import Wiping, wipe
from core.people import Person, today
from core.personal import keep_personal
from core.settings import SettingsSource
from core.stores import storage_at
from core.testing import drop_postgres, living, load, make_area, make_viewer, postgres_copy
from tests.core.test_personal import KIND, TREE, VALUES

PICTURE = b"\x89PNG\r\n\x1a\n" + b"picture"


@dataclass
class District:
    folder: Path
    kernel: Kernel
    certificates: Path

    def job(self, **more: Any) -> Wiping:
        known = {"district": "拱墅区", "by": "李主任", "certificates": self.certificates, **more}
        return Wiping(folder=self.folder, tables=self.kernel.tables, **known)

    def left(self) -> set[str]:
        return {path.name for path in self.folder.iterdir()} if self.folder.exists() else set()

    def certificate(self) -> dict[str, Any]:
        (path,) = self.certificates.glob("*.json")
        return json.loads(path.read_bytes())

    @asynccontextmanager
    async def living(self) -> AsyncIterator[None]:
        async with living(self.kernel):
            yield


@pytest.fixture
async def district(server: str, tmp_path: Path) -> AsyncIterator[District]:
    """With people, a picture, a sealed value, an upload, and copies beside the database."""
    folder = tmp_path / "data"
    folder.mkdir()
    url = await postgres_copy(load(folder, [], found=[]), server) if server else ""
    made = District(folder, load(folder, [], url=url, found=[]), tmp_path / "certificates")
    async with made.living():
        running.enter(_with_kind(made.kernel))
        await make_viewer("wang", "grid", area=await make_area("330105", "拱墅区"))
        await keep_personal(KIND.name, VALUES, about=TREE)
        await store_blurred(PICTURE, keeper="trees", subject="1")
    for name in (
        "imports/a",
        "exports/b.xlsx",
        "spool/c",
        "liuhe.before-2026.sqlite3",
        "secret.key",
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("x")
    running.enter(made.kernel.house())
    yield made
    if server:
        await drop_postgres(url)


def _with_kind(kernel: Kernel) -> Any:
    return replace(kernel.house(), personal={KIND.name: KIND})


async def tables_left(district: District) -> list[str]:
    url = district.kernel.settings.database
    if url.startswith("sqlite"):
        return [one.name for one in district.folder.glob("liuhe.sqlite3*")]
    client = await asyncpg.connect(url)
    try:
        names = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        procs = "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        found = [*await client.fetch(names), *await client.fetch(procs)]
        return [str(row[0]) for row in found if str(row[0]).startswith(("core_", "tortoise"))]
    finally:
        await client.close()


async def test_nothing_is_left_and_the_certificate_says_what_was_there(district):
    page = await wipe(district.job())
    assert district.left() == set()
    assert await tables_left(district) == []
    told = district.certificate()
    assert (told["district"], told["by"], told["not_ours"]) == ("拱墅区", "李主任", [])
    assert (told["rows"]["core_person"], told["rows"]["core_personal"]) == (1, 1)
    assert (told["files"]["files"], told["files"]["imports"]) == (1, 1)
    assert told["files"]["personal-keys"] >= 2
    text = page.read_text("utf-8")
    assert "由谁清空：李主任" in text
    assert "core_person  1 行" in text


async def test_a_wrong_name_a_missing_person_or_a_place_inside_change_nothing(district):
    before = district.left()
    with pytest.raises(SetupError, match="不是这里的区名"):
        await wipe(district.job(district="西湖区"))
    with pytest.raises(BadInput, match="由谁"):
        await wipe(district.job(by=" "))
    with pytest.raises(SetupError, match="数据文件夹以外"):
        await wipe(district.job(certificates=district.folder / "here"))
    with pytest.raises(SetupError, match="不是完整的导出"):
        await wipe(district.job(export=district.folder))
    assert district.left() - before <= {"liuhe.sqlite3-wal", "liuhe.sqlite3-shm"}
    assert (district.folder / "personal-keys").exists()
    assert await tables_left(district)


async def test_a_hold_in_force_forbids_it_and_one_that_is_over_does_not(district):
    async with district.living():
        wang = await Person.get(username="wang")
        hold = await Hold.create(
            kind="core.Person",
            key="1",
            case_no="（2026）浙0105行初1号",
            reason="诉讼",
            until=today(),
            placed_by_id=wang.id,
            placed_at=datetime.now(UTC),
        )
    with pytest.raises(SetupError, match=r"浙0105行初1号.*不能清空"):
        await wipe(district.job())
    assert (district.folder / "personal-keys").exists()
    async with district.living():
        await Hold.filter(id=hold.id).update(until=today() - timedelta(days=1))
    await wipe(district.job())
    assert await tables_left(district) == []


async def test_while_somebody_uses_the_database_nothing_is_touched(district):
    url = district.kernel.settings.database
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite://"))) as other:
            other.execute("SELECT COUNT(*) FROM core_note").fetchone()
            with pytest.raises(SetupError, match="先停掉"):
                await wipe(district.job())
    else:
        other = await asyncpg.connect(url)
        try:
            with pytest.raises(SetupError, match="先停掉"):
                await wipe(district.job())
        finally:
            await other.close()
    assert (district.folder / "personal-keys").exists()
    assert not (district.folder / NOTE).exists()


async def test_cut_off_it_goes_on_and_nothing_starts_meanwhile(district, monkeypatch):
    """Cut off after the keys, and once more after the database."""
    with monkeypatch.context() as patch:

        def cut(path: Path) -> None:
            if path.name == "files":
                raise OSError(13, "Permission denied", str(path))
            ground_remove(path)

        ground_remove = ground.remove
        patch.setattr(ground, "remove", cut)
        with pytest.raises(SetupError, match="再运行一次"):
            await wipe(district.job())
    assert not (district.folder / "personal-keys").exists()
    with pytest.raises(SetupError, match="没有做完"):
        demand_not_wiping(district.folder)
    with pytest.raises(SetupError, match="不是这里的区名"):
        await wipe(district.job(district="西湖区"))
    with monkeypatch.context() as patch:
        patch.setattr(wiping, "_certify", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            await wipe(district.job())
    await wipe(district.job())
    assert district.certificate()["rows"]["core_person"] == 1
    assert district.left() == set()


async def test_what_is_not_ours_stays_and_is_named(district):
    (district.folder / "letters.txt").write_text("mine")
    url = district.kernel.settings.database
    if not url.startswith("sqlite"):
        client = await asyncpg.connect(url)
        await client.execute("CREATE TABLE letters (id int)")
        await client.close()
    await wipe(district.job())
    assert district.left() == {"letters.txt"}
    assert district.certificate()["not_ours"] == ["letters.txt"]
    if not url.startswith("sqlite"):
        client = await asyncpg.connect(url)
        assert await client.fetchval("SELECT COUNT(*) FROM letters") == 0
        await client.close()


async def test_a_bucket_loses_our_objects_and_nobody_elses(
    endpoint,
    tmp_path,
):
    folder = tmp_path / "data"
    folder.mkdir()
    values = {"data_dir": folder, "secret_key": "test-" * 8, "files": "s3", "s3_bucket": "wiped"}
    values |= {"s3_endpoint": endpoint, "s3_access_key": "test", "s3_secret_key": "test-secret"}
    boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test-secret",
    ).create_bucket(Bucket="wiped")
    kernel = Kernel.load(SettingsSource({**values, "plugins": ()}, {}), found=[])
    async with living(kernel):
        await make_area("330105", "拱墅区")
        await store_blurred(PICTURE, keeper="trees", subject="1")
        await storage_at("s3").put("letters/mine.txt", b"mine")
        assert len([one async for one in storage_at("s3").list()]) == 2
    made = District(folder, kernel, tmp_path / "certificates")
    await wipe(made.job())
    assert [one.key async for one in storage_at("s3").list()] == ["letters/mine.txt"]
    assert made.certificate()["objects"] == 1
