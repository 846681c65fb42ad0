"""异议和勘误: an objection is filed, answered in time, and where it is right, corrected beside."""

from datetime import date, timedelta

from liuhe import (
    BadInput,
    Conflict,
    Forbidden,
    NotFound,
    Viewer,
    atomic,
    demand_everywhere,
    demand_held,
    fill,
    record,
    redeem,
    settings_of,
)
from plugins.figures.actions.behind import cell_of
from plugins.figures.actions.cells import Cells, cells_of, known_of, unpacked
from plugins.figures.actions.counting import now
from plugins.figures.models import Erratum, Objection, Row, Sheet
from plugins.figures.permissions import ANSWER, ANSWERED, CORRECTED, OBJECT, seen_objections
from plugins.figures.rules import Card, Pair, still_hides
from plugins.figures.settings import FiguresSettings

LONGEST = 1000
MOST = 10**9


@atomic
async def file_objection(
    viewer: Viewer | None,
    *,
    code: str,
    month: date,
    by: str,
    key: str,
    text: str,
    view: str | None = None,
    idempotency_key: str | None = None,
) -> Objection:
    """Against a figure that the viewer sees whole."""
    who = demand_held(viewer, OBJECT)
    given = {"code": code, "month": month, "by": by, "key": key, "text": text}
    receipt = await redeem(str(who.person_id), "figures.object", idempotency_key, given)
    if receipt and receipt.result:
        return await Objection.get(id=int(receipt.result))
    text = _words(text, "text", "请写明哪里不对。")
    board, cell = await cell_of(who, code, month, by, key, view)
    if cell.pair is None or not cell.whole:
        raise Forbidden("这里看到的不是完整的数，不能对它提出异议。")
    at = now()
    objection = await Objection.create(
        sheet_id=board.sheet.id,
        by=by,
        key=key,
        numerator=cell.pair.numerator,
        denominator=cell.pair.denominator,
        text=text,
        filed_at=at,
        filed_by_id=who.person_id,
        due_at=at + timedelta(days=settings_of(FiguresSettings).answer_days),
    )
    await fill(receipt, objection.id)
    return objection


@atomic
async def answer_objection(
    viewer: Viewer | None,
    objection_id: int,
    *,
    upheld: bool,
    answer: str,
    corrected: Pair | None = None,
) -> Objection:
    """By somebody else than who filed it; for a closed month, right means an erratum."""
    who = demand_everywhere(viewer, ANSWER)
    answer = _words(answer, "answer", "请写明答复的理由。")
    await Objection.filter(id=objection_id).select_for_update()
    found = await Objection.filter(seen_objections(who), id=objection_id).first()
    if found is None:
        raise NotFound("没有这条异议，或者您无权查看。")
    if found.answered_at is not None:
        raise Conflict("这条异议已经答复过了。")
    if found.filed_by_id == who.person_id:
        raise Forbidden("自己提出的异议，要由别人来答复。")
    sheet = await Sheet.get(id=found.sheet_id)
    _fitting(sheet, upheld, corrected)
    found.outcome, found.answer = "upheld" if upheld else "refused", answer
    found.answered_at, found.answered_by_id = now(), who.person_id
    await found.save()
    if corrected is not None:
        await _correct(who, sheet, found.by, found.key, corrected, answer, found)
    await record(who, ANSWERED, found, details={"upheld": upheld})
    return found


def _fitting(sheet: Sheet, upheld: bool, corrected: Pair | None) -> None:
    if corrected is not None and not upheld:
        raise BadInput("没有支持异议，就不用填更正后的数。", field="numerator", reason="unexpected")
    if upheld and sheet.closed_at is not None and corrected is None:
        raise BadInput(
            "这个月已经封账：支持异议要填更正后的数。", field="numerator", reason="required"
        )
    if corrected is not None and sheet.closed_at is None:
        message = "这个月还没有封账：请更正背后的事情，数会自己更新。"
        raise BadInput(message, field="numerator", reason="open_month")


@atomic
async def publish_erratum(
    viewer: Viewer | None,
    *,
    code: str,
    month: date,
    by: str,
    key: str,
    corrected: Pair,
    reason: str,
    idempotency_key: str | None = None,
) -> Erratum:
    """Without an objection: somebody found it out. The figure itself stays as it was closed."""
    who = demand_everywhere(viewer, ANSWER)
    given = {"code": code, "month": month, "by": by, "key": key, "reason": reason}
    given |= {"num": corrected.numerator, "den": corrected.denominator}
    receipt = await redeem(str(who.person_id), "figures.erratum", idempotency_key, given)
    if receipt and receipt.result:
        return await Erratum.get(id=int(receipt.result))
    reason = _words(reason, "reason", "请写明为什么更正。")
    board, _ = await cell_of(who, code, month, by, key, None)
    if board.view != "whole":
        raise Forbidden("只有看得到全部事情的人才能更正。")
    if not board.closed:
        message = "这个月还没有封账：请更正背后的事情，数会自己更新。"
        raise BadInput(message, field="month", reason="open_month")
    erratum = await _correct(who, board.sheet, by, key, corrected, reason, None)
    await fill(receipt, erratum.id)
    return erratum


async def _correct(
    who: Viewer,
    sheet: Sheet,
    by: str,
    key: str,
    right: Pair,
    reason: str,
    objection: Objection | None,
) -> Erratum:
    if not 0 <= right.numerator <= right.denominator <= MOST:
        message = "分子和分母不能是负数，分子不能大于分母。"
        raise BadInput(message, field="numerator", reason="out_of_range")
    old = await _standing(who, sheet, by, key)
    if old == right:
        raise BadInput("和现在的数一样，没有更正什么。", field="numerator", reason="same")
    erratum = await Erratum.create(
        sheet_id=sheet.id,
        by=by,
        key=key,
        old_numerator=old.numerator,
        old_denominator=old.denominator,
        numerator=right.numerator,
        denominator=right.denominator,
        reason=reason,
        made_at=now(),
        made_by_id=who.person_id,
        objection_id=objection.id if objection else None,
        told=await _is_told(sheet, by, key, right),
    )
    await record(who, CORRECTED, erratum, details={"sheet": sheet.id, "by": by, "key": key})
    return erratum


async def _standing(who: Viewer, sheet: Sheet, by: str, key: str) -> Pair:
    """The figure as it was closed, or as it was corrected last."""
    await Sheet.filter(id=sheet.id).select_for_update()
    last = await Erratum.filter(sheet_id=sheet.id, by=by, key=key).order_by("-id").first()
    if last is not None:
        return Pair(last.numerator, last.denominator)
    board, cell = await cell_of(who, sheet.code, sheet.month, by, key, "whole")
    if board.view != "whole" or cell.pair is None:
        raise Forbidden("只有看得到全部事情的人才能更正。")
    return cell.pair


async def _is_told(sheet: Sheet, by: str, key: str, right: Pair) -> bool:
    """Whether all may know of it: where no line, with everything corrected, tells a small cell."""
    hidden, card = unpacked(sheet.hidden), Card.of(sheet.card)
    if hidden.hides(by, key) or 0 < right.denominator < card.floor:
        return False
    rows = await Row.filter(sheet_id=sheet.id)
    lines, inner = cells_of(rows, card.dimensions)
    for one in await Erratum.filter(sheet_id=sheet.id).order_by("id"):
        _put(lines, inner, one.by, one.key, Pair(one.numerator, one.denominator))
    _put(lines, inner, by, key, right)
    return still_hides(hidden, lines, inner, card.floor, known_of(rows, card.dimensions))


def _put(lines: Cells, inner: Cells, by: str, key: str, right: Pair) -> None:
    for cells in inner.values() if by == "community" else [lines.get(by, {})]:
        if key in cells:
            cells[key] = right


def _words(text: str, field: str, ask: str) -> str:
    text = text.strip()
    if not text:
        raise BadInput(ask, field=field, reason="required")
    if len(text) > LONGEST:
        raise BadInput(f"最多 {LONGEST} 个字。", field=field, reason="too_long")
    return text
