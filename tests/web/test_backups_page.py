"""The page of backups: for who keeps the whole system; it tells what is there and what failed."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core import house as running
from core.backup import JOB, LAST, back_up_nightly
from core.jobs import JobRow
from core.state import remember
from tests.audit import audited
from tests.factories import only
from tests.web.conftest import Shell, opened_shell, people

pytestmark = only("sqlite")
PAGE = "/admin/backups"


@pytest.fixture
async def shell(kernel_on: Any) -> AsyncIterator[Shell]:
    async with kernel_on(found=[]) as kernel, opened_shell(kernel) as opened:
        await people()
        yield opened


def with_folder(shell: Shell, folder: Path, keys: Path | None = None) -> None:
    chosen = {"backup_dir": folder, "backup_keys": keys}
    settings = shell.kernel.settings.model_copy(update=chosen)
    running.enter(replace(running.house(), settings=settings))


async def test_only_who_keeps_the_whole_system_sees_it(shell: Shell) -> None:
    for who, status in (("admin", 200), ("security", 403), ("grid", 403)):
        await shell.sign_in(who)
        assert (await shell.client.get(PAGE)).status_code == status
        token = {"csrf": shell.csrf()}
        expected = 409 if who == "admin" else 403  # no folder was named
        assert (await shell.client.post(PAGE, data=token)).status_code == expected
    assert await JobRow.filter(name=JOB).count() == 0


async def test_one_is_asked_for_made_and_listed(shell: Shell, tmp_path: Path) -> None:
    with_folder(shell, tmp_path / "kept")
    await shell.sign_in("admin")
    assert "还没有备份" in (await shell.client.get(PAGE)).text
    for _ in range(2):
        answer = await shell.client.post(PAGE, data={"csrf": shell.csrf()})
        assert answer.status_code == 303
    assert await JobRow.filter(name=JOB).count() == 1, "one at a time"
    assert len(await audited("backups.make")) == 1
    assert "正在备份" in (await shell.client.get(PAGE)).text
    await back_up_nightly({})
    await JobRow.filter(name=JOB).update(state="done")
    (made,) = (tmp_path / "kept").iterdir()
    assert made.name in (await shell.client.get(PAGE)).text


async def test_who_keeps_no_keys_is_told_so(shell: Shell, tmp_path: Path) -> None:
    told, set_up = "个人信息的密钥没有自动另存", tmp_path / "elsewhere" / "keys.zip"
    await shell.sign_in("admin")
    with_folder(shell, tmp_path / "kept")
    assert told in (await shell.client.get(PAGE)).text
    with_folder(shell, tmp_path / "kept", set_up)
    text = (await shell.client.get(PAGE)).text
    assert told not in text
    assert f"另存在 {set_up}" in text


async def test_what_went_wrong_is_said(shell: Shell, tmp_path: Path) -> None:
    with_folder(shell, tmp_path)
    await shell.sign_in("admin")
    await remember(LAST, {"at": "2026-11-28T04:00:00+08:00", "error": "磁盘满了，请腾出空间。"})
    text = (await shell.client.get(PAGE)).text
    assert "上一次备份没有做成" in text
    assert "磁盘满了，请腾出空间。" in text
    flaws = ["7f00（cases 12，S3 ready/7f/7f00）：存储里找不到，备份里也没有"]
    told = {"at": "2026-11-28T04:00:00+08:00", "file": "x", "lost": 3, "flaws": flaws}
    await remember(LAST, told)
    text = (await shell.client.get(PAGE)).text
    assert "3 个文件在做备份时就不见了或者变了" in text
    assert flaws[0] in text
    await remember(LAST, {name: told[name] for name in ("at", "file", "lost")})  # of before
    assert "3 个文件" in (await shell.client.get(PAGE)).text
