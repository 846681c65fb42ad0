"""Who may see findings, decide on them, and say what is looked for."""

from liuhe import Audited, Forbidden, NotFound, Permission, Viewer, may, within
from plugins.city_eye.models import SCOPE, Finding
from plugins.city_eye.rules import MODE_LABELS

SEE = "city_eye.see"
DECIDE = "city_eye.decide"
MANAGE = "city_eye.manage"

PERMISSIONS = (
    Permission(name=SEE, title="查看线索", roles=("grid", "dispatcher", "supervisor", "admin")),
    Permission(name=DECIDE, title="确认或排除线索", roles=("grid", "dispatcher")),
    Permission(name=MANAGE, title="设置场景", roles=("admin",)),
)
SCENE_SET = "city_eye.scene"
AUDITED = (
    Audited(
        name=SCENE_SET,
        title="改动场景设置",
        kinds={"city_eye.Scene": "场景"},
        words={"mode": "用法", **{mode.value: label for mode, label in MODE_LABELS.items()}},
    ),
)

#: What a decision and a card need to know of a finding.
RELATED = ("scene", "camera", "zone", "observation", "area", "decided_by")


async def seen_finding(viewer: Viewer, finding_id: int) -> Finding:
    """The finding with what belongs to it, or NotFound for what the viewer may not see."""
    seen = Finding.filter(within(viewer, SEE, SCOPE), id=finding_id)
    finding = await seen.select_related(*RELATED).first()
    if finding is None:
        raise NotFound("没有这条线索，或者您无权查看。")
    return finding


async def decidable(viewer: Viewer, finding_id: int) -> Finding:
    """The finding, if the viewer may decide on it."""
    finding = await seen_finding(viewer, finding_id)
    if not may(viewer, DECIDE, finding, SCOPE):
        raise Forbidden("这条线索由所在网格的网格员或街道派单员确认。")
    return finding
