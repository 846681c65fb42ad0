"""What there is to say of each model here: what it is, how good, how quick."""

import logging
import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from gpu.manifests import BUNDLED, Model, ModelError, load, manifests
from gpu.messages import ModelCard
from gpu.quality import kept

log = logging.getLogger(__name__)

AT_MOST = 50
SENTENCE = 300  # characters of what is wrong with one

Stamp = tuple[tuple[str, int, int], ...]


class Cards:
    """Looks at the folders anew with each question; reads only what has changed.

    `speed` says how many milliseconds a picture takes, by the model's tag.
    """

    def __init__(self, folders: Iterable[Path], speed: Callable[[str], float | None]) -> None:
        self._folders, self._speed = tuple(folders), speed
        self._read: dict[Path, tuple[Stamp, ModelCard]] = {}

    def now(self) -> tuple[ModelCard, ...]:
        return tuple(self._fresh(path) for path in manifests(self._folders)[:AT_MOST])

    def _fresh(self, path: Path) -> ModelCard:
        stamp = _stamp(path.parent)
        known = self._read.get(path)
        if known is None or known[0] != stamp:
            known = self._read[path] = (stamp, card(path))
        return replace(known[1], milliseconds=self._speed(known[1].tag))


def card(path: Path) -> ModelCard:
    """Of the model with this manifest, whether it can be used or not. Whatever is wrong with it
    costs this card alone: they travel with what the worker says of its cameras."""
    try:
        return _card(load(path))
    except ModelError as error:
        return _unusable(path, str(error).removeprefix(f"{path}: "))
    except Exception as error:
        log.exception("%s: there is no card of this model", path)
        return _unusable(path, f"It cannot be examined ({type(error).__name__}); see the log.")


def _unusable(path: Path, sentence: str) -> ModelCard:
    return ModelCard(name=_clean(path.parent.name)[:200], error=_clean(sentence)[:SENTENCE])


def _clean(text: str) -> str:
    """A folder may be called what no message can say."""
    return "".join(each if each.isprintable() else "?" for each in text)


def _card(model: Model) -> ModelCard:
    manifest = model.manifest
    return ModelCard(
        name=manifest.name,
        tag=model.tag,
        licence=manifest.licence,
        origin=manifest.origin,
        sha256=manifest.sha256.lower(),
        decoder=manifest.output.decoder,
        objects=tuple(dict.fromkeys(name for _, name in model.objects)),
        width=manifest.input.width,
        height=manifest.input.height,
        bundled=model.path.is_relative_to(BUNDLED),
        quality=kept(model),
    )


def _stamp(folder: Path) -> Stamp:
    try:
        with os.scandir(folder) as entries:
            seen = [(each.name, each.stat()) for each in entries]
    except OSError:
        return ()
    return tuple(sorted((name, stat.st_mtime_ns, stat.st_size) for name, stat in seen))
