"""A backup is made while people write, is whole or is none, and comes back as it was."""

import asyncio
import itertools
import os
import shutil
import sqlite3
import zipfile
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from core import archive, backup, keys, stores
from core import house as running
from core import restore as restoring
from core.backup import back_up, back_up_keys, back_up_nightly, kept_backups, last_backup
from core.database import opened, rows
from core.errors import Conflict, SetupError
from core.exchange import spool
from core.exchange.batches import ImportBatch
from core.files import File, content_of, discard_files, put_blurred, store_blurred, store_upload
from core.inventory import Inventory, take_stock
from core.jobs import JobRow
from core.kernel import Kernel
from core.migrate import pending
from core.personal import destroy_keys, destroy_personal, keep_personal
from core.proof import verify
from core.restore import Restoring, restore
from core.restoring import demand_finished
from core.state import choose_plugins, recall, remember
from core.testing import at, drop_postgres, load, make_area, make_viewer
from tests.core.test_personal import KIND, TREE, VALUES
from tests.factories import only

PICTURE = b"\x89PNG\r\n\x1a\n" + b"picture"
_numbers = itertools.count()


@dataclass
class Place:
    """An empty installation with the secret key of the first."""

    folder: Path
    url: str
    kernel: Kernel

    async def put_back(self, path: Path, **more: Any) -> None:
        running.enter(replace(self.kernel.house(), personal={KIND.name: KIND}))
        job = Restoring(
            path=path,
            keys_path=more.pop("keys_path", None),
            folder=self.folder,
            url=self.url,
            tables=self.kernel.tables,
            **more,
        )
        await restore(job)

    def opened(self) -> Any:
        return opened(self.url, self.kernel.tables)


@pytest.fixture
def house(kernel: Kernel) -> Kernel:
    running.enter(replace(kernel.house(), personal={KIND.name: KIND}))
    return kernel


@pytest.fixture
async def place(server: str, tmp_path: Path) -> AsyncIterator[Place]:
    folder = tmp_path / "second"
    folder.mkdir()
    url = f"sqlite://{folder}/liuhe.sqlite3"
    if server:
        name = f"b_{os.getpid()}_{next(_numbers)}"
        admin = await asyncpg.connect(server)
        await admin.execute(f"CREATE DATABASE {name}")
        await admin.close()
        url = at(server, name)
    yield Place(folder, url, load(folder, [], url=url, found=[]))
    if server:
        await drop_postgres(url)


async def contents() -> dict[str, Any]:
    """All that the tests write, as it can be read."""
    viewers = await rows("SELECT id, username FROM core_person ORDER BY id")
    files = {str(one.id): await content_of(one) for one in await File.all()}
    return {
        "people": [tuple(row.values()) for row in viewers],
        "files": files,
        "note": await recall("a note"),
        "audit": (await verify()).hash,
    }


async def live_a_little() -> None:
    await make_viewer("wang", "grid", area=await make_area("330105", "拱墅区"))
    await remember("a note", {"text": "逗号, 引号' \" \\ 换行\n 制表\t \\N 结束"})
    await choose_plugins({"a"})
    await store_blurred(PICTURE + b"1", keeper="trees", subject="1")


async def test_all_comes_back_and_life_goes_on(house, place, tmp_path):
    await live_a_little()
    before = await contents()
    made = await back_up(tmp_path / "all.zip")
    assert (made.pictures, made.flaws) == (1, [])
    assert oct((tmp_path / "all.zip").stat().st_mode)[-3:] == "600"
    await place.put_back(made.path)
    async with place.opened():
        assert await contents() == before
        assert await pending(place.url, place.kernel.tables) == []
        await make_viewer("li", "grid", area=await make_area("330106", "西湖区"))  # numbers go on
        await choose_plugins({"b"})
        assert (await verify()).seq == 2
        with pytest.raises(Exception, match="append-only"):
            await rows("DELETE FROM core_audit WHERE seq = 1")
        with pytest.raises(Exception, match=r"(?i)foreign key"):
            await rows("UPDATE core_post SET person_id = 99")


async def test_what_was_written_before_is_in_it_while_others_go_on_writing(house, place, tmp_path):
    await live_a_little()
    stop, written = asyncio.Event(), []

    async def write() -> None:
        for number in itertools.count():
            if stop.is_set():
                return
            await remember(f"load.{number}", number)
            file = await store_blurred(PICTURE + str(number).encode(), keeper="t", subject="1")
            written.append((number, file.id))

    writing = asyncio.create_task(write())
    while len(written) < 20:  # noqa: ASYNC110 - it is a load, not an event
        await asyncio.sleep(0.01)
    before = list(written)
    made = await back_up(tmp_path / "all.zip")
    stop.set()
    await writing
    assert len(written) > len(before), "nobody was kept waiting"
    await place.put_back(made.path)
    async with place.opened():
        for number, id in before:
            assert await recall(f"load.{number}") == number
            file = await File.get(id=id)
            assert await content_of(file) == PICTURE + str(number).encode()
        known = {str(one.id) for one in await File.all()}
        assert made.pictures == len(known)


async def test_a_picture_that_was_blurred_meanwhile_is_taken_blurred(
    house, place, tmp_path, monkeypatch
):
    viewer = await make_viewer("wang", "grid", area=await make_area("330105", "拱墅区"))
    file = await store_upload(PICTURE, viewer)
    real = backup.dump

    async def dump(*given: Any) -> Any:
        found = await real(*given)
        await put_blurred(str(file.id), b"\xff\xd8\xff blurred")
        return found

    monkeypatch.setattr(backup, "dump", dump)
    made = await back_up(tmp_path / "all.zip")
    assert (made.pictures, made.flaws) == (1, [])
    await place.put_back(made.path)
    async with place.opened():
        found = await File.get(id=file.id)
        assert (found.state, found.media_type, found.size) == ("ready", "image/jpeg", 11)
        assert await content_of(found) == b"\xff\xd8\xff blurred"


@only("sqlite")
async def test_a_picture_that_is_nowhere_is_told_of_and_one_that_was_deleted_is_not(
    house, tmp_path, monkeypatch
):
    lost = await store_blurred(PICTURE, keeper="trees", subject="1")
    (stores.folder() / lost.key).unlink()
    deleted = await store_blurred(PICTURE, keeper="trees", subject="2")
    real = backup.dump

    async def dump(*given: Any) -> Any:
        found = await real(*given)
        await discard_files([deleted.id])
        (stores.folder() / deleted.key).unlink(missing_ok=True)
        return found

    monkeypatch.setattr(backup, "dump", dump)
    made = await back_up(tmp_path / "all.zip")
    assert made.pictures == 0
    (flaw,) = made.flaws
    assert all(part in flaw for part in (str(lost.id), "trees 1", f"磁盘 {lost.key}", "找不到"))


async def test_keys_are_never_in_it_and_what_was_destroyed_does_not_come_back(
    house, place, tmp_path
):
    kept = [await keep_personal(KIND.name, VALUES, about=TREE) for _ in range(2)]
    made = await back_up(tmp_path / "all.zip")
    await destroy_personal(None, kept[0], reason="本人要求")
    for row in await JobRow.filter(name="core.destroy_keys"):
        await destroy_keys(row.payload)
    assert await back_up_keys(tmp_path / "keys.zip") == 1
    with zipfile.ZipFile(made.path) as whole:
        assert not [name for name in whole.namelist() if "key" in name]
    await place.put_back(made.path, keys_path=tmp_path / "keys.zip")
    async with place.opened():
        assert await take_stock() == Inventory(readable=1, locked=1)


@only("sqlite")
async def test_keys_that_are_there_are_not_replaced_by_older_ones(house, place, tmp_path):
    await keep_personal(KIND.name, VALUES, about=TREE)
    made = await back_up(tmp_path / "all.zip")
    await back_up_keys(tmp_path / "keys.zip")
    shutil.copytree(keys.root(), place.folder / "personal-keys")
    with pytest.raises(SetupError, match="不要用旧的覆盖"):
        await place.put_back(made.path, keys_path=tmp_path / "keys.zip")
    await place.put_back(made.path)
    async with place.opened():
        assert await take_stock() == Inventory(readable=1)


@only("sqlite")
async def test_one_changed_byte_is_found_and_nothing_is_touched(house, place, tmp_path):
    await live_a_little()
    made = await back_up(tmp_path / "all.zip")
    content = bytearray(made.path.read_bytes())
    content[content.index(PICTURE) + 10] ^= 1
    made.path.write_bytes(content)
    with pytest.raises(SetupError, match="损坏"):
        await place.put_back(made.path)
    made.path.write_bytes(content[:-100])
    with pytest.raises(SetupError, match="不是完整的备份"):
        await place.put_back(made.path)
    assert list(place.folder.iterdir()) == []


@only("sqlite")
async def test_a_member_that_leads_out_of_the_folder_is_refused(house, place, tmp_path):
    path = tmp_path / "evil.zip"
    (tmp_path / "evil").write_text("evil")
    manifest = archive.Manifest(kind="data", id="1", made_at="", liuhe="0")
    with archive.writing(path, manifest) as out:
        out.add("files/ready/../../../escaped", tmp_path / "evil")
    with pytest.raises(SetupError, match="不认识的文件"):
        await place.put_back(path)


@only("sqlite")
async def test_a_backup_that_fails_leaves_nothing_that_looks_like_one(house, tmp_path, monkeypatch):
    await live_a_little()

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive.Writing, "close", full)
    target = tmp_path / "backups"
    target.mkdir()
    with pytest.raises(SetupError, match="磁盘满了，请腾出空间"):
        await back_up(target)
    assert list(target.iterdir()) == []


async def test_what_is_there_is_never_overwritten(house, place, tmp_path, engine):
    await live_a_little()
    made = await back_up(tmp_path / "all.zip")
    await place.put_back(made.path)
    async with place.opened():
        await remember("newer", True)
    with pytest.raises(SetupError, match="没有恢复"):
        await place.put_back(made.path)
    if engine == "postgres":
        with pytest.raises(SetupError, match="新建一个空的数据库"):
            await place.put_back(made.path, force=True)
    else:
        await place.put_back(made.path, force=True)
    async with place.opened():
        assert (await recall("newer")) is (True if engine == "postgres" else None)
    if engine == "sqlite":
        (aside,) = place.folder.glob("liuhe.before-restore-*.sqlite3")
        with closing(sqlite3.connect(aside)) as file:
            assert file.execute("SELECT 1 FROM core_note WHERE key = 'newer'").fetchone()


@pytest.mark.parametrize(
    ("engine", "step"),
    [
        ("sqlite", "take_out"),
        ("sqlite", "_place_database"),
        ("sqlite", "unlink"),
        pytest.param("postgres", "unlink", marks=pytest.mark.postgres),
    ],
    indirect=["engine"],
)
async def test_cut_off_anywhere_nothing_starts_and_the_same_command_goes_on(
    house, place, tmp_path, monkeypatch, step
):
    await live_a_little()
    await store_blurred(PICTURE + b"2", keeper="trees", subject="1")
    before = await contents()
    other = await back_up(tmp_path / "other.zip")
    made = await back_up(tmp_path / "all.zip")

    class Killed(BaseException):
        pass

    def killed(*_: Any, **__: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        if step == "unlink":
            patch.setattr(Path, "unlink", _only_for("restoring.txt", killed))
        else:
            patch.setattr(restoring, step, killed)
        with pytest.raises(Killed):
            await place.put_back(made.path)
    with pytest.raises(SetupError, match="再运行一次 liuhe restore"):
        demand_finished(place.folder)
    with pytest.raises(SetupError, match="另一份备份"):
        await place.put_back(other.path)
    await place.put_back(made.path)
    demand_finished(place.folder)
    async with place.opened():
        assert await contents() == before


def _only_for(name: str, instead: Any) -> Any:
    real = Path.unlink

    def unlink(self: Path, *arguments: Any, **more: Any) -> None:
        return instead() if self.name == name else real(self, *arguments, **more)

    return unlink


@only("sqlite")
async def test_another_secret_key_is_told_of_before_anything_is_written(house, place, tmp_path):
    made = await back_up(tmp_path / "all.zip")
    settings = place.kernel.settings.model_copy(update={"secret_key": "other"})
    place.kernel.settings = settings
    with pytest.raises(SetupError, match="不是做备份时的那一把"):
        await place.put_back(made.path)
    assert list(place.folder.iterdir()) == []
    await place.put_back(made.path, without_secret=True)


@only("sqlite")
async def test_a_backup_of_a_later_version_is_refused(house, place, tmp_path):
    await rows(
        "INSERT INTO tortoise_migrations (app, name, applied_at)"
        " VALUES ('core', '9999_later', CURRENT_TIMESTAMP)"
    )
    made = await back_up(tmp_path / "all.zip")
    with pytest.raises(SetupError, match="来自更新的版本（core"):
        await place.put_back(made.path)
    assert list(place.folder.iterdir()) == []


@only("sqlite")
async def test_every_night_one_is_made_and_only_so_many_are_kept(house, tmp_path):
    folder = tmp_path / "nightly"
    await back_up_nightly({})
    assert await last_backup() is None, "only where a folder is named"
    settings = house.settings.model_copy(update={"backup_dir": folder, "backup_keep": 2})
    running.enter(replace(house.house(), settings=settings))
    folder.mkdir()
    for day in ("20260101", "20260102", "20260103"):
        (folder / f"liuhe-{day}-040000.zip").touch()
    await back_up_nightly({})
    kept = [name for name, _, _ in kept_backups()]
    assert len(kept) == 2
    assert kept[1] == "liuhe-20260103-040000.zip"
    found = await last_backup()
    assert found is not None
    assert found["file"] == kept[0]
    folder.chmod(0o500)
    shutil.rmtree(folder)
    folder.touch()
    with pytest.raises(SetupError, match="备份没有做成"):
        await back_up_nightly({})
    assert "备份没有做成" in (await last_backup() or {})["error"]


@only("sqlite")
async def test_every_night_the_keys_are_kept_elsewhere_and_only_the_newest(house, tmp_path):
    folder, keys = tmp_path / "nightly", tmp_path / "elsewhere" / "keys.zip"
    kept = await keep_personal(KIND.name, VALUES, about=TREE)
    with_keys(house, folder, keys)
    await back_up_nightly({})
    assert (await last_backup() or {})["keys"] == 1
    await destroy_personal(None, kept, reason="本人要求")
    for row in await JobRow.filter(name="core.destroy_keys"):
        await destroy_keys(row.payload)
    await back_up_nightly({})
    assert (await last_backup() or {})["keys"] == 0, "what was destroyed is not kept"
    assert [one.name for one in keys.parent.iterdir()] == ["keys.zip"]


@only("sqlite")
async def test_keys_are_never_kept_beside_the_backups(house, tmp_path):
    folder = tmp_path / "nightly"
    with_keys(house, folder, folder / "old" / "keys.zip")
    with pytest.raises(SetupError, match="请把 LIUHE_BACKUP_KEYS 改到另一处"):
        await back_up_nightly({})
    assert list(folder.iterdir()) == []
    assert "密钥不能" in (await last_backup() or {})["error"]


def with_keys(house, folder, keys) -> None:
    chosen = {"backup_dir": folder, "backup_keys": keys}
    settings = house.settings.model_copy(update=chosen)
    running.enter(replace(house.house(), settings=settings))


async def test_sheets_on_their_way_in_or_out_stay_out_of_it(house, place, tmp_path):
    """Restored, an import whose lines are not there says that they are to be sent again."""
    data = running.house().settings.data_dir
    name, _ = spool.put([spool.Told(number=2, cells={"name": "在上传里的文字"})])
    (data / "exports").mkdir()
    (data / "exports" / "cases.xlsx").write_text("在导出里的文字")
    viewer = await make_viewer("wang", "grid", area=await make_area("330105", "拱墅区"))
    known = {"kind": "trees", "name": "a.csv", "lines": 1, "created_at": datetime.now(UTC)}
    batch = await ImportBatch.create(
        person_id=viewer.person_id, spool=name, state="checking", **known
    )
    made = await back_up(tmp_path / "all.zip")
    with zipfile.ZipFile(made.path) as whole:
        assert not [one for one in whole.namelist() if "imports" in one or "exports" in one]
    await place.put_back(made.path)
    async with place.opened():
        with pytest.raises(Conflict, match="请重新上传"):
            next(spool.take((await ImportBatch.get(id=batch.id)).spool))
