"""On the home page of whoever looks after cameras: those that a person must see to."""

from liuhe import Viewer, WaitingItem, WaitingList, within
from liuhe.pages import ago
from plugins.video.models import Camera
from plugins.video.models.cameras import CAMERA_SCOPE, ILL
from plugins.video.pages.views import BASE
from plugins.video.permissions import MANAGE
from plugins.video.rules.labels import TROUBLE_LABELS

SHOWN = 5


async def waiting(who: Viewer) -> WaitingList | None:
    if not who.holds(MANAGE):
        return None
    mine = Camera.filter(within(who, MANAGE, CAMERA_SCOPE), ILL)
    first = await (
        mine.order_by("-condition__urgency", "name", "id")
        .limit(SHOWN)
        .select_related("area", "condition")
    )
    return WaitingList(
        title="要看一看的摄像机",
        hint="画面断了、黑了、糊了、被遮住或者转走了，已经有一会儿。",
        href=f"{BASE}/?need=1",
        count=await mine.count(),
        items=[_item(camera) for camera in first],
        empty="摄像机都正常。",
    )


def _item(camera: Camera) -> WaitingItem:
    condition = camera.condition
    since = f" · {ago(condition.problem_since)}开始" if condition.problem_since else ""
    return WaitingItem(
        title=camera.name,
        meta=f"{camera.area.name}{since}",
        href=f"{BASE}/{camera.id}",
        badge=TROUBLE_LABELS[condition.trouble],
        tone="bad",
    )
