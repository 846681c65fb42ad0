"""联系电话: kept apart and encrypted, read for a reason, destroyed when it is of no more use."""

import uuid
from datetime import UTC, datetime

from tortoise.expressions import F

from liuhe import Area, Unit, Viewer, atomic, destroy_personal, keep_personal, read_personal
from plugins.residents.actions.holding import case_for
from plugins.residents.models import Report
from plugins.residents.permissions import CONTACT, REACHED_BY

REASON = "联系上报居民"


async def keep_contact(phone: str, case_id: int) -> uuid.UUID:
    """Inside the transaction that opens the case."""
    return await keep_personal(REACHED_BY.name, {"phone": phone}, about=("cases.Case", case_id))


@atomic
async def read_contacts(viewer: Viewer | None, case_id: int) -> list[str]:
    """The numbers that were left with this case. Each reading is audited, and told to the
    resident: how often, when, and from which office."""
    case = await case_for(viewer, case_id, CONTACT)
    assert viewer is not None  # asked by somebody
    phones = []
    for report in await Report.filter(case_id=case.id, contact_id__isnull=False):
        assert report.contact_id is not None  # filtered
        values = await read_personal(viewer, report.contact_id, reason=REASON)
        if values:
            phones.append(values["phone"])
            await Report.filter(id=report.id).update(
                contact_reads=F("contact_reads") + 1,
                contact_read_at=datetime.now(UTC),
                contact_read_in=await _office(viewer),
            )
    return list(dict.fromkeys(phones))


async def _office(viewer: Viewer) -> str:
    """The area or unit in whose name the viewer reads."""
    grant = next(one for one in viewer.grants if CONTACT in one.names)
    if grant.unit_id is not None:
        unit = await Unit.get_or_none(id=grant.unit_id)
        return unit.name if unit else ""
    ids = [int(part) for part in grant.area_path.split(".") if part]
    area = await Area.get_or_none(id=ids[-1]) if ids else None
    return area.name if area else ""


@atomic
async def forget_contact(report: Report, *, reason: str = "本人要求") -> None:
    """Destroy what the resident left here. The counts stay: what was read was read."""
    held = await Report.filter(id=report.id).select_for_update().first()
    if held is None or held.contact_id is None:
        return
    await destroy_personal(None, held.contact_id, reason=reason)
    held.contact_id = None
    await held.save(update_fields=["contact_id"])
