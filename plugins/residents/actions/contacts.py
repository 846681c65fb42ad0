"""联系电话: kept apart and encrypted, read for a reason, destroyed when it is of no more use."""

import uuid

from liuhe import (
    Reading,
    Viewer,
    atomic,
    destroy_personal,
    grant_for,
    keep_personal,
    read_personal,
    readings_of,
)
from plugins.residents.actions.holding import case_for
from plugins.residents.models import Report
from plugins.residents.permissions import CASE_SCOPE, CONTACT, REACHED_BY

REASON = "联系上报居民"
MOST_READINGS = 50  # that a page tells of


async def keep_contact(phone: str, case_id: int) -> uuid.UUID:
    """Inside the transaction that opens the case."""
    return await keep_personal(REACHED_BY.name, {"phone": phone}, about=("cases.Case", case_id))


@atomic
async def read_contacts(viewer: Viewer | None, case_id: int) -> list[str]:
    """The numbers that were left with this case. Each reading is audited, and told to the
    resident: when, from which office, and why."""
    case = await case_for(viewer, case_id, CONTACT)
    assert viewer is not None  # asked by somebody
    by = grant_for(viewer, CONTACT, case, CASE_SCOPE)
    phones = []
    for report in await Report.filter(case_id=case.id, contact_id__isnull=False):
        assert report.contact_id is not None  # filtered
        values = await read_personal(
            viewer, report.contact_id, reason=REASON, about=[report], by=by
        )
        if values:
            phones.append(values["phone"])
    return list(dict.fromkeys(phones))


async def readings(report: Report) -> list[Reading]:
    """Who was shown the number of this report, also after it was destroyed; never of another."""
    number = [("core.Personal", report.contact_id)] if report.contact_id else []
    return await readings_of(report, *number, most=MOST_READINGS)


@atomic
async def forget_contact(report: Report, *, reason: str = "本人要求") -> None:
    """Destroy what the resident left here. Who read it stays in the audit."""
    held = await Report.filter(id=report.id).select_for_update().first()
    if held is None or held.contact_id is None:
        return
    await destroy_personal(None, held.contact_id, reason=reason)
    held.contact_id = None
    await held.save(update_fields=["contact_id"])
