#!/usr/bin/env python3
"""Sets liuhe up, then runs or tests it: one file, standard library only.

    python3 run.py [--port 8000] [--host 127.0.0.1] [--data DIR] [--no-video] [--no-demo]
    python3 run.py test [pytest arguments]

What it says is for district staff, so it is Chinese, and each failure is one sentence that ends
in what to do. The syntax stays that of Python 3.6: an old interpreter must get far enough to say
which one is needed.
"""

import os
import shutil
import subprocess
import sys

OLDEST, NEWEST = (3, 11), (3, 13)


def say(text: str, end: str = "\n", stream=None) -> None:  # type: ignore[no-untyped-def]
    """Prints at once, and Chinese also where the locale knows none (`LC_ALL=C`)."""
    stream = stream or sys.stdout
    try:
        data = (text + end).encode(stream.encoding or "utf-8")
    except UnicodeEncodeError:
        data = (text + end).encode("utf-8")
    stream.flush()
    stream.buffer.write(data)
    stream.buffer.flush()


def complain(text: str) -> None:
    say(text, stream=sys.stderr)


def python_problem(version: tuple) -> str:  # type: ignore[type-arg]
    """The sentence for an interpreter that cannot run liuhe; empty for one that can."""
    if OLDEST <= tuple(version[:2]) <= NEWEST:
        return ""
    names = ["python3.%d" % minor for minor in range(NEWEST[1], OLDEST[1] - 1, -1)]
    found = [name for name in names if answers(name)]
    advice = "本机已有，请改用 %s run.py" % found[0] if found else "请装好其中一个再运行"
    return "需要 Python 3.11、3.12 或 3.13，现在是 %d.%d：%s。" % (*version[:2], advice)


def answers(name: str) -> bool:
    """Being on the path is not enough: a version manager puts names there that do not run."""
    path = shutil.which(name)
    return path is not None and not subprocess.call([path, "-c", ""], stderr=subprocess.DEVNULL)


# Asked before anything that an old interpreter would stumble over.
if python_problem(sys.version_info):
    complain(python_problem(sys.version_info))
    sys.exit(1)

# ruff: noqa: E402
import argparse
import contextlib
import difflib
import errno
import hashlib
import importlib.util
import platform
import re
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCKS = {"run": ROOT / "requirements" / "run.txt", "test": ROOT / "requirements" / "test.txt"}
SPACE_NEEDED = 1500 * 1024**2  # the environment with the test tools, and what pip downloads for it


class Sorry(Exception):
    """What went wrong and what to do, in one sentence for the person at the keyboard."""


# --- The environment: what is there, and whether it is what the lock files say ---


def made_for() -> str:
    """What `.venv` depends on and pip cannot mend: the interpreter and the folder."""
    return "%s %s" % (sys.implementation.cache_tag, ROOT)


def fingerprint(kind: str) -> str:
    """Changes whenever something has to be installed anew."""
    digest = hashlib.sha256(made_for().encode())
    for path in (LOCKS[kind], ROOT / "pyproject.toml"):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def stamp(kind: str) -> Path:
    """Holds the fingerprint of what was installed; written last."""
    return VENV / (kind + ".stamp")


def interrupted() -> Path:
    """Exists while pip changes the environment: left behind, it tells of a half-done install."""
    return VENV / "installing"


def is_ready(kind: str) -> bool:
    return PYTHON.exists() and read(stamp(kind)) == fingerprint(kind)


def is_usable() -> bool:
    """Whether pip can go on from what is there, rather than from nothing."""
    whole = PYTHON.exists() and not interrupted().exists()
    return whole and read(VENV / "made-for") == made_for()


def read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""


def prepare(kind: str) -> None:
    """Makes `.venv` hold what the lock of this kind (`run` or `test`) lists."""
    if is_ready(kind):
        return
    with alone() as lock, plainly():
        if is_ready(kind):  # whoever we waited for has done it
            return
        if not is_usable():
            make_venv()
        install(kind, lock)


@contextlib.contextmanager
def alone() -> Iterator[int]:
    """Only one run.py installs at a time; the others wait here."""
    try:
        handle = os.open(ROOT / ".venv.lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise Sorry(read_only()) from error
    try:
        if not lock_file(handle):
            say("另一个 run.py 正在安装，等它装完…")
            lock_file(handle, wait=True)
        yield handle
    finally:
        os.close(handle)


def lock_file(handle: int, wait: bool = False) -> bool:
    import fcntl  # Unix only, and so is liuhe: main() has told the others already

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True


def read_only() -> str:
    return "文件夹 %s 不能写：请把六和放到自己能写的文件夹里再运行。" % ROOT


def disk_full() -> str:
    return "磁盘空间不够：请在 %s 所在的磁盘上腾出 2 GB 再运行。" % ROOT


@contextlib.contextmanager
def plainly() -> Iterator[None]:
    """Turns what the disk refuses into a sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Sorry(disk_full()) from error
        if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
            raise Sorry(read_only()) from error
        raise


def make_venv() -> None:
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        raise Sorry(
            "这个 Python 缺少 venv 组件：Debian、Ubuntu 请先运行 apt install python3.%d-venv，"
            "其他系统请安装完整的 Python，再运行一次。" % sys.version_info[1]
        )
    if shutil.disk_usage(ROOT).free < SPACE_NEEDED:
        raise Sorry(disk_full())
    say("上次没有装完，重新建立运行环境。" if interrupted().exists() else "建立运行环境。")
    # -I: neither PYTHONPATH nor the person's own packages get a say.
    command = [sys.executable, "-I", "-m", "venv", "--clear", str(VENV)]
    made = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if made.returncode:
        raise Sorry(why(made.stdout) or "建立运行环境没有成功：%s。" % made.stdout.strip())
    (VENV / "made-for").write_text(made_for(), encoding="utf-8")


# --- The install: pip from the lock, with progress ---


def install(kind: str, lock: int) -> None:
    say("安装依赖：第一次要几分钟，以后几秒就好。")
    started = time.monotonic()
    # Wheels only: no package runs code of its own while it is installed.
    locked = ["--require-hashes", "--only-binary=:all:", "--requirement", str(LOCKS[kind])]
    run_pip(locked, lock, Progress(packages_in(LOCKS[kind])))
    itself = ["--no-build-isolation", "--no-index", "--editable", str(ROOT)]
    run_pip(itself, lock, Progress(0))
    point_to_root()
    for done in ("run", "test") if kind == "test" else ("run",):  # the test lock holds both
        stamp(done).write_text(fingerprint(done), encoding="utf-8")
    say("依赖已装好，用了 %d 秒。" % (time.monotonic() - started))


def point_to_root() -> None:
    """Makes the editable install's path relative, thus ASCII.

    Under `LC_ALL=C` Python 3.12 does not start at all where a .pth file names a Chinese folder.
    """
    for path in VENV.glob("lib/*/site-packages/*liuhe.pth"):
        path.write_text(os.path.relpath(ROOT, path.parent) + "\n", encoding="ascii")


def packages_in(lock: Path) -> int:
    return len(re.findall(r"^[\w.-]+==", read(lock), re.MULTILINE))


def run_pip(arguments: list[str], lock: int, progress: "Progress") -> None:
    """One `pip install`; the marker stays only if pip was cut off while it changed things."""
    command = [str(PYTHON), "-I", "-X", "utf8", "-m", "pip", "install"]
    command += ["--no-deps", "--no-user", "--no-input", "--disable-pip-version-check", *arguments]
    downloads = VENV / "downloads"  # not /tmp, which is small on many servers
    downloads.mkdir(exist_ok=True)
    interrupted().touch()
    pip = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        env={**os.environ, "TMPDIR": str(downloads)},
        pass_fds=[lock],  # should we be killed, the others still wait for the pip left behind
    )
    try:
        progress.follow(pip)
    finally:
        pip.terminate()
        pip.wait()
        shutil.rmtree(downloads, ignore_errors=True)
        if pip.returncode == 0 or not progress.installing:  # before that, pip only downloads
            interrupted().unlink()
    if pip.returncode:
        log = VENV / "pip.log"
        log.write_text("".join(progress.lines), encoding="utf-8")
        raise Sorry(
            why("".join(progress.lines))
            or "安装依赖没有成功：请按 %s 里的提示处理，再运行一次。" % log
        )


class Progress:
    """Reads along with pip and says how far it is."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.seen = 0
        self.name = ""
        self.installing = False
        self.lines: list[str] = []
        self.last_said = 0.0

    def follow(self, pip: subprocess.Popen[str]) -> None:
        before = installed()
        for line in pip.stdout or ():
            self.lines.append(line)
            self.hear(line)
            while self.installing and pip.poll() is None:  # pip is silent while it unpacks
                self.show("安装 %d/%d" % (max(0, installed() - before), self.total))
                time.sleep(0.3)
        pip.wait()
        if sys.stdout.isatty():
            say("\r\033[K", end="")

    def hear(self, line: str) -> None:
        word, _, rest = line.strip().partition(" ")
        if word == "Collecting":
            self.seen += 1
            self.name = rest.partition("==")[0]
            self.show("下载 %d/%d %s" % (self.seen, self.total, self.name))
        elif word == "Downloading" and rest.endswith("MB)"):
            size = rest.rpartition("(")[2].rstrip(")")
            self.show("下载 %d/%d %s %s" % (self.seen, self.total, self.name, size))
        elif word == "Ignoring" or line.startswith("Requirement already satisfied"):
            self.total -= 1
        elif "Retrying (" in line:
            self.show("网络不通畅，正在重试")
        elif line.startswith("Installing collected packages"):
            self.installing = self.total > 0

    def show(self, text: str) -> None:
        if sys.stdout.isatty():
            say("\r\033[K" + text, end="")
        elif time.monotonic() - self.last_said > 5:  # a log file wants signs of life, not all
            self.last_said = time.monotonic()
            say(text)


def installed() -> int:
    """How many packages are complete: INSTALLER is among the last things that pip writes."""
    return sum(1 for _ in VENV.glob("lib/*/site-packages/*.dist-info/INSTALLER"))


def unreachable() -> str:
    return (
        "连不上软件源，依赖没有装全：请接通网络后再运行一次；"
        "单位有内部软件源的，先把环境变量 PIP_INDEX_URL 设为它的地址。"
    )


def tampered() -> str:
    return "下载到的文件与锁定的校验值不符：请换一个可信的软件源（PIP_INDEX_URL）再运行。"


def lacking() -> str:
    machine = "%s %s" % (platform.system(), platform.machine())
    return (
        "软件源里缺少 %s 能用的安装包：请换一个完整的软件源（PIP_INDEX_URL）再运行；"
        "六和支持 Linux x86-64、arm64 和 Apple 芯片的 macOS。" % machine
    )


#: What pip prints, first match first, and the sentence for it.
REASONS: list[tuple[str, Callable[[], str]]] = [
    (r"No space left on device|Disk quota exceeded", disk_full),
    (r"Read-only file system|Permission denied", read_only),
    (r"DO NOT MATCH THE HASHES", tampered),
    (
        r"NewConnectionError|NameResolutionError|ConnectTimeout|ReadTimeout|ConnectionReset"
        r"|ProtocolError|IncompleteRead|ProxyError|SSLError|Could not fetch URL|HTTP error 5\d\d",
        unreachable,
    ),
    (r"No matching distribution found", lacking),
]


def why(output: str) -> str:
    """The sentence for what pip printed; empty if it is none of the usual reasons."""
    return next((reason() for pattern, reason in REASONS if re.search(pattern, output)), "")


# --- The start ---


def setting(given: str | None, name: str, default: str) -> str | None:
    """What `liuhe up` will use; None where only its settings file can tell."""
    if given or os.environ.get(name):
        return given or os.environ[name]
    return None if os.environ.get("LIUHE_CONFIG") else default


def check_port(host: str, port: int) -> None:
    try:
        family, kind, _, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
            probe.listen()
    except PermissionError as error:
        raise Sorry(
            "端口 %d 要管理员权限：请换成 1024 以上的，例如 --port 8000。" % port
        ) from error
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise Sorry("本机没有地址 %s：请改正 --host，或者不写它。" % host) from error
        raise Sorry(
            "端口 %d 已被占用：六和若已在运行，请直接打开 http://%s:%d；"
            "否则请停掉占用它的程序，或用 --port 换一个端口。" % (port, host, port)
        ) from error


def become(program: Path, arguments: list[str]) -> NoReturn:
    """Replaces this process, so that signals and the exit code are the program's own."""
    # Paths and messages are Chinese, whatever the locale.
    os.environ["PYTHONUTF8"] = "1"
    os.execv(program, [str(program), *arguments])


def up(options: argparse.Namespace) -> NoReturn:
    prepare("run")
    host = setting(options.host, "LIUHE_HOST", "127.0.0.1")
    port = setting(options.port, "LIUHE_PORT", "8000")
    data = setting(options.data, "LIUHE_DATA_DIR", str(ROOT / "data"))
    if host and port:
        check_port(host, port_number(port))
    arguments = ["up"]
    for option, value in (
        ("--host", host),
        ("--port", port),
        ("--data", data and os.path.abspath(data)),
    ):
        arguments += [option, value] if value else []
    arguments += ["--no-video"] * options.no_video + ["--no-demo"] * options.no_demo
    become(VENV / "bin" / "liuhe", arguments)


def test(arguments: list[str]) -> NoReturn:
    prepare("test")
    browsers = filter(shutil.which, ("chromium", "chromium-browser"))
    say("数据库测试自己启动 PostgreSQL，用完即停。")
    say("浏览器测试%s。" % ("用本机的 Chromium" if any(browsers) else "跳过：本机没有 Chromium"))
    os.chdir(ROOT)
    become(PYTHON, ["-m", "pytest", *arguments])


# --- The command line ---

SWITCHES = ["--help", "--port", "--host", "--data", "--no-video", "--no-demo"]


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        complain("%s：用法见 python3 run.py --help。" % in_chinese(message))
        sys.exit(2)


def in_chinese(message: str) -> str:
    """What argparse found wrong."""
    unknown = re.match(r"unrecognized arguments: (\S+)", message)
    if unknown:
        near = difflib.get_close_matches(unknown.group(1), [*SWITCHES, "test"], n=1)
        return "不认识 %s" % unknown.group(1) + ("，是不是 %s" % near[0] if near else "")
    valueless = re.match(r"argument (\S+): expected one argument", message)
    return "%s 后面缺一个值" % valueless.group(1) if valueless else message


def port_number(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise Sorry("端口应是 1 到 65535 的整数，不能是 %s：请改正，例如 --port 8000。" % text)
    return int(text)


def parser() -> Parser:
    it = Parser(
        prog="python3 run.py",
        description="安装并运行六和。",
        epilog="python3 run.py test [pytest 的参数]：安装并运行测试。",
        add_help=False,
        allow_abbrev=False,
    )
    its = it.add_argument_group("选项")
    its.add_argument("-h", "--help", action="help", help="显示这份说明")
    its.add_argument("--port", help="端口，默认 8000")
    its.add_argument("--host", help="监听的地址，默认 127.0.0.1，只有本机能访问")
    its.add_argument("--data", metavar="DIR", help="数据文件夹，默认是 run.py 旁边的 data")
    its.add_argument("--no-video", action="store_true", help="不启动视频分析")
    its.add_argument("--no-demo", action="store_true", help="不生成演示数据")
    return it


def main(arguments: list[str]) -> int:
    if os.name != "posix":
        complain("六和在 Linux 和 macOS 上运行：Windows 上请先安装 WSL，在其中运行。")
        return 1
    # Without this, a terminated run.py would leave its pip behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        if arguments[:1] == ["test"]:
            test(arguments[1:])
        up(parser().parse_args(arguments))
    except Sorry as sorry:
        complain(str(sorry))
        return 1
    except KeyboardInterrupt:
        complain("\n已停止：再运行一次会接着来。")
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
