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
import sys

OLDEST, NEWEST = (3, 11), (3, 13)


def say(text: str, end: str = "\n", stream=None) -> None:
    """Prints at once, and also where the locale knows no Chinese (`LC_ALL=C`)."""
    stream = stream or sys.stdout
    try:
        data = (text + end).encode(stream.encoding or "utf-8")
    except UnicodeEncodeError:
        data = (text + end).encode("utf-8")
    stream.flush()
    stream.buffer.write(data)
    stream.buffer.flush()


def python_problem(version: tuple) -> str:
    """The sentence for an interpreter that cannot run liuhe; empty for one that can."""
    if OLDEST <= tuple(version[:2]) <= NEWEST:
        return ""
    names = ["python3.%d" % minor for minor in range(NEWEST[1], OLDEST[1] - 1, -1)]
    found = [name for name in names if shutil.which(name)]
    advice = "本机已有，请改用：%s run.py" % found[0] if found else "请装好其中一个再运行"
    return "需要 Python 3.11、3.12 或 3.13，现在这个是 %d.%d：%s。" % (
        version[0],
        version[1],
        advice,
    )


# Asked before anything that an old interpreter would stumble over.
if python_problem(sys.version_info):
    say(python_problem(sys.version_info), stream=sys.stderr)
    sys.exit(1)

import argparse  # noqa: E402
import contextlib  # noqa: E402
import errno  # noqa: E402
import hashlib  # noqa: E402
import importlib.util  # noqa: E402
import platform  # noqa: E402
import re  # noqa: E402
import signal  # noqa: E402
import socket  # noqa: E402
import subprocess  # noqa: E402
import time  # noqa: E402
from collections.abc import Iterator  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import IO  # noqa: E402

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
LOCKS = {"run": ROOT / "requirements" / "run.txt", "test": ROOT / "requirements" / "test.txt"}
SPACE_NEEDED = 1500 * 1024 * 1024  # the environment with the test tools, and pip's downloads


class Sorry(Exception):
    """What went wrong and what to do, in one sentence for the person at the keyboard."""


# --- The environment: what is there, and whether it is what the lock files say ---


def made_for() -> str:
    """What `.venv` depends on and pip cannot mend: the interpreter and the folder."""
    return "%s %s" % (sys.implementation.cache_tag, ROOT)


def fingerprint(kind: str) -> str:
    """Changes whenever the installed packages have to."""
    digest = hashlib.sha256(made_for().encode())
    for path in (LOCKS[kind], ROOT / "pyproject.toml"):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def stamp(kind: str) -> Path:
    return VENV / (kind + ".stamp")


def is_ready(kind: str) -> bool:
    return read(stamp(kind)) == fingerprint(kind) and (VENV / "bin" / "python").exists()


def is_usable() -> bool:
    """Whether pip can go on from what is there, rather than from nothing."""
    whole = read(VENV / "made-for") == made_for() and (VENV / "bin" / "python").exists()
    return whole and not interrupted().exists()


def interrupted() -> Path:
    """Exists while pip changes the environment: left behind, it tells of a half-done install."""
    return VENV / "installing"


def read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""


def prepare(kind: str) -> None:
    """Makes `.venv` hold what the lock of this kind (`run` or `test`) lists."""
    if is_ready(kind):
        return
    with alone() as lock:
        if is_ready(kind):  # whoever we waited for has done it
            return
        with plainly():
            if not is_usable():
                make_venv()
            install(kind, lock)


@contextlib.contextmanager
def alone() -> Iterator[int]:
    """Only one run.py installs at a time; the others wait here."""
    try:
        handle = os.open(ROOT / ".venv.lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise Sorry("文件夹 %s 不能写：请把六和放到自己能写的文件夹里再运行。" % ROOT) from error
    try:
        if not lock_file(handle):
            say("另一个 run.py 正在安装，等它装完…")
            lock_file(handle, wait=True)
        yield handle
    finally:
        os.close(handle)


def lock_file(handle: int, wait: bool = False) -> bool:
    import fcntl  # Unix only, as is liuhe: main() has told others already

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def plainly() -> Iterator[None]:
    """Turns what the disk refuses into a sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Sorry(disk_full()) from error
        if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
            raise Sorry("文件夹 %s 不能写：请换一个能写的文件夹再运行。" % VENV) from error
        raise


def disk_full() -> str:
    return "磁盘空间不够：请在 %s 所在的磁盘上腾出 2 GB 再运行。" % ROOT


def make_venv() -> None:
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        package = "python%d.%d-venv" % sys.version_info[:2]
        raise Sorry(
            "这个 Python 缺少 venv 组件：Debian、Ubuntu 请先运行 apt install %s，"
            "其他系统请安装完整的 Python，再运行一次。" % package
        )
    if shutil.disk_usage(ROOT).free < SPACE_NEEDED:
        raise Sorry(disk_full())
    say("建立运行环境 %s" % VENV)
    # -I: neither PYTHONPATH nor the person's own packages get a say.
    command = [sys.executable, "-I", "-m", "venv", "--clear", str(VENV)]
    made = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if made.returncode:
        raise Sorry(why_pip_failed(made.stdout, "建立运行环境没有成功：%s" % made.stdout.strip()))
    (VENV / "made-for").write_text(made_for(), encoding="utf-8")


# --- The install: pip from the lock, with progress ---


def install(kind: str, lock: int) -> None:
    say("安装依赖：第一次要几分钟，之后只要几秒。")
    started = time.monotonic()
    # Wheels only: no package runs code of its own while it is installed.
    locked = ["--require-hashes", "--only-binary=:all:", "--requirement", str(LOCKS[kind])]
    run_pip(locked, lock, Progress(LOCKS[kind]))
    itself = ["--no-build-isolation", "--no-index", "--editable", str(ROOT)]
    run_pip(itself, lock, Progress())
    for done in ("run", "test") if kind == "test" else ("run",):  # the test lock holds both
        stamp(done).write_text(fingerprint(done), encoding="utf-8")
    say("依赖已装好，用了 %d 秒。" % (time.monotonic() - started))


def run_pip(arguments: list, lock: int, progress: "Progress") -> None:
    """One `pip install`; the marker stays only if it was cut off while it changed things."""
    command = [str(VENV / "bin" / "python"), "-I", "-X", "utf8", "-m", "pip", "install"]
    command += ["--no-deps", "--no-user", "--no-input", "--disable-pip-version-check", *arguments]
    interrupted().touch()
    pip = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        pass_fds=[lock],  # should we be killed, the others still wait for the pip left behind
    )
    try:
        progress.follow(pip)
    except BaseException:
        pip.terminate()
        pip.wait()
        raise
    if pip.returncode == 0 or not progress.installing:  # until it installs, pip only downloads
        interrupted().unlink()
    if pip.returncode:
        output = "".join(progress.lines)
        (VENV / "pip.log").write_text(output, encoding="utf-8")
        raise Sorry(
            why_pip_failed(output, "安装依赖没有成功：详情在 %s，修好后再运行一次。" % (VENV / "pip.log"))
        )


REASONS = [
    (r"No space left on device|Disk quota exceeded", disk_full),
    (
        r"DO NOT MATCH THE HASHES",
        lambda: "下载到的文件与锁定的校验值不符：请换一个可信的软件源（PIP_INDEX_URL）再运行。",
    ),
    (
        r"NewConnectionError|NameResolutionError|ConnectTimeout|ReadTimeout|ConnectionReset"
        r"|ProtocolError|IncompleteRead|ProxyError|SSLError|Could not fetch URL|HTTP error 5\d\d",
        lambda: (
            "连不上软件源，依赖没有装全：请接通网络后再运行一次；"
            "单位有内部软件源的，先把环境变量 PIP_INDEX_URL 设为它的地址。"
        ),
    ),
    (
        r"No matching distribution found",
        lambda: (
            "软件源里缺少 %s %s 能用的安装包：请换一个完整的软件源（PIP_INDEX_URL）；"
            "能运行六和的是 Linux x86-64、arm64 和 Apple 芯片的 macOS。"
        )
        % (platform.system(), platform.machine()),
    ),
]


def why_pip_failed(output: str, otherwise: str) -> str:
    for pattern, sentence in REASONS:
        if re.search(pattern, output):
            return sentence()
    return otherwise


class Progress:
    """Reads along with pip and says how far it is."""

    def __init__(self, lock: "Path | None" = None) -> None:
        self.lines: "list[str]" = []
        self.installing = False
        self.total = len(re.findall(r"^[\w.-]+==", read(lock), re.MULTILINE)) if lock else 0
        self.seen = 0
        self.name = ""
        self.last_said = 0.0

    def follow(self, pip: "subprocess.Popen[str]") -> None:
        before = self.installed()
        for line in pip.stdout or ():
            self.lines.append(line)
            self.hear(line)
            while self.installing and pip.poll() is None:  # pip is silent while it unpacks
                self.show("安装 %d/%d" % (self.installed() - before, self.total))
                time.sleep(0.3)
        pip.wait()
        self.clear()

    def hear(self, line: str) -> None:
        word, _, rest = line.strip().partition(" ")
        if word == "Ignoring":  # a marker keeps it off this machine
            self.total -= 1
        elif word == "Collecting":
            self.seen += 1
            self.name = rest.split("==")[0]
            self.show("下载 %d/%d %s" % (self.seen, self.total, self.name))
        elif word == "Downloading" and "MB)" in rest:
            size = rest.rpartition("(")[2].rstrip(")")
            self.show("下载 %d/%d %s %s" % (self.seen, self.total, self.name, size))
        elif line.startswith("Requirement already satisfied"):
            self.total -= 1
        elif "Retrying (" in line:
            self.show("网络不稳，正在重试 %s" % self.name)
        elif line.startswith("Installing collected packages") and self.total:
            self.installing = True

    def installed(self) -> int:
        """pip writes INSTALLER when a package is complete."""
        return sum(1 for _ in VENV.glob("lib/*/site-packages/*.dist-info/INSTALLER"))

    def show(self, text: str) -> None:
        if sys.stdout.isatty():
            say("\r\033[K" + text, end="")
        elif time.monotonic() - self.last_said > 5:  # a log file wants signs of life, not all
            self.last_said = time.monotonic()
            say(text)

    def clear(self) -> None:
        if sys.stdout.isatty():
            say("\r\033[K", end="")


# --- The start: the data folder and the port are ours ---


def data_folder(chosen: "str | None") -> "Path | None":
    """Where the data go; None where only the settings file can tell."""
    named = chosen or os.environ.get("LIUHE_DATA_DIR")
    if named:
        return Path(named).absolute()
    return None if os.environ.get("LIUHE_CONFIG") else ROOT / "data"


def take(data: Path, address: str) -> None:
    """Claims the folder for as long as this process lives, also as what it becomes by exec."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        handle = os.open(data / ".run.lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise Sorry("数据文件夹 %s 不能写：请用 --data 另选一个能写的文件夹。" % data) from error
    if not lock_file(handle):
        running = read(data / ".run.lock").strip() or "地址不明"
        raise Sorry(
            "六和已经在用这份数据运行（%s）：请直接打开它，或先停掉它再运行，"
            "也可以用 --data 另选文件夹。" % running
        )
    os.ftruncate(handle, 0)
    os.write(handle, ("%s，进程 %d\n" % (address, os.getpid())).encode())
    os.set_inheritable(handle, True)


def check_port(host: str, port: int) -> None:
    try:
        family, kind, _, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
            probe.listen()
    except PermissionError as error:
        raise Sorry("端口 %d 要管理员权限：请换一个 1024 以上的，例如 --port 8000。" % port) from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise Sorry(
                "端口 %d 已被别的程序占用：请先停掉那个程序，或换一个端口，例如 --port %d。"
                % (port, port + 1 if port < 65535 else 8000)
            ) from error
        raise Sorry("本机没有地址 %s：请检查 --host，只给本机用就不要写它。" % host) from error


def become(program: Path, arguments: list) -> None:
    """Replaces this process, so that signals and the exit code are the program's own."""
    # UTF-8 even where the locale is another: paths and messages are Chinese.
    os.environ["PYTHONUTF8"] = "1"
    sys.stdout.flush()
    os.execv(program, [str(program), *arguments])


def up(options: argparse.Namespace) -> None:
    prepare("run")
    arguments = ["up", "--host", options.host, "--port", str(options.port)]
    data = data_folder(options.data)
    if data:
        take(data, "http://%s:%d" % (options.host, options.port))
        arguments += ["--data", str(data)]
    check_port(options.host, options.port)
    arguments += ["--no-video"] * options.no_video + ["--no-demo"] * options.no_demo
    become(VENV / "bin" / "liuhe", arguments)


def test(arguments: list) -> None:
    prepare("test")
    browser = any(shutil.which(name) for name in ("chromium", "chromium-browser"))
    say("测试用的 PostgreSQL 由测试自己启动，用完即停。")
    say("浏览器测试用本机的 Chromium。" if browser else "没有找到 Chromium，浏览器测试会跳过。")
    os.chdir(ROOT)
    become(VENV / "bin" / "python", ["-m", "pytest", *arguments])


# --- The command line ---


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> "None":  # type: ignore[override]
        unknown = re.search(r"unrecognized arguments: (.*)", message)
        what = "不认识 %s" % unknown.group(1) if unknown else "参数不对（%s）" % message
        say("%s：用法见 python3 run.py --help。" % what, stream=sys.stderr)
        sys.exit(2)


def port_number(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError("端口是 1 到 65535 的整数")
    return int(text)


def parser() -> Parser:
    it = Parser(
        prog="python3 run.py",
        description="安装并运行六和。",
        epilog="python3 run.py test [pytest 的参数]：安装并运行测试。",
        allow_abbrev=False,
    )
    it.add_argument("--port", type=port_number, default=8000, help="端口，默认 8000")
    it.add_argument("--host", default="127.0.0.1", help="监听的地址，默认只有本机能访问")
    it.add_argument("--data", metavar="DIR", help="数据文件夹，默认是这里的 data")
    it.add_argument("--no-video", action="store_true", help="不启动视频分析")
    it.add_argument("--no-demo", action="store_true", help="不生成演示数据")
    return it


def main(arguments: list) -> int:
    if os.name != "posix":
        say("六和在 Linux 和 macOS 上运行：Windows 上请先安装 WSL，在其中运行。", stream=sys.stderr)
        return 1
    # Without this a terminated run.py would leave its pip behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        if arguments[:1] == ["test"]:
            test(arguments[1:])
        else:
            up(parser().parse_args(arguments))
    except Sorry as sorry:
        say(str(sorry), stream=sys.stderr)
        return 1
    except KeyboardInterrupt:
        say("\n已停止；再运行一次会接着来。", stream=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
