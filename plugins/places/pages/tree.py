"""The tree of divisions; a branch is fetched when it is opened."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from liuhe import LEVEL_LABELS, Area, NotFound, demand_held
from liuhe.pages import Request, Response, fragment, viewer
from plugins.places.actions import standing, today


@dataclass(kw_only=True)
class Branch:
    """A place in the tree. `opens`: there is something below it."""

    area: Area
    here: bool = False
    opens: bool = False
    open: bool = False
    below: list["Branch"] = field(default_factory=list)

    @property
    def level(self) -> str:
        return LEVEL_LABELS[self.area.level]


async def grow(roots: Sequence[Area], open_ids: Iterable[int], here: int = 0) -> list[Branch]:
    """The tree from `roots` with these opened; two queries however many there are."""
    opened = set(open_ids)
    now = standing(today())
    rows = await Area.filter(now, parent_id__in=opened).order_by("code") if opened else []
    branches = {
        area.id: Branch(area=area, here=area.id == here, open=area.id in opened)
        for area in (*roots, *rows)
    }
    parents = Area.filter(now, parent_id__in=list(branches)).distinct().values("parent_id")
    for row in await parents:
        branches[row["parent_id"]].opens = True
    for area in rows:
        if area.parent_id in branches:
            branches[area.parent_id].below.append(branches[area.id])
    return [branches[area.id] for area in roots]


async def branch_part(request: Request) -> Response:
    """One branch, opened or closed: `open` is "1" or "0"."""
    demand_held(viewer(request), "places.see")
    area = await Area.get_or_none(id=request.path_params["id"])
    if area is None:
        raise NotFound()
    opened = [area.id] if request.query_params.get("open") == "1" else []
    [branch] = await grow([area], opened)
    return fragment(request, "places/branch.html", {"branch": branch})
