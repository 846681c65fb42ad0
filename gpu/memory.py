"""What was open when the worker stopped, so that a restart neither repeats nor forgets it."""

import hashlib
import json
import logging
from collections.abc import Sequence
from pathlib import Path

from gpu.disk import write_whole
from gpu.spells import Open

log = logging.getLogger(__name__)


class Memory:
    """One small file for each camera."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def save(self, camera_id: str, opens: Sequence[Open]) -> None:
        path = self._path(camera_id)
        try:
            if not opens:
                path.unlink(missing_ok=True)
                return
            write_whole(path, json.dumps([each.to_json() for each in opens]).encode())
        except OSError as error:
            log.warning("%s cannot be written (%s); free space or correct its owner.", path, error)

    def load(self, camera_id: str) -> tuple[Open, ...]:
        path = self._path(camera_id)
        try:
            data = json.loads(path.read_text("utf-8"))
            return tuple(Open.from_json(each) for each in data)
        except FileNotFoundError:
            return ()
        except (OSError, ValueError, TypeError) as error:
            log.warning("%s cannot be read (%s); what was open is forgotten.", path, error)
            return ()

    def beside(self, camera_id: str, suffix: str) -> Path:
        """Where something else about the camera may be kept."""
        return self._path(camera_id).with_suffix(suffix)

    def _path(self, camera_id: str) -> Path:
        digest = hashlib.sha256(camera_id.encode()).hexdigest()
        return self._folder / f"{digest[:32]}.json"
