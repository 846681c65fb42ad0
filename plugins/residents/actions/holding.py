"""The case of a resident's report, for officers."""

from typing import Any

from liuhe import Forbidden, NotFound, NotSignedIn, Viewer, may
from plugins.residents.models import Report
from plugins.residents.permissions import CASE_SCOPE


async def case_for(viewer: Viewer | None, case_id: int, permission: str) -> Any:
    """The case of a resident's report, held, if the viewer has the permission for it."""
    if viewer is None:
        raise NotSignedIn()
    if not viewer.holds(permission):
        raise Forbidden()
    first = Report.filter(case_id=case_id).order_by("id")
    held = await first.select_for_update().first()
    report = await first.first().select_related("case__area") if held else None
    if report is None or not may(viewer, permission, report.case, CASE_SCOPE):
        raise NotFound()
    return report.case
