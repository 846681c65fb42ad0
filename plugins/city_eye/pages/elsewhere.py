"""What city eye shows on others' pages: the home page, the menu, a case, the zones of a camera."""

from typing import Any

from liuhe import Viewer, WaitingItem, WaitingList, may, within
from liuhe.pages import Request, ago, render_fragment, viewer
from plugins.city_eye.models import SCOPE, Finding, Scene
from plugins.city_eye.pages.views import BASE, cards, place
from plugins.city_eye.permissions import DECIDE, RELATED, SEE
from plugins.city_eye.rules import MODE_LABELS, Mode, State
from plugins.video.actions import NamedScene

SHOWN = 3


def _mine(who: Viewer) -> Any:
    """What waits for this person's decision."""
    pending = Finding.filter(state=State.PENDING, on_trial=False)
    return pending.filter(within(who, DECIDE, SCOPE))


async def count_pending(who: Viewer) -> int | None:
    """For the menu; nothing for those who only look on."""
    return await _mine(who).count() or None if who.holds(DECIDE) else None


async def waiting(who: Viewer) -> WaitingList | None:
    """For the home page of whoever decides."""
    if not who.holds(DECIDE):
        return None
    mine = _mine(who)
    first = await mine.order_by("at", "id").limit(SHOWN).select_related(*RELATED)
    return WaitingList(
        title="待确认线索",
        hint="摄像机看到的，请看图判断。没有人确认，不会立案，也不会通知任何人。",
        href=f"{BASE}/",
        count=await mine.count(),
        items=[_item(finding) for finding in first],
        empty="现在没有待确认的线索。",
    )


def _item(finding: Finding) -> WaitingItem:
    return WaitingItem(
        title=f"{finding.scene.title}：{finding.camera.name}",
        meta=f"{place(finding)} · {ago(finding.at)}",
        href=f"{BASE}/#finding-{finding.id}",
    )


async def show_on_case(request: Request, case: Any) -> str:
    """On the page of a case that a camera brought: what it saw. Whoever sees the case sees this."""
    finding = await Finding.filter(case_id=case.id).select_related(*RELATED).first()
    if finding is None:
        return ""
    who = viewer(request)
    (seen,) = await cards([finding], who)
    context = {
        "finding": finding,
        "f": {
            **seen,
            "src": f"/files/{finding.handed_id}" if finding.handed_id else "",
        },
        "href": f"{BASE}/{finding.id}" if may(who, SEE, finding, SCOPE) else "",
    }
    return render_fragment(request, "city_eye/_on_case.html", context)


async def name_scenes() -> list[NamedScene]:
    """For the rules of a zone."""
    found = await Scene.all().order_by("code")
    return [NamedScene(code=one.code, title=one.title, state=_use(one)) for one in found]


def _use(scene: Scene) -> str:
    return MODE_LABELS[Mode(scene.mode)] if scene.active else "停用"
