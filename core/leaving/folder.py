"""The folder that an export fills: every file with its checksum, readable by this user only."""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from core.errors import SetupError
from core.secrets import flush_folder

MANIFEST = "manifest.json"
PART = 1 << 20  # bytes at a time


class Out:
    """A file that is being written."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self.size = 0

    def write(self, content: bytes) -> None:
        self._file.write(content)
        self._digest.update(content)
        self.size += len(content)

    def text(self, text: str) -> None:
        self.write(text.encode("utf-8"))

    def lines(self, rows: Iterable[Any]) -> None:
        """JSON Lines."""
        self.write(b"".join(as_line(row) for row in rows))

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


def as_line(row: Any) -> bytes:
    text = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
    return (text + "\n").encode("utf-8", "surrogatepass")


class Filling:
    """`files`: what was written, by its name in the folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files: dict[str, dict[str, Any]] = {}

    @contextmanager
    def file(self, name: str) -> Iterator[Out]:
        path = self.root / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        with path.open("wb") as raw:
            out = Out(raw)
            yield out
            raw.flush()
            os.fsync(raw.fileno())
        self.files[name] = {"size": out.size, "sha256": out.sha256}

    def close(self, manifest: dict[str, Any]) -> str:
        """Write the manifest, the last of all; its SHA-256."""
        with self.file(MANIFEST) as out:
            out.text(json.dumps(manifest, ensure_ascii=False, indent=1))
        flush_folder(self.root)
        return str(self.files[MANIFEST]["sha256"])


def begin(root: Path, data: Path) -> Filling:
    """Only into an empty folder outside of the data folder."""
    if root.resolve().is_relative_to(data.resolve()):
        raise SetupError(f"{root} 在数据文件夹里面；请导出到别处，否则清空的时候会一起删掉。")
    if root.exists() and not root.is_dir():
        raise SetupError(f"{root} 不是文件夹，请换一个。")
    if root.exists() and any(root.iterdir()):
        whole = "里面已经有东西" if (root / MANIFEST).exists() else "里面有东西，或者上次没有导完"
        raise SetupError(f"{root} 不是空的（{whole}），没有导出。请换一个空的文件夹。")
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Filling(root)


def read_lines(path: Path) -> Iterator[Any]:
    """The rows of a table that was exported."""
    with path.open("rb") as source:
        for line in source:
            yield json.loads(line)


def verify(root: Path) -> str:
    """Read an export to its last byte; the SHA-256 of its manifest, SetupError where it is not
    whole."""
    try:
        raw = (root / MANIFEST).read_bytes()
        files: dict[str, dict[str, Any]] = json.loads(raw)["files"]
    except (OSError, ValueError, KeyError) as error:
        raise SetupError(f"{root} 不是完整的导出：没有可用的 {MANIFEST}。") from error
    for name, known in files.items():
        if _digest(root / name) != known["sha256"]:
            raise SetupError(f"导出不完整：{name} 不在，或者被改动过。")
    return hashlib.sha256(raw).hexdigest()


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as source:
            while part := source.read(PART):
                digest.update(part)
    except OSError:
        return ""
    return digest.hexdigest()
