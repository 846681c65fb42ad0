"""What was open when the worker stopped, so that a restart neither repeats nor forgets it."""

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gpu.disk import write_whole
from gpu.messages import Observation
from gpu.spells import Open

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What is open, and what may not have been told: its telling had begun."""

    opens: tuple[Open, ...] = ()
    untold: tuple[Observation, ...] = ()


class Memory:
    """One small file for each camera."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def save(
        self, camera_id: str, opens: Sequence[Open], untold: Sequence[Observation] = ()
    ) -> None:
        path = self._path(camera_id)
        data = {
            "opens": [each.to_json() for each in opens],
            "untold": [each.to_json() for each in untold],
        }
        try:
            if not opens and not untold:
                path.unlink(missing_ok=True)
                return
            write_whole(path, json.dumps(data).encode(), sync=True)
        except OSError as error:
            log.warning("%s cannot be written (%s); free space or correct its owner.", path, error)

    def load(self, camera_id: str) -> Kept:
        path = self._path(camera_id)
        try:
            return _kept(json.loads(path.read_text("utf-8")))
        except FileNotFoundError:
            return Kept()
        except (OSError, ValueError, TypeError, KeyError) as error:
            log.warning("%s cannot be read (%s); what was open is forgotten.", path, error)
            return Kept()

    def beside(self, camera_id: str, suffix: str) -> Path:
        """Where something else about the camera may be kept."""
        return self._path(camera_id).with_suffix(suffix)

    def _path(self, camera_id: str) -> Path:
        digest = hashlib.sha256(camera_id.encode()).hexdigest()
        return self._folder / f"{digest[:32]}.json"


def _kept(data: Any) -> Kept:
    return Kept(
        opens=tuple(map(Open.from_json, data["opens"])),
        untold=tuple(map(Observation.from_json, data["untold"])),
    )
