"""`liuhe doctor` is content only with an installation that is well, and names what is not."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from tests.liuhe.test_audit_command import liuhe


def test_it_names_what_is_not_well_and_changes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    none = liuhe(folder, "doctor")
    assert (none.returncode, folder.exists()) == (1, False)
    assert "没有数据文件夹" in none.stderr
    assert liuhe(folder, "migrate").returncode == 0
    well = liuhe(folder, "doctor")
    assert well.returncode == 0, well.stdout + well.stderr
    assert "✗" not in well.stdout

    (folder / "secret.key").chmod(0o644)
    folder.chmod(0o755)
    with closing(sqlite3.connect(folder / "liuhe.sqlite3")) as file, file:
        file.execute(
            "INSERT INTO core_job (name, payload, state, run_at, attempts, lease_until, claim, "
            "error) VALUES ('x', '{}', 'dead', ?, 0, 0, '', '')",
            (time.time(),),
        )
        last = "(SELECT MAX(id) FROM tortoise_migrations)"
        file.execute(f"DELETE FROM tortoise_migrations WHERE id = {last}")
    ill = liuhe(folder, "doctor")
    assert ill.returncode == 1
    for told in ("别的用户能读 secret.key", "请运行 liuhe migrate", "1 个任务没有做成"):
        assert told in ill.stdout, ill.stdout
    assert ill.stderr.strip() == "要处理的：权限、迁移、任务。"
