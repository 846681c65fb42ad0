"""One file that holds a backup: a zip whose last member, the manifest, names every other with its
checksum. Without its manifest an archive is not one: what was cut off is never taken for whole.

Everything here blocks: call it in a thread.
"""

import hashlib
import io
import os
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from core.errors import SetupError
from core.secrets import flush_folder

FORMAT = 1
MANIFEST = "manifest.json"
#: What an archive may hold; nothing in it can name a place outside the data folder.
NAMES = re.compile(
    r"database/liuhe\.sqlite3|database/[a-z][a-z0-9_]*\.copy|audit-heads\.txt"
    r"|files/(waiting|ready)/[0-9a-f]{2}/[0-9a-f]{32}(\.[0-9a-f]{16})?"
    r"|personal-keys/(check|index/[a-z_.]+-\d{6}|records/[0-9a-f]{2}/[0-9a-f]{32})"
)
PART = 1 << 20  # bytes at a time
QUICKLY = 1  # zlib's level: the disk is the bottleneck then, not the processor
FILES = "files/"


class Member(BaseModel):
    """One file of the archive."""

    model_config = ConfigDict(frozen=True)

    size: int
    sha256: str


class Manifest(BaseModel):
    """What the archive is, and each member's checksum.

    `kind` is "data" or "keys". `tables` maps each table of PostgreSQL to its columns, `sequences`
    each sequence to its last value. `blurred` has what is new about pictures that were blurred
    after the picture of the database was taken; `flaws` says which files are not in it as they
    were kept. `secret` is a mark of the secret key that tells nothing of it.
    """

    model_config = ConfigDict(extra="forbid")

    format: int = FORMAT
    kind: str
    id: str
    made_at: str
    liuhe: str
    engine: str = ""
    plugins: dict[str, str] = {}
    migrations: list[tuple[str, str]] = []
    tables: dict[str, list[str]] = {}
    sequences: dict[str, int] = {}
    blurred: dict[str, dict[str, str | int]] = {}
    flaws: list[str] = []
    secret: str = ""
    members: dict[str, Member] = {}


class Writing:
    """An archive that is being made."""

    def __init__(self, out: zipfile.ZipFile, manifest: Manifest) -> None:
        self._out = out
        self.manifest = manifest

    def add(self, name: str, path: Path) -> None:
        """Copy a file in; FileNotFoundError, before anything was written, if it has gone."""
        with path.open("rb") as source:
            self.manifest.members[name] = self._copy(name, source)

    def add_bytes(self, name: str, content: bytes) -> None:
        self.manifest.members[name] = self._copy(name, io.BytesIO(content))

    def _copy(self, name: str, source: IO[bytes]) -> Member:
        info = zipfile.ZipInfo(name)
        # Pictures are compressed already.
        info.compress_type = zipfile.ZIP_STORED if _is_picture(name) else zipfile.ZIP_DEFLATED
        digest, size = hashlib.sha256(), 0
        with self._out.open(info, "w", force_zip64=True) as target:
            while part := source.read(PART):
                digest.update(part)
                size += len(part)
                target.write(part)
        return Member(size=size, sha256=digest.hexdigest())

    def close(self) -> None:
        self._out.writestr(MANIFEST, self.manifest.model_dump_json())


def _is_picture(name: str) -> bool:
    return name.startswith(FILES)


@contextmanager
def writing(path: Path, manifest: Manifest) -> Iterator[Writing]:
    """The archive appears under its name when it is whole and on the disk, in place of an older one
    of the same name."""
    partial = path.with_name(f".{path.name}.part")
    partial.unlink(missing_ok=True)
    partial.touch(mode=0o600)  # all of the district is in it
    try:
        with partial.open("r+b") as raw:
            with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED, compresslevel=QUICKLY) as out:
                archive = Writing(out, manifest)
                yield archive
                archive.close()
            raw.flush()
            os.fsync(raw.fileno())
        partial.rename(path)
        flush_folder(path.parent)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def reading(path: Path) -> Iterator[tuple[zipfile.ZipFile, Manifest]]:
    """An archive and its manifest; SetupError, in words, for what is none."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive, _manifest(archive, path)
    except FileNotFoundError as error:
        raise SetupError(f"没有这个备份文件：{path}。") from error
    except zipfile.BadZipFile as error:
        raise SetupError(f"{path} 不是完整的备份，请换一份。") from error


def _manifest(archive: zipfile.ZipFile, path: Path) -> Manifest:
    try:
        raw: Any = archive.read(MANIFEST)
        manifest = Manifest.model_validate_json(raw)
    except (KeyError, ValidationError) as error:
        raise SetupError(f"{path} 不是六和的备份，或者来自更新的版本。") from error
    if manifest.format != FORMAT:
        raise SetupError(f"{path} 来自更新的版本，请用做备份的那一版来恢复。")
    return manifest


def verify(path: Path) -> Manifest:
    """Read every byte; SetupError at the first member that is missing, added or not as written."""
    with reading(path) as (archive, manifest):
        present = {info.filename for info in archive.infolist()} - {MANIFEST}
        if odd := sorted(present ^ manifest.members.keys()):
            raise SetupError(f"备份不完整：{odd[0]} 与清单对不上。请换一份。")
        for name, member in manifest.members.items():
            if not NAMES.fullmatch(name):
                raise SetupError(f"备份里有不认识的文件 {name}，没有恢复。")
            if _digest(archive, name) != member.sha256:
                raise SetupError(f"备份已经损坏：{name} 的校验和不对。请换一份。")
    return manifest


def _digest(archive: zipfile.ZipFile, name: str) -> str:
    digest = hashlib.sha256()
    try:
        with archive.open(name) as source:
            while part := source.read(PART):
                digest.update(part)
    except zipfile.BadZipFile:  # zip's own checksum
        return ""
    return digest.hexdigest()


def take_out(archive: zipfile.ZipFile, name: str, target: Path) -> None:
    """Put a member in its place, whole and on the disk, or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.part")
    partial.unlink(missing_ok=True)
    partial.touch(mode=0o600)
    with archive.open(name) as source, partial.open("wb") as out:
        while part := source.read(PART):
            out.write(part)
        out.flush()
        os.fsync(out.fileno())
    partial.rename(target)
    flush_folder(target.parent)
