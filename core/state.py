"""Small things that the house remembers about itself: which plugins were chosen, what was made."""

from datetime import UTC, datetime
from typing import Any

from tortoise import fields

from core.audit import record
from core.database import atomic
from core.permissions import Viewer
from core.tables import Model


class Note(Model):
    """One remembered value under a name; in a list of one, or Tortoise would read text as JSON."""

    key = fields.CharField(max_length=60, primary_key=True)
    value: Any = fields.JSONField()
    written_at = fields.DatetimeField(auto_now=True)

    class Meta:
        table = "core_note"


PLUGIN_CHOICE = "plugins.disabled"
GENERATION = "generation"


async def recall(key: str, default: Any = None) -> Any:
    note = await Note.get_or_none(key=key)
    return default if note is None else note.value[0]


@atomic
async def remember(key: str, value: Any) -> None:
    # Not update_or_create: two who remember a new key at the same moment would fail.
    note = Note(key=key, value=[value], written_at=datetime.now(UTC))
    await Note.bulk_create([note], on_conflict=["key"], update_fields=["value", "written_at"])


@atomic
async def choose_plugins(disabled: set[str], viewer: Viewer | None = None) -> None:
    """Store the choice and ask every process to start anew (they watch the generation).

    `viewer` is who chose; None for whoever sits at the machine.
    """
    before = set(await recall(PLUGIN_CHOICE, []))
    changes = {"switched_on": before - disabled, "switched_off": disabled - before}
    await record(viewer, "plugins.choose", details=changes)
    await remember(PLUGIN_CHOICE, sorted(disabled))
    await ask_restart()


@atomic
async def ask_restart() -> None:
    await remember(GENERATION, int(await recall(GENERATION, 0)) + 1)
