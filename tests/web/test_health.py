"""Readiness and figures tell the truth: each thing that can break is broken here once."""

import asyncio
import shutil
import time
from collections import namedtuple
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest

from core import condition
from core import house as running
from core.condition import BEAT, Condition
from core.database import rows
from core.jobs import JobRow
from core.state import remember
from core.worker import Worker
from tests.factories import only
from tests.web.conftest import Shell, opened_shell, people
from web import health

Usage = namedtuple("Usage", "total used free")


async def ready(shell: Shell, strict: bool = False) -> tuple[int, dict[str, str], dict[str, str]]:
    answer = await shell.client.get("/readyz?strict=1" if strict else "/readyz")
    told = answer.json()
    assert told["ready"] is not bool(told["problems"])
    return answer.status_code, told["problems"], told["warnings"]


async def test_all_is_well_while_the_worker_lives(shell: Shell) -> None:
    await Worker(shell.kernel.jobs).once()
    assert await ready(shell, strict=True) == (200, {}, {})


async def test_a_silent_worker_and_work_that_waits_are_warnings(shell: Shell) -> None:
    code, problems, warnings = await ready(shell)
    assert (code, problems, list(warnings)) == (200, {}, ["worker"])
    await remember(BEAT, time.time() - 90)
    await JobRow.create(name="any", payload={}, run_at=time.time() - 1_000)
    code, problems, warnings = await ready(shell, strict=True)
    assert (code, problems) == (503, {})
    assert "90 秒没有动静" in warnings["worker"]
    assert "1000 秒还没有做" in warnings["outbox"]


async def test_many_who_ask_at_once_share_one_look(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0

    async def slow(tables: Any) -> Condition:
        nonlocal looks
        looks += 1
        await asyncio.sleep(0.2)
        return Condition(problems={"disk": "磁盘满了"})

    monkeypatch.setattr(health, "look", slow)
    told = await asyncio.gather(*(ready(shell) for _ in range(50)))
    assert looks == 1
    assert told == [(503, {"disk": "磁盘满了"}, {})] * 50
    await ready(shell)
    assert looks == 2, "who asks later is told of later"


async def test_a_migration_that_is_missing_or_from_the_future_is_a_problem(shell: Shell) -> None:
    await rows(
        "DELETE FROM tortoise_migrations WHERE id = (SELECT MAX(id) FROM tortoise_migrations)"
    )
    code, problems, _ = await ready(shell)
    assert (code, list(problems)) == (503, ["migrations"])
    assert "liuhe migrate" in problems["migrations"]
    later = "INSERT INTO tortoise_migrations (app, name, applied_at) VALUES ('core', '9999_x', $1)"
    await rows(later, datetime.now(UTC))
    assert "更新的版本" in (await ready(shell))[1]["migrations"]


@only("sqlite", because="it is about a file")
async def test_a_database_that_went_away_is_a_problem_and_comes_back(shell: Shell) -> None:
    path = shell.kernel.settings.data_dir / "liuhe.sqlite3"
    path.rename(path.with_suffix(".gone"))
    code, problems, _ = await ready(shell)
    assert (code, problems) == (503, {"database": "数据库暂时用不了，请稍后再试。"})
    figures = (await shell.client.get("/metrics")).text
    assert "liuhe_database_up 0.0" in figures
    path.with_suffix(".gone").rename(path)
    assert (await ready(shell))[0] == 200


@only("sqlite")
async def test_a_disk_that_is_full_or_cannot_be_written_is_a_problem(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: Usage(10**9, 10**9, 5_000_000))
        code, problems, _ = await ready(shell)
        assert (code, list(problems)) == (503, ["disk"])
        assert "只剩 5 MB" in problems["disk"]
    monkeypatch.setattr(condition.Path, "write_bytes", _no_space)
    code, problems, _ = await ready(shell)
    assert (code, list(problems)) == (503, ["storage"])
    assert "磁盘满了" in problems["storage"]


def _no_space(*_: Any) -> None:
    raise OSError(28, "No space left on device")


async def test_figures_count_and_name_nobody(shell: Shell) -> None:
    await JobRow.create(name="any", payload={}, run_at=time.time() - 100)
    await JobRow.create(name="any", payload={}, run_at=0, state="dead")
    await shell.sign_in("grid")
    text = (await shell.client.get("/metrics")).text
    figures = {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines(text))}
    assert figures["liuhe_database_up"] == 1
    assert figures['liuhe_jobs{state="waiting"}'] == 1
    assert figures['liuhe_jobs{state="dead"}'] == 1
    assert 99 < figures["liuhe_outbox_lag_seconds"] < 200
    assert any(
        name.startswith('liuhe_http_seconds_count{method="POST",part="admin"') for name in figures
    )
    assert "grid" not in text
    assert "127.0.0.1" not in text


def lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.startswith("#")]


@only("sqlite")
async def test_figures_are_for_this_machine_or_for_who_has_the_token(kernel_on: Any) -> None:
    async with kernel_on(["video"]) as kernel, opened_shell(kernel) as shell:
        await people()
        figures = (await shell.client.get("/metrics")).text
        assert 'liuhe_video_cameras{state="running"} 0.0' in figures
        afar = httpx2.ASGITransport(app=shell.app, client=("10.0.0.9", 1))
        async with httpx2.AsyncClient(transport=afar, base_url="http://liuhe") as other:
            assert (await other.get("/metrics")).status_code == 404
            settings = kernel.settings.model_copy(update={"metrics_token": "let me in"})
            running.enter(replace(running.house(), settings=settings))
            assert (await other.get("/metrics")).status_code == 404
            key = {"authorization": "Bearer let me in"}
            assert (await other.get("/metrics", headers=key)).status_code == 200
        assert (await shell.client.get("/metrics")).status_code == 404
