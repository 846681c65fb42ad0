"""Files in a bucket: kept, read, moved and swept over HTTP, as on the disk."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core import bucket, house
from core.bucket import Bucket
from core.database import atomic
from core.errors import NotFound, SetupError, Unavailable
from core.files import (
    File,
    Keeper,
    attach,
    content_of,
    lease_unblurred,
    open_file,
    put_blurred,
    readable,
    store_upload,
)
from core.kernel import Kernel
from core.moving import move_files
from core.permissions import Viewer
from core.settings import SettingsSource
from core.storage import Folder, Missing, Storage, read
from core.stores import folder, storage_at
from core.sweeping import sweep_files
from tests.factories import plugin

JPEG = b"\xff\xd8\xff\xe0 a face"
BLURRED = b"\xff\xd8\xff\xe0 a blur"
WANG = Viewer(person_id=1, username="wang", name="王")


def bucket_at(endpoint: str, name: str) -> Bucket:
    return Bucket(
        name=name, endpoint=endpoint, prefix="liuhe", access_key="test", secret_key="test-secret"
    )


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, endpoint: str, bucketful: str, tmp_path: Any) -> Storage:
    return Folder(tmp_path / "x") if request.param == "folder" else bucket_at(endpoint, bucketful)


async def test_what_was_put_is_listed_read_in_pieces_and_removed(store: Storage) -> None:
    large = bytes(range(256)) * 4_000
    await store.put("ready/ab/large", large)
    await store.put("waiting/ab/small", b"x")
    pieces = [piece async for piece in await store.open("ready/ab/large")]
    assert b"".join(pieces) == large
    assert len(pieces) > 1
    assert await read(store, "waiting/ab/small") == b"x"
    listed = {one.key: one.size async for one in store.list()}
    assert listed == {"ready/ab/large": len(large), "waiting/ab/small": 1}
    for _ in range(2):  # twice is harmless
        await store.remove("ready/ab/large")
    assert [one.key async for one in store.list()] == ["waiting/ab/small"]


async def test_what_is_not_there_is_told_before_the_first_piece(store: Storage) -> None:
    with pytest.raises(Missing):
        await store.open("ready/ab/none")
    assert [one async for one in store.list()] == []


async def test_a_time_of_change_has_its_zone(store: Storage) -> None:
    await store.put("ready/ab/now", b"x")
    (one,) = [one async for one in store.list()]
    assert abs(datetime.now(UTC) - one.changed_at) < timedelta(minutes=1)


async def test_a_storage_that_does_not_answer_is_a_sentence_and_soon(monkeypatch: Any) -> None:
    retries = {**bucket.RETRIES, "max_retries": 1}
    monkeypatch.setattr(bucket, "RETRIES", retries)
    with socket.socket() as nobody:  # bound, and nobody listens
        nobody.bind(("127.0.0.1", 0))
        away = bucket_at(f"http://127.0.0.1:{nobody.getsockname()[1]}", "none")
        for call in (away.put("a/b", b"x"), away.open("a/b"), away.remove("a/b")):
            with pytest.raises(Unavailable, match="文件存储"):
                async with asyncio.timeout(10):
                    await call


async def test_a_bucket_that_is_not_ours_is_a_sentence(endpoint: str) -> None:
    with pytest.raises((Unavailable, NotFound)):
        await bucket_at(endpoint, "not-made").put("a/b", b"x")


@pytest.fixture
async def shelf(kernel_on: Any, endpoint: str, bucketful: str) -> AsyncIterator[Kernel]:
    """A house that keeps its files in a bucket."""

    async def may_see(_viewer: Viewer, _file: File) -> bool:
        return True

    found = [plugin("a", add_keepers=[Keeper(kind="case", may_see=may_see)])]
    async with kernel_on(found=found) as kernel:
        with settings(kernel, files="s3", s3_bucket=bucketful, s3_endpoint=endpoint):
            yield kernel


def settings(kernel: Kernel, **changed: Any) -> Any:
    """The running house with other settings."""

    @contextmanager
    def change() -> Iterator[None]:
        before = house.house()
        known = {"s3_access_key": "test", "s3_secret_key": "test-secret", **changed}
        house.enter(replace(before, settings=before.settings.model_copy(update=known)))
        yield
        house.enter(before)

    return change()


async def in_bucket() -> dict[str, bytes]:
    store = storage_at("s3")
    return {one.key: await read(store, one.key) async for one in store.list()}


async def test_an_upload_goes_to_the_bucket_is_blurred_there_and_seen(shelf: Kernel) -> None:
    file = await store_upload(JPEG, WANG)
    assert (file.place, await in_bucket()) == ("s3", {file.key: JPEG})
    assert not folder().exists()
    await atomic(attach)([str(file.id)], WANG, keeper="case", subject="7")
    lent = await lease_unblurred()
    assert lent is not None
    assert await content_of(lent) == JPEG
    await put_blurred(str(file.id), BLURRED)
    shown = await readable(str(file.id), WANG)
    assert b"".join([piece async for piece in await open_file(shown)]) == BLURRED
    assert await in_bucket() == {shown.key: BLURRED}


async def test_a_row_that_could_not_be_written_leaves_nothing_in_the_bucket(
    shelf: Kernel, monkeypatch: Any
) -> None:
    async def away(*_: Any, **__: Any) -> None:
        raise Unavailable("x")

    monkeypatch.setattr(File, "save", away)
    with pytest.raises(Unavailable):
        await store_upload(JPEG, WANG)
    assert await in_bucket() == {}


async def test_nothing_is_acknowledged_while_the_bucket_is_away(shelf: Kernel) -> None:
    nowhere = settings(shelf, files="s3", s3_bucket="gone", s3_endpoint="http://127.0.0.1:9")
    with nowhere, pytest.raises(Unavailable):
        await store_upload(JPEG, WANG)
    assert await File.all().count() == 0


# ------------------------------------------------------------------------------ moving and sweeping


async def test_files_move_to_the_bucket_and_back_and_are_read_all_the_while(
    shelf: Kernel, endpoint: str, bucketful: str
) -> None:
    with settings(shelf, files="disk", s3_bucket=bucketful, s3_endpoint=endpoint):
        waiting, ready = await store_upload(JPEG, WANG), await store_upload(JPEG, WANG)
        await put_blurred(str(ready.id), BLURRED)
        old = await store_upload(JPEG, WANG)  # of before digests were kept
        plain = old.key.partition(".")[0]
        (folder() / old.key).rename(folder() / plain)
        await File.filter(id=old.id).update(digest="")
        before = {file.id: file for file in await File.all()}
        moved = await move_files("s3")
        assert (moved.done, moved.failed) == (3, {})
        assert [path for path in folder().rglob("*") if path.is_file()] == []
        assert sorted((await in_bucket()).values()) == sorted([JPEG, JPEG, BLURRED])
        assert {file.place for file in await File.all()} == {"s3"}
        for id, content in ((waiting.id, JPEG), (ready.id, BLURRED), (old.id, JPEG)):
            assert await content_of(before[id]) == content  # asked for before, read after
        assert (await move_files("s3")).done == 0
        lent = [await lease_unblurred() for _ in range(2)]
        assert {await content_of(one) for one in lent if one} == {JPEG}
        assert (await move_files("disk")).done == 3
        assert await in_bucket() == {}


async def test_what_is_damaged_or_lost_stays_and_is_named_and_a_second_run_goes_on(
    shelf: Kernel, endpoint: str, bucketful: str
) -> None:
    with settings(shelf, files="disk", s3_bucket=bucketful, s3_endpoint=endpoint):
        good, damaged, lost = [await store_upload(JPEG, WANG) for _ in range(3)]
        (folder() / damaged.key).write_bytes(JPEG + b"!")
        (folder() / lost.key).rename(folder() / "aside")
        moved = await move_files("s3")
        assert moved.done == 1
        assert set(moved.failed) == {str(damaged.id), str(lost.id)}
        assert "不一样" in moved.failed[str(damaged.id)]
        assert await in_bucket() == {good.key: JPEG}
        (folder() / "aside").rename(folder() / lost.key)
        (folder() / damaged.key).write_bytes(JPEG)
        assert (await move_files("s3")).done == 2


@pytest.fixture
async def house_on_disk(kernel_on: Any) -> AsyncIterator[Kernel]:
    async with kernel_on(found=[]) as kernel:
        yield kernel


def aged(*keys: str) -> None:
    long_ago = (datetime.now(UTC) - timedelta(hours=25)).timestamp()
    for key in keys:
        os.utime(folder() / key, (long_ago, long_ago))


async def test_the_sweep_takes_what_no_row_names_and_leaves_what_is_young(
    house_on_disk: Kernel,
) -> None:
    kept, blurred = await store_upload(JPEG, WANG), await store_upload(JPEG, WANG)
    original = blurred.key
    await put_blurred(str(blurred.id), BLURRED)
    ready = (await File.get(id=blurred.id)).key
    stranger = f"ready/aa/{'a' * 32}.{'0' * 16}"
    partial = f"{kept.key}.{'b' * 32}.part"
    young = f"ready/cc/{'c' * 32}"
    for key in (original, stranger, partial, young):
        await storage_at("disk").put(key, JPEG)
    aged(kept.key, ready, original, stranger, partial)
    await sweep_files({})
    left = sorted([one.key async for one in storage_at("disk").list()])
    assert left == sorted([kept.key, ready, young])


async def test_the_sweep_doubts_the_database_before_the_files(house_on_disk: Kernel) -> None:
    kept = await store_upload(JPEG, WANG)
    strangers = [f"ready/aa/{n:032x}" for n in range(11)]
    for key in strangers:
        await storage_at("disk").put(key, JPEG)
    aged(kept.key, *strangers)
    await sweep_files({})
    assert len([one async for one in storage_at("disk").list()]) == 12


def test_settings_ask_for_the_bucket_and_for_a_safe_way_to_it() -> None:
    for wrong, word in (
        ({"files": "s3"}, "s3_bucket"),
        ({"s3_endpoint": "http://minio.example"}, "https://"),
        ({"files": "tape"}, "disk"),
    ):
        with pytest.raises(SetupError, match=word):
            SettingsSource(wrong, {}).kernel()
    secret = SettingsSource({"s3_secret_key": "very secret"}, {}).kernel()
    assert "very secret" not in repr(secret)
