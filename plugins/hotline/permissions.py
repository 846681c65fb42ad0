"""Who may bring work orders in, see them, send them back, and read who called."""

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from liuhe import Audited, Permission, PersonalField, PersonalKind, Scope, Viewer, within
from plugins.hotline.models import TypeRule
from plugins.hotline.rules import NEWS, State

SEE = "hotline.see"
IMPORT = "hotline.import"
RETURN = "hotline.return"
MAP = "hotline.map"
CALLER = "hotline.caller"

PERMISSIONS = (
    Permission(name=SEE, title="查看热线工单", roles=("admin", "supervisor", "dispatcher")),
    Permission(name=IMPORT, title="导入热线工单", roles=("dispatcher",)),
    Permission(name=RETURN, title="退回热线工单", roles=("dispatcher",)),
    Permission(name=MAP, title="对应工单的类型", roles=("admin", "dispatcher")),
    Permission(name=CALLER, title="查看来电人的联系方式", roles=("dispatcher",)),
)

MAPPED = "hotline.mapped"
RETURNED = "hotline.returned"
AUDITED = (
    Audited(name=MAPPED, title="改动工单类型的对应", words={"type": "案件类型"}),
    Audited(name=RETURNED, title="退回热线工单"),
)

SCOPE = Scope(area="area__path")

#: What is kept apart and encrypted.
CALLED_BY = PersonalKind(
    name="hotline.caller",
    title="热线来电人的姓名和电话",
    fields=(
        PersonalField(name="name", title="姓名"),
        PersonalField(name="phone", title="电话", search="phone"),
    ),
    permission=CALLER,
)


def visible(viewer: Viewer | None) -> Q:
    """The work orders that the viewer may see."""
    return within(viewer, SEE, SCOPE)


#: The platform has finished it and our case goes on; or it came again after it was over here.
TOLD_ANEW = Q(state=State.OPEN, finished_at__isnull=False) | Q(again_at__isnull=False)


def matching(state: str, text: str) -> Q:
    """The filters of the list, as the page and GraphQL have them."""
    found = Q()
    if state in set(State):
        found &= Q(state=state)
    elif state == NEWS:
        found &= TOLD_ANEW
    if text := text.strip()[:60]:
        found &= Q(task_num__icontains=text)
    return found


def mapped_types(viewer: Viewer | None) -> QuerySet[TypeRule]:
    """The mapping is the whole district's: all of it, or nothing."""
    if viewer is not None and viewer.holds_everywhere(MAP):
        return TypeRule.all()
    return TypeRule.filter(id__isnull=True)
