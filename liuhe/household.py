"""`liuhe up`: all processes of one machine, started together, watched, and stopped together."""

import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from core.errors import SetupError
from core.refusals import refusal

AGAIN = 75
STOP_SECONDS = 12.0
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
STEADY = 60.0  # seconds after which a process counts as healthy again


@dataclass(kw_only=True)
class Member:
    """One process of the household."""

    name: str
    command: Sequence[str]
    env: dict[str, str] = field(default_factory=dict)
    process: "subprocess.Popen[bytes] | None" = None
    started: float = 0.0
    pause: float = FIRST_PAUSE
    due: float = 0.0

    def start(self) -> None:
        self.started = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603 - our own commands
            self.command,
            env={**os.environ, **self.env},
            start_new_session=True,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        )

    def ended(self) -> int | None:
        return self.process.poll() if self.process else None

    def ask_stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()

    def wait_or_kill(self, deadline: float) -> None:
        if self.process is None:
            return
        try:
            self.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None


def _die_with_parent() -> None:
    """A child whose household is killed gets SIGTERM from the kernel (Linux)."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


class Household:
    """Keeps its members running; ends all when asked, or begins again when one asks for it."""

    def __init__(
        self,
        members: Callable[[], list[Member]],
        say: Callable[[str], None],
        greet: Callable[[], bool] = lambda: True,
        patience: float = STOP_SECONDS,
    ) -> None:
        """`greet` is asked again and again after a start, until it says that all is up."""
        self._plan = members
        self._say = say
        self._greet = greet
        self._patience = patience
        self._stopping = False

    def run(self) -> int:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: self._ask_stop())
        while not self._stopping:
            members = self._plan()
            try:
                self._watch(members)
            finally:
                self._stop(members)
        self._say("已停止。")
        return 0

    def _ask_stop(self) -> None:
        self._stopping = True

    def _watch(self, members: list[Member]) -> None:
        """Until asked to stop, or until a member asks for a new start of all."""
        for member in members:
            member.start()
        greeted = False
        while not self._stopping:
            greeted = greeted or self._greet()
            for member in members:
                code = member.ended()
                if code == AGAIN:
                    self._say("插件有变化，正在重新启动……")
                    return
                if code is not None:
                    self._revive(member, code)
            time.sleep(0.2)

    def _revive(self, member: Member, code: int) -> None:
        """Start a member that died again, with growing pauses while it keeps dying."""
        now = time.monotonic()
        if member.due == 0.0:
            if now - member.started > STEADY:
                member.pause = FIRST_PAUSE
            self._say(f"{member.name}意外退出（代码 {code}），{member.pause:.0f} 秒后重新启动。")
            member.due, member.pause = now + member.pause, min(member.pause * 2, LONGEST_PAUSE)
        elif now >= member.due:
            member.due = 0.0
            member.start()

    def _stop(self, members: list[Member]) -> None:
        for member in members:
            member.ask_stop()
        deadline = time.monotonic() + self._patience
        for member in members:
            member.wait_or_kill(deadline)


def only_one(folder: Path) -> IO[str]:
    """Hold the folder's lock for as long as the returned file is open."""
    try:
        lock = (folder / "household.lock").open("w")
    except OSError as error:
        raise SetupError(
            f"数据文件夹 {folder} 不能写：{refusal(error)}。请换一个文件夹（--data）或改权限。"
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise SetupError(
            f"另一个 liuhe 正在使用数据文件夹 {folder}：请先停掉它，或用 --data 换一个文件夹。"
        ) from error
    return lock
