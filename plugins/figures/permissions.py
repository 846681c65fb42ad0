"""Who sees which figures.

Whoever may see the things behind a figure could count them, and sees it exactly, for the part that
they may see. All others with `figures.see` see what is published: closed months, without what is
hidden.
"""

from typing import Literal

from tortoise.expressions import Q

from liuhe import Audited, Indicator, Permission, Viewer, within
from plugins.figures.models import SCOPE

SEE, OBJECT, ANSWER, CLOSE = "figures.see", "figures.object", "figures.answer", "figures.close"
PERMISSIONS = (
    Permission(
        name=SEE,
        title="查看指标",
        roles=("admin", "supervisor", "dispatcher", "grid", "handler", "auditor"),
    ),
    Permission(
        name=OBJECT, title="对指标提出异议", roles=("admin", "dispatcher", "grid", "handler")
    ),
    Permission(name=ANSWER, title="答复指标的异议，发布勘误", roles=("supervisor",)),
    Permission(name=CLOSE, title="指标封账", roles=("admin", "supervisor")),
)

CLOSED, CORRECTED, ANSWERED = "figures.closed", "figures.erratum", "figures.answered"
AUDITED = (
    Audited(
        name=CLOSED,
        title="指标封账",
        kinds={"figures.Month": "月份"},
        words={"sheets": "项数", "digests": "各项的校验码"},
    ),
    Audited(name=CORRECTED, title="发布指标勘误", kinds={"figures.Erratum": "勘误"}),
    Audited(name=ANSWERED, title="答复指标异议", kinds={"figures.Objection": "异议"}),
)

#: "whole": everything, exactly. "part": what the viewer may see, exactly. "published": see above.
View = Literal["whole", "part", "published"]


def views(viewer: Viewer, indicator: Indicator) -> tuple[View, ...]:
    """The ways in which the viewer may look at it, the most useful first."""
    if not viewer.holds(SEE):
        return ()
    if viewer.holds_everywhere(indicator.things.permission):
        return ("whole", "published")
    if any(_reaches(viewer, indicator)):
        return ("part", "published")
    return ("published",)


def _reaches(viewer: Viewer, indicator: Indicator) -> list[bool]:
    """One's own matters (a resident's) are no part of which a figure could be made."""
    name = indicator.things.permission
    return [True for grant in viewer.grants if name in grant.names and grant.reach != "own"]


def rows_of(viewer: Viewer, indicator: Indicator, view: View) -> Q:
    """The counted rows of which the figures of a view are made."""
    return within(viewer, indicator.things.permission, SCOPE) if view == "part" else Q()


def sees_all_of(viewer: Viewer, indicator: Indicator, by: str, key: str, path: str = "") -> bool:
    """Whether a cell lies wholly in what the viewer may see. `path`: of an area's cell."""
    grants = [g for g in viewer.grants if indicator.things.permission in g.names]
    if by == "unit":
        return any(g.reach == "unit" and str(g.unit_id) == key for g in grants)
    return bool(path) and any(
        g.reach == "area" and g.area_path and path.startswith(g.area_path) for g in grants
    )


def answers(viewer: Viewer | None) -> bool:
    """Whether the viewer answers the district's objections."""
    return viewer is not None and viewer.holds_everywhere(ANSWER)


def takes_part(viewer: Viewer) -> bool:
    """Whether the viewer objects, or answers; whoever else has no list of objections."""
    return viewer.holds(OBJECT) or answers(viewer)


def seen_objections(viewer: Viewer | None) -> Q:
    """One's own, and all for whoever answers them."""
    if viewer is None or not viewer.holds(SEE):
        return Q(pk__isnull=True)
    return Q() if answers(viewer) else Q(filed_by_id=viewer.person_id)
