"""What dispatch shows on others' pages: a case, the menu, the home page."""

from datetime import UTC, datetime, timedelta
from typing import Any

from liuhe import Unit, Viewer, WaitingItem, WaitingList
from liuhe.pages import Request, render_fragment, viewer
from plugins.cases.schema import Case
from plugins.dispatch import actions
from plugins.dispatch.actions import zone
from plugins.dispatch.models import Shift
from plugins.dispatch.permissions import ROSTER, RULES, SEE, seen_units
from plugins.dispatch.rules import clock_text

HERE = "/admin/dispatch/"
DISPATCH = "cases.dispatch"
SOON = timedelta(hours=12)


async def count_unmatched(who: Viewer) -> int | None:
    """For the menu of whoever dispatches."""
    return len(await actions.unmatched_ids(who)) or None if who.holds(DISPATCH) else None


async def show_on_case(request: Request, case: Any) -> str:
    """Before it is sent: what the rules say. Afterwards: who of its unit is on duty now."""
    who = viewer(request)
    context: dict[str, Any] = {}
    if who.holds(SEE) and case.unit_id is None:
        context = await _by_rule(case, who)
    elif case.unit_id is not None and (who.holds(SEE) or who.holds(ROSTER)):
        context = await _duty(case, who)
    return render_fragment(request, "dispatch/_on_case.html", context) if context else ""


async def _by_rule(case: Any, who: Viewer) -> dict[str, Any]:
    if case.stage != "accepted" or case.returns:
        return {}
    rule = (await actions.suggestions([case.id])).get(case.id)
    if rule is None and case.id not in await actions.unmatched_ids(who):
        return {}
    new = f"{HERE}new?case={case.id}" if rule is None and who.holds(RULES) else ""
    return {"rule": rule, "href": f"{HERE}{rule.id}" if rule else "", "new": new}


async def _duty(case: Any, who: Viewer) -> dict[str, Any]:
    """While something is to be done by the unit; names for whoever may see its roster."""
    if case.stage not in ("dispatched", "signed"):
        return {}
    shifts = await actions.on_duty_in(case.unit_id)
    away = not await actions.in_office_hours(datetime.now(UTC))
    if not shifts and not away:
        return {}
    named = await Unit.filter(seen_units(who), id=case.unit_id).exists()
    words = [_words(shift, named) for shift in shifts]
    return {"duty": words, "away": away, "unit": case.unit.name}


def _words(shift: Shift, named: bool) -> str:
    over = "次日 " if shift.ends <= shift.begins else ""
    name = shift.person.name if named else "一人"
    return f"{name} {clock_text(shift.begins)}–{over}{clock_text(shift.ends)}"


async def my_duty(who: Viewer) -> WaitingList | None:
    """For a person who is on duty, or soon will be: since when, and what was sent to the unit."""
    if not who.holds(ROSTER):
        return None
    now = datetime.now(UTC)
    mine = Shift.filter(person_id=who.person_id, ends_at__gt=now, begins_at__lte=now + SOON)
    shifts = await mine.order_by("begins_at", "id").limit(3).select_related("unit")
    if not shifts:
        return None
    return WaitingList(
        title="我的值班",
        hint="办公时间以外派来的案件，由值班的人先签收。",
        href=f"{HERE}roster/{shifts[0].unit_id}",
        count=len(shifts),
        items=[await _item(shift, who, now) for shift in shifts],
        yours=False,
    )


async def _item(shift: Shift, who: Viewer, now: datetime) -> WaitingItem:
    sent = Case.seen_by(who).filter(unit_id=shift.unit_id, stage="dispatched")
    waiting = await sent.count()
    local = shift.begins_at.astimezone(zone())
    over = "次日 " if shift.ends <= shift.begins else ""
    times = f"{clock_text(shift.begins)}–{over}{clock_text(shift.ends)}"
    return WaitingItem(
        title=f"{local.month} 月 {local.day} 日 {times}",
        meta=f"{shift.unit.name} · {waiting} 件待签收" if waiting else shift.unit.name,
        href="/admin/cases/?tab=mine&stage=dispatched"
        if waiting
        else f"{HERE}roster/{shift.unit_id}",
        badge="正在值班" if shift.begins_at <= now else "即将值班",
        tone="warn" if shift.begins_at <= now else "",
    )
