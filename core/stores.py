"""Which storages this installation has: the folder always, a bucket where one is set."""

from pathlib import Path
from typing import Literal

from core.bucket import Bucket
from core.errors import SetupError
from core.house import house
from core.storage import Folder, Storage

Place = Literal["disk", "s3"]


def folder() -> Path:
    return house().settings.data_dir / "files"


def storage_at(place: str) -> Storage:
    """The storage that a file's row names."""
    known = house().settings
    if place == "disk":
        return Folder(folder())
    if not known.s3_bucket:
        raise SetupError("有文件存放在 S3 上，设置里却没有 s3_bucket，请补上。")
    return Bucket(
        name=known.s3_bucket,
        endpoint=known.s3_endpoint,
        region=known.s3_region,
        prefix=known.s3_prefix,
        access_key=known.s3_access_key,
        secret_key=known.s3_secret_key,
    )


def place_of_new() -> Place:
    """Where what comes in now is kept."""
    return house().settings.files
