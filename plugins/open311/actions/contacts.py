"""How reporters can be reached, who may read it, and how long it and what they sent is kept."""

from datetime import datetime

from tortoise.expressions import Q, Subquery

from liuhe import (
    Forbidden,
    NotFound,
    NotSignedIn,
    Retention,
    Viewer,
    may,
    read_personal,
    settings_of,
)
from plugins.open311.models import Note, Sending
from plugins.open311.permissions import CASE_SCOPE, CONTACT, REACHED_BY
from plugins.open311.settings import Open311Settings

CLOSED = ("closed", "rated")
EARLY_ENDS = ("rejected", "withdrawn", "merged")


async def read_contacts(
    viewer: Viewer | None, case_id: int, *, reason: str
) -> list[dict[str, str]]:
    """What was left with this case; each reading is audited, with its reason."""
    if viewer is None:
        raise NotSignedIn()
    if not viewer.holds(CONTACT):
        raise Forbidden()
    sent = Sending.filter(case_id=case_id).order_by("id").select_related("case__area")
    found = await sent
    if not found or not may(viewer, CONTACT, found[0].case, CASE_SCOPE):
        raise NotFound()
    contacts = []
    for one in found:
        if one.contact_id and (
            values := await read_personal(viewer, one.contact_id, reason=reason)
        ):
            contacts.append(dict(values))
    return contacts


def _contacts_due(cutoff: datetime) -> Q:
    ended = Q(case__stage__in=CLOSED, case__closed_at__lt=cutoff) | Q(
        case__stage__in=EARLY_ENDS, case__opened_at__lt=cutoff
    )
    left = Sending.filter(ended, contact_id__isnull=False)
    return Q(id__in=Subquery(left.values("contact_id")))


def _case_forgotten(_: datetime) -> Q:
    return Q(case__forgotten_at__isnull=False)


RETENTIONS = (
    Retention(
        of=REACHED_BY.name,
        title="经开放接口上报的人的联系方式",
        basis="本人同意（由上报的应用取得）：只用来就这件事联系",
        starts="结案（不予受理、撤回、并案的，自上报起）",
        days=lambda: settings_of(Open311Settings).contact_days,
        action="destroy",
        due=_contacts_due,
    ),
    Retention(
        of=Sending,
        title="经开放接口上报的凭据和图片地址",
        basis="防止重复上报，并让上报的应用查到自己的事",
        starts="案件里的说明到期删除",
        days=0,
        action="delete",
        due=_case_forgotten,
    ),
    Retention(
        of=Note,
        title="经开放接口收到的补充说明",
        basis="是案卷的一部分，与案件里的说明一起删除",
        starts="案件里的说明到期删除",
        days=0,
        action="delete",
        due=_case_forgotten,
    ),
)
