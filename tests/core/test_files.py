"""A picture is kept before it is acknowledged, and shown to nobody before it is blurred."""

import asyncio
import errno
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core import house as running
from core import storage
from core.database import atomic
from core.errors import BadInput, Conflict, NotFound, TooLarge, Unavailable
from core.exchange import spool
from core.exchange.spool import Told
from core.files import (
    BLUR_TRIES,
    File,
    Keeper,
    attach,
    content_of,
    count_by_state,
    forget_loose_files,
    lease_unblurred,
    put_blurred,
    readable,
    refuse_blurred,
    store_blurred,
    store_upload,
)
from core.permissions import Viewer
from core.stores import folder as root
from core.testing import removed
from tests.conftest import fill
from tests.factories import only, plugin

JPEG = b"\xff\xd8\xff\xe0 a face"
BLURRED = b"\xff\xd8\xff\xe0 a blur"
PNG = b"\x89PNG\r\n\x1a\n..."
WEBP = b"RIFF\x10\x00\x00\x00WEBPVP8 "

WANG = Viewer(person_id=1, username="wang", name="王")
LI = Viewer(person_id=2, username="li", name="李")


@pytest.fixture
async def house(kernel_on):
    """A keeper that shows its files to WANG alone."""

    async def may_see(viewer, file):
        return viewer.person_id == WANG.person_id

    found = [plugin("a", add_keepers=[Keeper(kind="case", may_see=may_see)])]
    async with kernel_on(found=found) as kernel:
        yield kernel


give = atomic(attach)


def on_disk() -> list[bytes]:
    return sorted(path.read_bytes() for path in root().rglob("*") if path.is_file())


async def attached(content: bytes = JPEG) -> File:
    file = await store_upload(content, WANG)
    await give([str(file.id)], WANG, keeper="case", subject="7")
    return file


async def again(file: File) -> File:
    return await File.get(id=file.id)


@pytest.mark.parametrize(
    ("content", "media_type"),
    [(JPEG, "image/jpeg"), (PNG, "image/png"), (WEBP, "image/webp")],
)
async def test_the_content_decides_what_a_file_is(house, content, media_type):
    file = await store_upload(content, WANG)
    assert (file.media_type, file.size, file.state) == (media_type, len(content), "waiting")
    assert on_disk() == [content]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg onload=alert(1)>",
        b"GIF89a",
        b"%PDF-1.7",
        b"RIFF\x10\x00\x00\x00WAVEfmt ",
        b" " + JPEG,
    ],
)
async def test_what_is_no_picture_is_refused(house, content):
    with pytest.raises(BadInput) as caught:
        await store_upload(content, WANG)
    assert (caught.value.field, caught.value.reason) == ("file", "media_type")
    assert on_disk() == []


async def test_what_is_too_large_is_refused(house):
    with pytest.raises(TooLarge, match="10 MB"):
        await store_upload(JPEG + bytes(10_000_000), WANG)


async def test_nobody_sees_a_picture_before_it_is_blurred(house):
    file = await store_upload(JPEG, WANG)
    with pytest.raises(NotFound):
        await readable(str(file.id), WANG)  # nobody's yet
    await give([str(file.id)], WANG, keeper="case", subject="7")
    with pytest.raises(Conflict, match="打码"):
        await readable(str(file.id), WANG)
    await put_blurred(str(file.id), BLURRED)
    shown = await readable(str(file.id), WANG)
    assert await content_of(shown) == BLURRED
    assert on_disk() == [BLURRED]


async def test_the_keeper_decides_and_a_refusal_says_nothing(house):
    file = await attached()
    await put_blurred(str(file.id), BLURRED)
    for asked in (str(file.id), "00000000-0000-0000-0000-000000000000", "no uuid", ""):
        with pytest.raises(NotFound) as caught:
            await readable(asked, LI)
        assert caught.value.message == NotFound().message


async def test_a_file_whose_keeper_is_disabled_is_not_shown(house):
    file = await store_blurred(BLURRED, keeper="disabled", subject="1")
    with pytest.raises(NotFound):
        await readable(str(file.id), WANG)


async def test_evidence_that_came_blurred_is_shown_at_once(house):
    file = await store_blurred(BLURRED, keeper="case", subject="1")
    assert await content_of(await readable(str(file.id), WANG)) == BLURRED


# --------------------------------------------------------------------------------------- attaching


async def test_only_ones_own_files_can_be_attached(house):
    file = await store_upload(JPEG, WANG)
    for file_id in (str(file.id), "00000000-0000-0000-0000-000000000000", "no uuid"):
        with pytest.raises(BadInput) as caught:
            await give([file_id], LI, keeper="case", subject="7")
        assert caught.value.field == "fileIds"
    assert (await again(file)).keeper == ""


async def test_a_file_is_attached_once_and_all_or_none(house):
    first, second = await store_upload(JPEG, WANG), await store_upload(PNG, WANG)
    both = [str(first.id), str(first.id)]
    assert len(await give(both, WANG, keeper="case", subject="7")) == 1
    with pytest.raises(Conflict):
        await give([str(second.id), str(first.id)], WANG, keeper="case", subject="8")
    assert [(await again(one)).subject for one in (first, second)] == ["7", ""]


async def test_two_who_attach_the_same_file_at_once_do_not_share_it(house):
    file = await store_upload(JPEG, WANG)
    results = await asyncio.gather(
        *(give([str(file.id)], WANG, keeper="case", subject=str(n)) for n in range(4)),
        return_exceptions=True,
    )
    kept = [one[0].subject for one in results if isinstance(one, list)]
    assert kept == [(await again(file)).subject]
    assert sum(isinstance(one, Conflict) for one in results) == 3


# ---------------------------------------------------------------------------------------- blurring


async def test_pictures_are_lent_one_by_one_oldest_first(house):
    stored = [await store_upload(JPEG, WANG) for _ in range(3)]
    lent = [await lease_unblurred() for _ in range(4)]
    assert [one and one.id for one in lent] == [*(one.id for one in stored), None]


async def test_workers_at_once_get_different_pictures(house):
    for _ in range(5):
        await store_upload(JPEG, WANG)
    lent = await asyncio.gather(*(lease_unblurred() for _ in range(8)))
    ids = [one.id for one in lent if one]
    assert len(ids) == len({*ids})
    while more := await lease_unblurred():
        ids.append(more.id)
    assert len({*ids}) == 5


async def test_many_lent_pictures_do_not_hide_the_one_that_waits(house):
    for _ in range(25):
        await store_upload(JPEG, WANG)
    lent = [await lease_unblurred() for _ in range(25)]
    assert None not in lent


async def test_a_picture_is_lent_again_when_its_lease_is_over_and_refused_in_the_end(house):
    file = await attached()
    past = datetime.now(UTC) - timedelta(seconds=1)
    for _ in range(BLUR_TRIES):
        assert (await lease_unblurred()).id == file.id
        assert await lease_unblurred() is None
        await File.filter(id=file.id).update(lease_until=past)
    assert await lease_unblurred() is None
    assert (await again(file)).state == "refused"
    await removed()
    assert on_disk() == []
    with pytest.raises(NotFound, match="无法打码"):
        await readable(str(file.id), WANG)


async def test_blurring_twice_is_harmless_and_the_first_stays(house):
    file = await attached()
    await put_blurred(str(file.id), BLURRED)
    await put_blurred(str(file.id), PNG)
    assert on_disk() == [BLURRED]
    assert (await again(file)).media_type == "image/jpeg"
    with pytest.raises(NotFound):
        await put_blurred("no uuid", BLURRED)


async def test_blurring_at_the_same_moment_leaves_one_whole_picture(house):
    file = await attached()
    await asyncio.gather(*(put_blurred(str(file.id), BLURRED) for _ in range(5)))
    assert on_disk() == [BLURRED]
    assert (await again(file)).state == "ready"


async def test_what_comes_back_must_be_a_picture_too(house):
    file = await attached()
    with pytest.raises(BadInput):
        await put_blurred(str(file.id), b"oops")
    assert (await again(file)).state == "waiting"
    assert on_disk() == [JPEG]


async def test_a_picture_that_cannot_be_blurred_is_not_kept(house):
    file = await attached()
    await refuse_blurred(str(file.id), "看不清" * 100)
    await removed()
    assert on_disk() == []
    await put_blurred(str(file.id), BLURRED)
    assert (await again(file)).state == "refused"
    ready = await attached()
    await put_blurred(str(ready.id), BLURRED)
    await refuse_blurred(str(ready.id), "too late")
    assert (await again(ready)).state == "ready"
    assert await count_by_state() == {"refused": 1, "ready": 1}


# ------------------------------------------------------------------------------------ the disk


async def test_uploads_that_nobody_used_are_removed_after_a_day(house):
    loose, used, young = (
        await store_upload(PNG, WANG),
        await attached(),
        await store_upload(WEBP, LI),
    )
    long_ago = datetime.now(UTC) - timedelta(hours=25)
    await File.filter(id__in=[loose.id, used.id]).update(created_at=long_ago)
    await forget_loose_files({})
    assert {one.id for one in await File.all()} == {used.id, young.id}
    assert on_disk() == sorted([JPEG, WEBP])


async def test_a_full_disk_is_told_and_leaves_nothing_behind(house, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(storage.os, "fsync", full)
        with pytest.raises(Unavailable, match="磁盘满了"):
            await store_upload(JPEG, WANG)
    assert on_disk() == []
    assert await File.all().count() == 0


@only("sqlite")
async def test_a_disk_that_is_really_full_refuses_files_and_lists_until_there_is_room(
    house, small_disk
):
    disk = small_disk("1m")
    settings = house.settings.model_copy(update={"data_dir": disk})
    running.enter(replace(running.house(), settings=settings))
    lines = [Told(number=n, cells={"地址": "湖墅南路"}) for n in range(300)]
    kept, listed = await store_upload(JPEG, WANG), spool.put(lines[:1])
    ballast = fill(disk)
    with pytest.raises(Unavailable, match="请联系管理员检查磁盘"):
        await store_upload(JPEG, LI)
    with pytest.raises(Unavailable, match="请联系管理员检查磁盘"):
        spool.put(lines)
    assert [row.id for row in await File.all()] == [kept.id]
    assert await content_of(kept) == JPEG
    assert not list(disk.rglob("*.part"))
    ballast.unlink()
    assert spool.names() == [listed[0]]
    assert spool.put(lines)[1] == 300
    assert await content_of(await store_upload(JPEG, LI)) == JPEG


async def test_a_picture_whose_row_could_not_be_written_is_not_left_behind(house, monkeypatch):
    async def away(*_, **__):
        raise Unavailable("x")

    monkeypatch.setattr(File, "save", away)
    with pytest.raises(Unavailable):
        await store_upload(JPEG, WANG)
    assert on_disk() == []


async def test_only_this_user_can_read_a_picture_on_the_disk(house):
    file = await store_upload(JPEG, WANG)
    assert (root() / file.key).stat().st_mode & 0o077 == 0
