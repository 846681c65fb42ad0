"""`liuhe export` and `liuhe wipe` as somebody types them, each in a process of its own."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from core.leaving.folder import read_lines, verify
from core.testing import drop_postgres, living, load, postgres_copy, sqlite_copy
from tests.factories import only
from tests.liuhe.test_cli import liuhe
from tests.plugins.cases.conftest import District, make_district

Done = CompletedProcess[str]


@dataclass
class Installation:
    """A data folder with one case that has a picture, and how to run a command on it."""

    folder: Path
    run: Callable[..., Done]

    def files(self) -> set[Path]:
        """Without the lock that a command holds while it runs."""
        found = self.folder.rglob("*") if self.folder.exists() else ()
        return {one for one in found if one.is_file() and one.name != "household.lock"}


@pytest.fixture
async def installation(server: str, tmp_path: Path) -> AsyncIterator[Installation]:
    folder = tmp_path / "data"
    folder.mkdir()
    kernel = load(folder)
    url = await (postgres_copy(kernel, server) if server else sqlite_copy(kernel, folder))
    async with living(load(folder, url=url), migrated=True) as kernel:
        place: District = await make_district(kernel)
        await place.open(file_ids=[await place.upload(place.grid)])

    def run(*arguments: str) -> Done:
        env = {"LIUHE_SECRET_KEY": "test-" * 8, "LIUHE_DATABASE_URL": url}
        return liuhe(*arguments, "--data", str(folder), **env)

    yield Installation(folder, run)
    if server:
        await drop_postgres(url)


async def test_a_district_goes_out_and_then_there_is_nothing_left_of_it(
    installation: Installation, tmp_path: Path
) -> None:
    out, proofs = tmp_path / "out", tmp_path / "proofs"
    done = installation.run("export", str(out), "--reason", "移交给新系统")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"已导出到 {out}" in done.stdout
    assert verify(out) in done.stdout
    (case,) = read_lines(out / "tables" / "cases_case.jsonl")
    assert case["title"] == "人行道上有垃圾"
    (told,) = [one for one in read_lines(out / "files.jsonl") if one["path"]]
    assert (out / told["path"]).stat().st_size == told["size"]

    wiped = ("--by", "李主任", "--certificate", str(proofs), "--export", str(out))
    before = installation.files()
    refused = installation.run("wipe", "--district", "西湖区", *wiped)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "不是这里的区名" in refused.stderr
    assert installation.files() == before

    done = installation.run("wipe", "--district", "拱墅区", *wiped)
    assert (done.returncode, done.stderr) == (0, "")
    assert "已清空" in done.stdout
    assert installation.files() == set()
    (proof,) = proofs.glob("*.json")
    told = json.loads(proof.read_bytes())
    assert (told["rows"]["cases_case"], told["by"]) == (1, "李主任")
    assert str(next(proofs.glob("*.txt"))) in done.stdout


@only("sqlite")
async def test_what_cannot_be_is_one_sentence_and_changes_nothing(
    installation: Installation, tmp_path: Path
) -> None:
    full = tmp_path / "full"
    full.mkdir()
    (full / "mine.txt").write_text("mine")
    before = installation.files()
    for arguments, code, words in (
        (("export", str(full)), 1, "空的"),
        (("export", str(installation.folder / "inside")), 1, "数据文件夹"),
        (("export", str(tmp_path / "out"), "--open-personal"), 1, "请写明为什么"),
        (("wipe", "--district", "拱墅区", "--by", "李主任"), 2, "--certificate"),
    ):
        done = installation.run(*arguments)
        assert (done.returncode, done.stdout) == (code, ""), arguments
        assert words in done.stderr, done.stderr
        assert "Traceback" not in done.stderr
    assert installation.files() == before, "nor is a secret made where one is given"
    assert [one.name for one in full.iterdir()] == ["mine.txt"]
