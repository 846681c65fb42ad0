"""Who may do what with cases, and where a case keeps its area, unit and reporter."""

from functools import reduce
from operator import or_

from tortoise.expressions import Q, Subquery

from liuhe import File, Permission, Scope, Viewer, may, within
from plugins.cases.models import Case, Step
from plugins.cases.rules import STANDARD, Move

PERMISSIONS = (
    Permission(
        name="cases.see",
        title="查看案件",
        roles=("admin", "supervisor", "dispatcher", "grid", "handler", "resident"),
    ),
    Permission(name="cases.open", title="上报案件", roles=("dispatcher", "grid", "resident")),
    Permission(name="cases.accept", title="受理或不予受理", roles=("dispatcher",)),
    Permission(name="cases.dispatch", title="派遣案件", roles=("dispatcher",)),
    Permission(name="cases.handle", title="签收、退回、处置", roles=("handler",)),
    Permission(name="cases.verify", title="核查或要求返工", roles=("grid",)),
    Permission(name="cases.close", title="结案或要求返工", roles=("dispatcher",)),
    Permission(name="cases.rate", title="评价结果", roles=("grid", "resident")),
)

#: A unit sees the cases that it has now; a reporter sees one's own.
SCOPE = Scope(area="area__path", unit="unit_id", owner="reporter_id")
NONE = Q(pk__isnull=True)


def visible(viewer: Viewer | None) -> Q:
    """The cases that the viewer may see."""
    return within(viewer, "cases.see", SCOPE)


def may_see(viewer: Viewer | None, case: Case) -> bool:
    """The same for one case whose area is loaded."""
    return may(viewer, "cases.see", case, SCOPE)


def only_own(viewer: Viewer, name: str) -> bool:
    """Whether the permission is held for one's own matters alone."""
    return all(grant.reach == "own" for grant in viewer.grants if name in grant.names)


def units_of(viewer: Viewer) -> frozenset[int]:
    """The units in which the viewer has a post."""
    return frozenset(
        grant.unit_id
        for grant in viewer.grants
        if grant.reach == "unit" and grant.unit_id is not None
    )


async def may_see_file(viewer: Viewer, file: File) -> bool:
    """Evidence is seen by whoever sees its case; `subject` is the case's id."""
    if not file.subject.isdigit():
        return False
    return await Case.filter(visible(viewer), id=int(file.subject)).exists()


def allowed(viewer: Viewer | None, case: Case, done: frozenset[str]) -> tuple[Move, ...]:
    """The moves that the viewer may make now, the usual one first.

    `done` are the actions that the viewer has already done on this case: duties are kept apart.
    """
    return tuple(
        move
        for move in STANDARD.ways_on(case.stage)
        if may(viewer, move.permission, case, SCOPE) and not done & set(move.apart)
    )


def waits_for(viewer: Viewer | None, *actions: str) -> Q:
    """The cases whose usual next move (or one of these) is the viewer's to make."""
    if viewer is None:
        return NONE
    parts = [
        _waits(viewer, move)
        for move in STANDARD.moves
        if move.main and viewer.holds(move.permission) and (not actions or move.action in actions)
    ]
    return visible(viewer) & reduce(or_, parts) if parts else NONE


def _waits(viewer: Viewer, move: Move) -> Q:
    mine = Q(stage__in=move.sources) & within(viewer, move.permission, SCOPE)
    if not move.apart:
        return mine
    done = Step.filter(person_id=viewer.person_id, action__in=move.apart)
    return mine & Q(id__not_in=Subquery(done.values("case_id")))
