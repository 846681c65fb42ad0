"""`liuhe personal verify`, and a start with another secret key, seen from the machine."""

from pathlib import Path

from tests.liuhe.test_audit_command import liuhe


def test_the_command_tells_what_opens_and_another_secret_key_is_refused(tmp_path: Path) -> None:
    whole = liuhe(tmp_path, "personal", "verify")
    assert (whole.returncode, whole.stdout) == (0, "打得开的 0 份，已销毁的 0 份。\n")
    keys = tmp_path / "personal-keys"
    keys.mkdir()
    (keys / "check").write_text("made with another secret key")
    for command in (("personal", "verify"), ("serve",), ("plugins",)):
        refused = liuhe(tmp_path, *command)
        assert refused.returncode == 1, command
        assert "请把原来的放回去再试；什么都没有丢。" in refused.stderr
