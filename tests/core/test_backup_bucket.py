"""A backup of files that lie in a bucket, put back into another one, or on a disk."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from core import archive
from core.backup import back_up, back_up_nightly, last_backup
from core.errors import SetupError, Unavailable
from core.files import File, content_of, store_blurred, store_document, store_upload
from core.kernel import Kernel
from core.permissions import Viewer
from core.restoring import demand_finished
from core.storage import read
from core.stores import folder, storage_at
from core.testing import load
from tests.core.test_backup import Place, place
from tests.core.test_bucket import JPEG, settings
from tests.factories import only

__all__ = ["place"]

WANG = Viewer(person_id=1, username="wang", name="王")
TEXT = "文件里的字，逗号。".encode() * 500


@dataclass
class Shelf:
    """A house that keeps its files in a bucket, and what it has put there."""

    endpoint: str
    bucket: str
    files: dict[str, bytes]

    def s3(self, bucket: str, **more: Any) -> dict[str, Any]:
        keys = {"s3_access_key": "test", "s3_secret_key": "test-secret"}
        return {"files": "s3", "s3_bucket": bucket, "s3_endpoint": self.endpoint, **keys, **more}

    async def lose(self, key: str, instead: bytes | None = None) -> None:
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test-secret"}
        client = boto3.client("s3", endpoint_url=self.endpoint, region_name="us-east-1", **keys)
        if instead is None:
            await asyncio.to_thread(client.delete_object, Bucket=self.bucket, Key=key)
        else:
            await asyncio.to_thread(client.put_object, Bucket=self.bucket, Key=key, Body=instead)


@pytest.fixture
async def shelf(kernel: Kernel, endpoint: str, bucketful: str) -> AsyncIterator[Shelf]:
    made = Shelf(endpoint, bucketful, {})
    with settings(kernel, **made.s3(bucketful)):
        await store_upload(JPEG + bytes(range(256)) * 4_000, WANG)
        for number in range(9):  # more than go at once
            content = JPEG + str(number).encode()
            await store_blurred(content, keeper="cases", subject=str(number))
        await store_document(TEXT, "清单.txt", WANG)
        made.files = {str(one.id): await content_of(one) for one in await File.all()}
        assert len(made.files) == 11
        yield made


def with_settings(place: Place, **changed: Any) -> Place:
    place.kernel = load(place.folder, [], url=place.url, found=[])
    place.kernel.settings = place.kernel.settings.model_copy(update=changed)
    return place


async def found() -> tuple[set[str], dict[str, bytes]]:
    """Where the files are, and what is in them."""
    files = await File.all()
    return {one.place for one in files}, {str(one.id): await content_of(one) for one in files}


async def test_files_in_a_bucket_come_back_into_an_empty_one_byte_by_byte(
    shelf: Shelf, place: Place, tmp_path: Path, new_bucket: Any
) -> None:
    made = await back_up(tmp_path / "all.zip")
    assert (made.pictures, made.flaws) == (11, [])
    with_settings(place, **shelf.s3(await new_bucket(), s3_prefix="again"))
    await place.put_back(made.path)
    async with place.opened():
        assert await found() == ({"s3"}, shelf.files)
    assert not folder().exists(), "none of them on the disk as well"
    assert len([one async for one in storage_at("s3").list()]) == 11


async def test_they_come_back_on_the_disk_where_the_settings_say_so(
    shelf: Shelf, place: Place, tmp_path: Path
) -> None:
    made = await back_up(tmp_path / "all.zip")
    await place.put_back(made.path)
    async with place.opened():
        assert await found() == ({"disk"}, shelf.files)


@only("sqlite")
async def test_and_from_the_disk_into_a_bucket(
    kernel: Kernel, place: Place, tmp_path: Path, endpoint: str, bucketful: str
) -> None:
    file = await store_blurred(JPEG, keeper="cases", subject="1")
    assert file.place == "disk"
    made = await back_up(tmp_path / "all.zip")
    with_settings(place, **Shelf(endpoint, bucketful, {}).s3(bucketful))
    await place.put_back(made.path)
    async with place.opened():
        assert await found() == ({"s3"}, {str(file.id): JPEG})


@only("sqlite")
async def test_an_object_that_is_gone_and_one_that_changed_are_told_by_number_and_file(
    shelf: Shelf, kernel: Kernel, place: Place, tmp_path: Path
) -> None:
    gone, changed = await File.filter(keeper="cases").order_by("subject").limit(2)
    await shelf.lose(gone.key)
    await shelf.lose(changed.key, instead=JPEG + b"!")
    made = await back_up(tmp_path / "all.zip")
    assert made.pictures == 10
    assert len(made.flaws) == 2
    first, second = sorted(made.flaws, key=lambda flaw: "找不到" in flaw)
    assert all(part in second for part in (str(gone.id), "cases 0", f"S3 {gone.key}"))
    assert all(part in first for part in (str(changed.id), "cases 1", changed.key, "不一样"))
    assert archive.verify(made.path).flaws == made.flaws, "whoever restores it is told as well"
    with settings(kernel, **shelf.s3(shelf.bucket, backup_dir=tmp_path)):
        await back_up_nightly({})
    told = await last_backup()
    assert told is not None
    assert (told["lost"], sorted(told["flaws"])) == (2, sorted(made.flaws))
    await place.put_back(made.path)
    async with place.opened():
        known = {one.id: one for one in await File.all()}
        assert len(known) == 11
        assert await content_of(known[changed.id]) == JPEG + b"!"


@only("sqlite")
async def test_a_bucket_that_is_away_makes_no_backup_and_none_that_looks_like_one(
    shelf: Shelf, kernel: Kernel, tmp_path: Path
) -> None:
    target = tmp_path / "backups"
    target.mkdir()
    nowhere = settings(kernel, **shelf.s3(shelf.bucket, s3_endpoint="http://127.0.0.1:9"))
    with nowhere, pytest.raises(Unavailable, match="文件存储"):
        await back_up(target)
    assert list(target.iterdir()) == []


@only("sqlite")
async def test_a_bucket_in_use_is_left_alone_unless_it_is_said_to_be_ours(
    shelf: Shelf, place: Place, tmp_path: Path
) -> None:
    made = await back_up(tmp_path / "all.zip")
    newer = await store_blurred(JPEG + b"newer", keeper="cases", subject="99")
    with_settings(place, **shelf.s3(shelf.bucket))
    with pytest.raises(SetupError, match="已经有文件"):
        await place.put_back(made.path)
    assert list(place.folder.iterdir()) == []
    await place.put_back(made.path, force=True)
    async with place.opened():
        assert await found() == ({"s3"}, shelf.files)
        assert await read(storage_at("s3"), newer.key) == JPEG + b"newer"


@only("sqlite")
async def test_a_bucket_that_was_never_made_is_a_sentence(
    shelf: Shelf, place: Place, tmp_path: Path
) -> None:
    made = await back_up(tmp_path / "all.zip")
    with_settings(place, **shelf.s3("never-made"))
    with pytest.raises(SetupError, match="桶 never-made 读不到"):
        await place.put_back(made.path)
    assert list(place.folder.iterdir()) == []


@only("sqlite")
async def test_a_bucket_that_goes_away_half_way_is_no_loss_and_the_same_command_goes_on(
    shelf: Shelf, place: Place, tmp_path: Path, new_bucket: Any, monkeypatch: Any
) -> None:
    made = await back_up(tmp_path / "all.zip")
    with_settings(place, **shelf.s3(await new_bucket()))
    bucket = type(storage_at("s3"))
    real, sent = bucket.put, []

    async def put(self: Any, key: str, content: bytes) -> None:
        if len(sent) == 9:
            raise Unavailable("文件存储暂时连不上")
        sent.append(key)
        await real(self, key, content)

    with monkeypatch.context() as patch:
        patch.setattr(bucket, "put", put)
        with pytest.raises(Unavailable):
            await place.put_back(made.path)
    with pytest.raises(SetupError, match="再运行一次 liuhe restore"):
        demand_finished(place.folder)
    again: list[str] = []

    async def count(self: Any, key: str, content: bytes) -> None:
        again.append(key)
        await real(self, key, content)

    with monkeypatch.context() as patch:
        patch.setattr(bucket, "put", count)
        await place.put_back(made.path)
    assert len(again) == 2, "what was put is not sent again"
    async with place.opened():
        assert await found() == ({"s3"}, shelf.files)
