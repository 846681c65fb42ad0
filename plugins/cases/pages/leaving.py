"""On the page of an account: how much is in hand where the person works. Numbers only."""

from typing import Any

from tortoise.functions import Count

from liuhe import on_duty
from liuhe.pages import Request, render_fragment
from plugins.cases.models import Case
from plugins.cases.permissions import IN_HAND


async def show_in_hand(request: Request, person: Any) -> str:
    """For whoever keeps accounts and sees no case: what stays behind when the person leaves."""
    posts = await on_duty("cases.handle").filter(person_id=person.id).select_related("unit")
    units = {post.unit_id: post.unit.name for post in posts if post.unit}
    if not units:
        return ""
    found = Case.filter(IN_HAND, unit_id__in=list(units)).annotate(number=Count("id"))
    open_ones = dict(await found.group_by("unit_id").values_list("unit_id", "number"))
    lines = [(name, open_ones.get(unit, 0)) for unit, name in units.items()]
    return render_fragment(request, "cases/in_hand.html", {"lines": lines})
