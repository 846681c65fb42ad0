"""Models 模型: each a folder with a manifest that says what the file is and how to read it."""

import hashlib
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gpu.wire import Message, nearest

BUNDLED = Path(__file__).parent / "models"
DEFAULT = "ssd_mobilenet_v2_coco"


class ModelError(ValueError):
    """A model that cannot be used; the sentence says what to do."""


@dataclass(frozen=True, kw_only=True)
class Input(Message):
    """What the network takes: a pixel becomes `pixel * scale + shift`.

    stretch: the picture fills the input. letterbox: it keeps its shape at the top left, on grey.
    """

    name: str
    width: int
    height: int
    layout: Literal["NHWC", "NCHW"] = "NCHW"
    colours: Literal["RGB", "BGR"] = "RGB"
    fit: Literal["stretch", "letterbox"] = "stretch"
    scale: float = 1.0
    shift: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Output(Message):
    """What it gives: `score` to believe in something new, `keep` to go on with what is followed."""

    decoder: Literal["ssd", "yolox", "detr"]
    names: tuple[str, ...]
    score: float = 0.5
    keep: float = 0.3
    overlap: float = 0.6

    def __post_init__(self) -> None:
        if not 0 < self.keep <= self.score < 1:
            raise ValueError("0 < keep <= score < 1 must hold.")


@dataclass(frozen=True, kw_only=True)
class Manifest(Message):
    name: str
    file: str
    sha256: str
    licence: str
    origin: str
    labels: str
    input: Input
    output: Output
    objects: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Model:
    """A manifest whose files are there and whole. `objects` maps class numbers to our names."""

    manifest: Manifest
    path: Path
    objects: tuple[tuple[int, str], ...]

    @property
    def tag(self) -> str:
        """Name and the beginning of the checksum, as observations quote it."""
        return f"{self.manifest.name}@{self.manifest.sha256[:12]}"


def find(name: str | None, folders: Iterable[Path] = ()) -> Model:
    """The model of that name in `folders` or among the bundled ones; None is the default."""
    known = {path.parent.name: path for path in manifests(folders)}
    path = known.get(name or DEFAULT)
    if path is None:
        raise ModelError(f"There is no model {name!r}; {nearest(str(name), known)}")
    return load(path)


def manifests(folders: Iterable[Path] = ()) -> list[Path]:
    """All manifests; an earlier folder wins over a later one, the user's over the bundled."""
    found: dict[str, Path] = {}
    for folder in [*folders, BUNDLED]:
        for path in sorted(folder.glob("*/manifest.toml")):
            found.setdefault(path.parent.name, path)
    return list(found.values())


def load(path: Path) -> Model:
    """Read one manifest and check the files that it names."""
    manifest = _read(path)
    file = path.parent / manifest.file
    if not file.is_file():
        raise ModelError(f"{path}: the file {manifest.file!r} is missing; put it beside.")
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    if digest != manifest.sha256.lower():
        raise ModelError(
            f"{path}: {manifest.file} has the checksum {digest[:12]}, not {manifest.sha256[:12]}; "
            "fetch the file anew, or correct 'sha256' if you changed it on purpose."
        )
    return Model(manifest=manifest, path=file, objects=_objects(path, manifest))


def _read(path: Path) -> Manifest:
    try:
        manifest = Manifest.from_json(tomllib.loads(path.read_text("utf-8")))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: {str(error).removeprefix('Manifest: ')}") from None
    if manifest.name != path.parent.name:
        raise ModelError(f"{path}: 'name' is {manifest.name!r}; call it as its folder is called.")
    return manifest


def _objects(path: Path, manifest: Manifest) -> tuple[tuple[int, str], ...]:
    try:
        labels = (path.parent / manifest.labels).read_text("utf-8").splitlines()
    except OSError:
        raise ModelError(
            f"{path}: the file {manifest.labels!r} is missing; put it beside."
        ) from None
    for label in manifest.objects:
        if label not in labels:
            known = [each for each in labels if each != "-"]
            raise ModelError(f"{path}: {label!r} is no label; {nearest(label, known)}")
    return tuple((labels.index(label), name) for label, name in manifest.objects.items())
