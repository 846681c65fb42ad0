"""What the audit holds, as tests like to compare it."""

from core.audit import AuditRow, AuditThing


async def audited(action: str = "") -> list[tuple[str, int | None, list[str]]]:
    """Action, person and things ("cases.Case 7") of each entry, in order."""
    found = AuditRow.filter(action=action) if action else AuditRow.all()
    entries = []
    for row in await found.order_by("seq"):
        things = await AuditThing.filter(seq=row.seq).order_by("kind", "id")
        entries.append((row.action, row.person_id, [f"{one.kind} {one.key}" for one in things]))
    return entries


async def last_details() -> object:
    row = await AuditRow.all().order_by("-seq").first()
    return row.details if row else None
