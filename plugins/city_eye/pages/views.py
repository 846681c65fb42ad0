"""Findings as templates want them."""

import asyncio
import io
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from PIL import Image

from liuhe import File, NotFound, Unavailable, Viewer, content_of, may
from liuhe.pages import ago
from plugins.city_eye.models import SCOPE, Finding
from plugins.city_eye.permissions import DECIDE
from plugins.city_eye.rules import (
    REASON_LABELS,
    STATE_LABELS,
    STATE_TONES,
    WIDE,
    Reason,
    State,
    close_up,
)

BASE = "/admin/city_eye"
KEPT_IN_CASE = "图片已到期删除，立案时另存的一份在案件里"
#: Reasons that need no words: the quick ones beside the picture.
QUICK = [(one.value, REASON_LABELS[one]) for one in Reason if one != Reason.OTHER]


async def cards(findings: Sequence[Finding], viewer: Viewer) -> list[dict[str, Any]]:
    """For `ui.finding`, one for each."""
    await _measure([finding.shown_id for finding in findings if finding.shown_id])
    return [_card(finding, viewer) for finding in findings]


def _card(finding: Finding, viewer: Viewer) -> dict[str, Any]:
    """With buttons only for whoever may decide on it now."""
    x1, y1, x2, y2 = finding.observation.box
    return {
        "id": finding.id,
        "scene": finding.scene.title,
        "place": place(finding),
        "camera": f"{finding.camera.name}，{finding.zone.name}",
        "at": finding.at,
        "src": f"/files/{finding.shown_id}" if finding.shown_id else "",
        "held": _held(finding),
        "alt": f"{finding.camera.name}的画面，{finding.zone.name}里有{seen(finding)}",
        "sure": finding.score,
        "boxes": [[x1, y1, x2 - x1, y2 - y1]],
        "near": _near(finding),
        "zones": [finding.zone.polygon],
        "note": again(finding),
        "trial": finding.on_trial,
        "state": _state(finding, viewer),
        "tone": STATE_TONES[State(finding.state)],
    }


def _held(finding: Finding) -> str:
    """What to say in the place of the picture."""
    if finding.state == State.PENDING:
        return "还没有收到图片"
    return KEPT_IN_CASE if finding.handed_id else "没有图片，或者图片已到期删除"


def _near(finding: Finding) -> dict[str, Any] | None:
    """The part of the picture around the object, where it is too small to be judged by."""
    if not finding.shown_id:
        return None
    ratio = _ratios.get(finding.shown_id, WIDE)
    part = close_up(finding.observation.box, ratio)
    return (
        {"part": part, "ratio": ratio, "left": part[0] > ratio / 2 - part[2] / 2} if part else None
    )


#: Width over height of blurred pictures, which never change; the latest ones.
_ratios: dict[UUID, float] = {}
MOST_RATIOS = 512


async def _measure(pictures: Sequence[UUID]) -> None:
    """Look at the pictures that were not shown before."""
    new = [picture for picture in pictures if picture not in _ratios]
    for file in await File.filter(id__in=new) if new else []:
        try:
            _ratios[file.id] = await asyncio.to_thread(_ratio_of, await content_of(file))
        except (NotFound, Unavailable, OSError):
            continue  # shown as a wide one
    for old in list(_ratios)[:-MOST_RATIOS]:
        del _ratios[old]


def _ratio_of(content: bytes) -> float:
    with Image.open(io.BytesIO(content)) as opened:
        return opened.width / opened.height


def _state(finding: Finding, viewer: Viewer) -> str:
    """Empty where the viewer may decide; else what there is to say instead of buttons."""
    if finding.state != State.PENDING:
        return STATE_LABELS[State(finding.state)]
    if finding.on_trial:
        return "只计数，不立案"
    return "" if may(viewer, DECIDE, finding, SCOPE) else "待网格员或派单员确认"


def place(finding: Finding) -> str:
    return "，".join(filter(None, (finding.area.name, finding.camera.address)))


def seen(finding: Finding) -> str:
    label = str(finding.observation.object_label)
    return f"{label} {finding.count} 个" if finding.count > 1 else label


def again(finding: Finding) -> str:
    if finding.joined < 2:
        return f"看到的是{seen(finding)}。"
    last = ago(finding.last_seen_at)
    return f"看到的是{seen(finding)}，先后 {finding.joined} 次，最近一次{last}。"


def decided_row(finding: Finding) -> dict[str, Any]:
    reason = REASON_LABELS[Reason(finding.reason)] if finding.reason else ""
    return {
        "title": f"{finding.scene.title}：{finding.camera.name}",
        "href": f"{BASE}/{finding.id}",
        "at": finding.at,
        "state": STATE_LABELS[State(finding.state)],
        "tone": STATE_TONES[State(finding.state)],
        "reason": reason,
        "who": finding.decided_by.name if finding.decided_by else "",
        "decided_at": finding.decided_at,
    }
