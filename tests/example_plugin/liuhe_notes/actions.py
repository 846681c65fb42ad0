"""The verbs: write a note, greet a new case, forget what is old."""

from datetime import UTC, datetime, timedelta
from typing import Any

from liuhe import BadInput, NotFound, Viewer, atomic, demand_held, fill, redeem, settings_of
from liuhe_notes.models import Note
from liuhe_notes.settings import NotesSettings
from plugins.cases.facts import CaseOpened
from plugins.cases.schema import Case

LONGEST = 200


@atomic
async def write_note(
    viewer: Viewer | None, case_id: int, text: str, *, idempotency_key: str | None = None
) -> Note:
    who = demand_held(viewer, "notes.write")
    if not await Case.seen_by(who).filter(id=case_id).exists():
        raise NotFound()
    text = text.strip()
    if not 1 <= len(text) <= LONGEST:
        raise BadInput(f"便签写 1 到 {LONGEST} 个字。", field="text", reason="length")
    receipt = await redeem(
        str(who.person_id), "notes.write", idempotency_key, {"case": case_id, "text": text}
    )
    if receipt and receipt.result:
        return await Note.get(id=int(receipt.result))
    note = await Note.create(case_id=case_id, author_id=who.person_id, text=text)
    await fill(receipt, note.id)
    return note


async def greet(fact: CaseOpened) -> None:
    """Hears of each new case in a transaction of its own, so that it greets exactly once."""
    if text := settings_of(NotesSettings).greeting:
        await Note.create(case_id=fact.case_id, text=text)


async def forget(_: dict[str, Any]) -> None:
    """Kept no longer than the manifest says."""
    days = settings_of(NotesSettings).keep_days
    await Note.filter(written_at__lt=datetime.now(UTC) - timedelta(days=days)).delete()
