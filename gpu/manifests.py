"""Models 模型: each a folder with a manifest that says what the file is and how to read it."""

import hashlib
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from gpu.pipeline import is_there
from gpu.wire import Message, nearest, require

BUNDLED = Path(__file__).parent / "models"
DEFAULT = "ssd_mobilenet_v2_coco"

#: What each decoder reads, in this order.
OUTPUTS = {"ssd": ("boxes", "scores"), "yolox": ("rows",), "detr": ("logits", "boxes")}
CELL = 32  # pixels of YOLOX's largest cell
SIDE_AT_MOST = 4096
NAME_AT_MOST = 200  # characters, as of whatever is called by a name

COVERED = {"person", "car"}  # whoever sees these can cover people and plates
#: People and vehicles have fixed names, by which zones, pictures and statistics know them; these
#: labels mean one of them, and nothing else.
MEANT = {
    "person": ("people", "pedestrian", "human", "man", "woman", "child", "rider"),
    "bicycle": ("bike",),
    "motorcycle": ("motorbike", "moped", "scooter"),
    "car": ("vehicle", "van"),
    "truck": ("lorry",),
}
_NAME = re.compile(r"[a-z][a-z0-9 -]{0,39}")


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

    def __post_init__(self) -> None:
        sides = (self.width, self.height)
        require(
            all(0 < side <= SIDE_AT_MOST for side in sides),
            f"'width' and 'height' lie between 1 and {SIDE_AT_MOST}.",
        )
        require(self.scale != 0, "'scale' must not be 0.")


@dataclass(frozen=True, kw_only=True)
class Output(Message):
    """What it gives: `score` to believe in something new, `keep` to go on with what is followed."""

    decoder: Literal["ssd", "yolox", "detr"]
    names: tuple[str, ...]
    score: float = 0.5
    keep: float = 0.3
    overlap: float = 0.6

    def __post_init__(self) -> None:
        require(0 < self.keep <= self.score < 1, "0 < keep <= score < 1 must hold.")
        require(0 < self.overlap <= 1, "0 < overlap <= 1 must hold.")
        wanted = OUTPUTS[self.decoder]
        require(
            len(self.names) == len(wanted),
            f"'names' lists {len(self.names)} outputs; {self.decoder} reads {', '.join(wanted)}.",
        )


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

    def __post_init__(self) -> None:
        sayable = 0 < len(self.name) <= NAME_AT_MOST and self.name.isprintable()
        require(
            sayable,
            f"'name' is {self.name!r:.60}; it has 1 to {NAME_AT_MOST} printable characters, blanks "
            "only plain ones: call the folder so, and 'name' like it.",
        )
        for field in ("file", "labels"):
            plain = getattr(self, field).isprintable() and getattr(self, field).strip()
            require(bool(plain), f"{field!r} names a file beside the manifest.")
        sides = (self.input.width, self.input.height)
        fits = self.output.decoder != "yolox" or not any(side % CELL for side in sides)
        require(fits, f"YOLOX takes a 'width' and 'height' that are multiples of {CELL}.")
        require(bool(self.objects), "[objects] is empty; name at least one class to look for.")
        for label, name in self.objects.items():
            _check_object(label, name)


@dataclass(frozen=True, kw_only=True)
class Model:
    """A manifest whose files are there and whole. `objects` maps class numbers to our names."""

    manifest: Manifest
    path: Path
    objects: tuple[tuple[int, str], ...]
    labels: tuple[str, ...]  # of all its classes

    @property
    def covers(self) -> bool:
        """Whether it sees what has to be covered in pictures."""
        return {name for _, name in self.objects} >= COVERED

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
    if not is_there(file):
        raise ModelError(f"{path}: the file {manifest.file!r:.60} is missing; put it beside.")
    digest = _digest(path, file)
    if digest != manifest.sha256.lower():
        raise ModelError(
            f"{path}: {manifest.file} has the checksum {digest[:12]}, not "
            f"{manifest.sha256[:12]!r}; fetch the file anew, or correct 'sha256' if you changed it "
            "on purpose."
        )
    labels = _labels(path, manifest)
    objects = _objects(path, manifest, labels)
    return Model(manifest=manifest, path=file, objects=objects, labels=labels)


def _check_object(label: str, name: str) -> None:
    """A class may be called as one likes, but people and vehicles as everywhere."""
    require(
        bool(_NAME.fullmatch(name)),
        f"{label!r} is called {name!r}; an object's name has 1 to 40 of a-z, 0-9, blank and '-'.",
    )
    for ours, others in MEANT.items():
        require(name not in others, f"{label!r} is called {name!r}; here that is {ours!r}.")


def _digest(path: Path, file: Path) -> str:
    """Models are asked for with each picture that is covered: a file is read when it changed."""
    try:
        now = file.stat()
        return _read_digest(file, (now.st_ino, now.st_size, now.st_mtime_ns, now.st_ctime_ns))
    except OSError as error:
        raise ModelError(f"{path}: {file.name!r} cannot be read ({error.strerror}).") from None


@lru_cache(maxsize=64)
def _read_digest(file: Path, _: tuple[int, ...]) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _read(path: Path) -> Manifest:
    try:
        manifest = Manifest.from_json(tomllib.loads(path.read_text("utf-8")))
    except RecursionError:
        raise ModelError(f"{path}: its brackets are nested too deeply.") from None
    except (OSError, ValueError) as error:
        said = " ".join(str(error).removeprefix("Manifest: ").split())
        raise ModelError(f"{path}: {said}") from None
    if manifest.name != path.parent.name:
        raise ModelError(f"{path}: 'name' is {manifest.name!r}; call it as its folder is called.")
    return manifest


def _labels(path: Path, manifest: Manifest) -> tuple[str, ...]:
    """Line n names class n; empty lines at the end name nothing."""
    try:
        return tuple((path.parent / manifest.labels).read_text("utf-8").rstrip().splitlines())
    except OSError:
        raise ModelError(
            f"{path}: the file {manifest.labels!r} is missing; put it beside."
        ) from None
    except ValueError:
        raise ModelError(f"{path}: {manifest.labels!r} is no text in UTF-8.") from None


def _objects(
    path: Path, manifest: Manifest, labels: tuple[str, ...]
) -> tuple[tuple[int, str], ...]:
    known = [each for each in labels if each != "-"]
    for label in manifest.objects:
        if label not in known:
            raise ModelError(f"{path}: {label!r} is no label; {nearest(label, known)}")
    return tuple((labels.index(label), name) for label, name in manifest.objects.items())
