"""The list of cases: tabs, filters, one page by keyset; htmx swaps the list alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from tortoise.expressions import Q, Subquery

from liuhe import Area, Viewer, demand_held
from liuhe.graphql import connection
from liuhe.pages import Request, Response, page, viewer
from plugins.cases.models import Case, Wanted, flow_of, late, narrowed, soon_due
from plugins.cases.pages import choices
from plugins.cases.pages.task_lists import concerned
from plugins.cases.pages.task_waiting import count_tasks
from plugins.cases.pages.words import state_of
from plugins.cases.permissions import visible, waited_for, waits_for
from plugins.cases.rules import Stage

HERE = "/admin/cases/"
TABS = {"mine": "等我办理", "soon": "即将到期", "overdue": "超期", "all": "全部"}
EMPTY = {
    "mine": ("现在没有等您办的案件", "轮到您办的案件会出现在这里，到期早的排在前面。"),
    "soon": ("没有即将到期的案件", "时限只剩四分之一的案件会出现在这里。"),
    "overdue": ("没有超期的案件", "过了时限还没办的案件会出现在这里。"),
    "all": ("没有找到案件", "换个条件再找找；没有条件时，这里列出您能看到的所有案件。"),
}
LONGEST_CODE = 8
FIELDS = ("q", "type", "stage", "area", "unit")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the address asks for; whatever makes no sense is left out."""

    tab: str
    given: Mapping[str, str]
    after: str | None = None
    before: str | None = None

    @classmethod
    def of(cls, params: Mapping[str, str], who: Viewer) -> "Asked":
        tab = params.get("tab", "")
        return cls(
            tab=tab if tab in TABS else ("mine" if _works(who) else "all"),
            given={name: params[name][:100] for name in FIELDS if params.get(name)},
            after=params.get("after") or None,
            before=params.get("before") or None,
        )

    def url(self, **more: str | None) -> str:
        parts = {"tab": self.tab, **self.given, **more}
        return f"{HERE}?{urlencode({name: value for name, value in parts.items() if value})}"

    def export_url(self) -> str:
        return f"/admin/exports/cases.list?{urlencode({'tab': self.tab, **self.given})}"

    async def wanted(self) -> Wanted:
        code = self.given.get("type", "")
        area = await Area.get_or_none(id=_number(self.given.get("area")) or 0)
        stage = self.given.get("stage", "")
        return Wanted(
            stages=[Stage(stage)] if stage in list(Stage) else (),
            type_code=code if 2 < len(code) <= LONGEST_CODE else "",
            class_code=code if len(code) == 2 else "",
            area_path=area.path if area else "",
            unit_id=_number(self.given.get("unit")),
            search=self.given.get("q", ""),
        )


def _works(who: Viewer) -> bool:
    return any(who.holds(move.permission) for _, move in waited_for())


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 18 else None


async def list_page(request: Request) -> Response:
    who = demand_held(viewer(request), "cases.see")
    asked = Asked.of(request.query_params, who)
    now = datetime.now(UTC)
    condition = visible(who) & await narrowed(await asked.wanted(), now)
    context = {
        "page_title": "案件",
        "asked": asked,
        "tabs": await _tabs(asked, condition, who, now),
        "may_limit": who.holds_everywhere("cases.types"),
        "may_correct": who.holds_everywhere("cases.calendar"),
        "may_open": who.holds("cases.open"),
        "export": asked.export_url() if who.holds("exports.make") else "",
        "tasks": await count_tasks(who) if concerned(who) else None,
        "empty": EMPTY[asked.tab],
        **await _rows(asked, condition & of_tab(asked.tab, who, now), now),
        **await _options(who),
    }
    return await page(request, "cases/list.html", context)


def of_tab(tab: str, who: Viewer, now: datetime) -> Q:
    """A list of its own: a tab holds what is under way, which an index finds, whatever else is
    asked for."""
    if tab == "all":
        return Q()
    return Q(id__in=Subquery(Case.filter(_pressing(tab, who, now)).values("id")))


def _pressing(tab: str, who: Viewer, now: datetime) -> Q:
    if tab == "mine":
        return waits_for(who)
    return soon_due(now) if tab == "soon" else late(now)


async def _tabs(asked: Asked, condition: Q, who: Viewer, now: datetime) -> list[tuple[Any, ...]]:
    """Each tab with its count under the same filters; nobody works off all there ever was."""
    found = []
    for name, title in TABS.items():
        if name == "mine" and not _works(who):
            continue
        count = None
        if name != "all":
            count = await Case.filter(condition & of_tab(name, who, now)).count()
        found.append((title, asked.url(tab=name), name == asked.tab, count))
    return found


async def _rows(asked: Asked, condition: Q, now: datetime) -> dict[str, Any]:
    order = ["-opened_at"] if asked.tab == "all" else ["due_at"]
    found = Case.filter(condition).select_related("area", "type", "unit")
    size = {"last": 20} if asked.before else {"first": 20}
    listed = await connection(
        found, lambda row: row, order=order, after=asked.after, before=asked.before, **size
    )
    part = listed.page_info.page
    names = await choices.names_of([case.area for case in part.rows])
    return {
        "rows": [_row(case, names[case.area_id], now) for case in part.rows],
        "prev": asked.url(before=part.start_cursor) if part.has_previous else "",
        "next": asked.url(after=part.end_cursor) if part.has_next else "",
        "here": asked.url(after=asked.after, before=asked.before),
    }


def _row(case: Case, names: list[str], now: datetime) -> dict[str, Any]:
    state, tone = state_of(case)
    return {
        "title": case.title,
        "href": f"{HERE}{case.id}",
        "number": case.number,
        "type": case.type.name,
        "place": " ".join(part for part in (names[-1], case.address) if part),
        "state": state,
        "state_tone": tone,
        "supervised": case.supervised_at is not None and not flow_of(case).is_terminal(case.stage),
        "unit": case.unit.name if case.unit else "",
        "due_at": case.due_at,
        "opened_at": case.opened_at,
        "tone": "late" if case.overdue(now) else "",
    }


async def _options(who: Viewer) -> dict[str, Any]:
    return {
        "types": await choices.types_and_classes(),
        "stages": choices.stages(),
        "areas": await choices.areas(who, "cases.see", "street", "community"),
        "units": await choices.units_seen(who),
    }
