"""The keys of personal records: a small file each, outside the database.

A record can be read only with three things: its row in the database, its key file, and the secret
key that the file's content is sealed with. Whoever deletes the key file has destroyed the record in
every copy of the database, however old. Everything here blocks for a moment: call it in a thread.
"""

import os
import uuid
from datetime import UTC, datetime
from pathlib import Path

from core.errors import SetupError, Unavailable
from core.house import house
from core.refusals import refusal
from core.sealing import mark, seal, unseal
from core.secrets import flush_folder

PURPOSE = "personal"
ANOTHER_KEY = (
    "secret.key（或 LIUHE_SECRET_KEY）不是保存个人信息时用的那一把。"
    "请把原来的放回去再试；什么都没有丢。"
)


def root() -> Path:
    return house().settings.data_dir / "personal-keys"


def demand_own_secret() -> None:
    """Refuse to start with another secret key: what it sealed, the right one would not open."""
    known = _read(root() / "check")
    if known and known != mark("personal.check"):
        raise SetupError(ANOTHER_KEY)


def make(record: uuid.UUID, kind: str) -> bytes:
    """A fresh key for a record, on the disk before this returns."""
    return _make(_path(record), _owner(record, kind))


def load(record: uuid.UUID, kind: str) -> bytes:
    """The record's key; Unavailable, in words that help, where it is not to be had."""
    _demand_secret()
    sealed = _read(_path(record))
    if sealed is None:
        raise Unavailable(
            "找不到这条个人信息的密钥文件。请检查数据文件夹里的 personal-keys/ 是否完整、"
            "各台机器用的是不是同一份；放回去就能打开。"
        )
    return _open(sealed, _owner(record, kind))


def remove(record: uuid.UUID) -> None:
    """For ever; twice is harmless."""
    path = _path(record)
    try:
        path.unlink(missing_ok=True)
        if path.parent.exists():
            flush_folder(path.parent)
    except OSError as error:
        raise Unavailable(f"删不掉密钥文件：{refusal(error)}。请检查磁盘和权限。") from error


def known() -> list[uuid.UUID]:
    """The records that have a key file."""
    files = (root() / "records").glob("??/*")
    return [uuid.UUID(path.name) for path in files if not path.name.startswith(".")]


def index_now(kind: str) -> str:
    """The name of the key with which new marks are made: another one each month, so that marks in
    old copies of the database match nothing any more once that month's records are gone."""
    return f"{kind}-{datetime.now(UTC):%Y%m}"


def index(name: str) -> bytes:
    """The key of this name, made at the first asking."""
    path = root() / "index" / name
    sealed = _read(path)
    if sealed is None:
        return _make(path, name)
    _demand_secret()
    return _open(sealed, name)


def indexes(kind: str) -> dict[str, bytes]:
    """All keys with which marks of this kind were made, by name."""
    found = sorted((root() / "index").glob(f"{kind}-??????"))
    if found:
        _demand_secret()
    sealed = {path.name: _read(path) for path in found}
    return {name: _open(one, name) for name, one in sealed.items() if one}


def old_indexes() -> list[str]:
    """Those of months gone by."""
    now = f"{datetime.now(UTC):%Y%m}"
    return [path.name for path in (root() / "index").glob("*-??????") if path.name[-6:] < now]


def remove_index(name: str) -> None:
    (root() / "index" / name).unlink(missing_ok=True)


def _owner(record: uuid.UUID, kind: str) -> str:
    return f"{kind}/{record}"


def _path(record: uuid.UUID) -> Path:
    return root() / "records" / record.hex[:2] / record.hex


def _make(path: Path, owner: str) -> bytes:
    check = root() / "check"
    if not check.exists():
        _write(check, mark("personal.check"))
    _demand_secret()
    key = os.urandom(32)
    if _write(path, seal(PURPOSE, key.hex(), owner)):
        return key
    return _open(_read(path) or "", owner)  # another process was first


def _open(sealed: str, owner: str) -> bytes:
    key = unseal(PURPOSE, sealed, owner)
    if key is None:
        raise Unavailable("这条个人信息的密钥文件不完整，或者属于另一条。请从备份里找回它。")
    return bytes.fromhex(key)


def _demand_secret() -> None:
    try:
        demand_own_secret()
    except SetupError as error:
        raise Unavailable(error.message) from error


def _read(path: Path) -> str | None:
    try:
        return path.read_text("ascii")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Unavailable(f"读不了密钥文件：{refusal(error)}。请检查磁盘和权限。") from error


def _write(path: Path, text: str) -> bool:
    """The whole file or none, and on the disk; False if it is there already."""
    partial = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        root().mkdir(mode=0o700, parents=True, exist_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.touch(mode=0o600)
        with partial.open("w", encoding="ascii") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        os.link(partial, path)
        flush_folder(path.parent)
        flush_folder(path.parent.parent)
    except FileExistsError:
        return False
    except OSError as error:
        raise Unavailable(f"存不下密钥文件：{refusal(error)}。请检查磁盘和权限。") from error
    finally:
        partial.unlink(missing_ok=True)
    return True
