"""The note that lies in a data folder while a backup is being put back into it."""

from pathlib import Path

from core.errors import SetupError

NOTE = "restoring.txt"


def unfinished(folder: Path) -> str:
    """The id of the archive whose restore did not come to its end here; "" if none."""
    try:
        return (folder / NOTE).read_text("ascii").strip()
    except FileNotFoundError:
        return ""


def demand_finished(folder: Path) -> None:
    """Nothing starts on half of a backup."""
    if unfinished(folder):
        raise SetupError(
            "这里的恢复没有做完：请用同一份备份再运行一次 liuhe restore，它会接着做完。"
        )


def demand_same(folder: Path, id: str) -> bool:
    """Whether a restore of this archive was begun here; of another one is refused."""
    found = unfinished(folder)
    if found and found != id:
        raise SetupError(
            "这里正在恢复另一份备份，还没有做完：请先用那一份做完，或换一个空的文件夹。"
        )
    return bool(found)
