"""Importing divisions after a dry run, exporting them, and whether the ground is sound."""

from typing import Any

from starlette.responses import JSONResponse

from liuhe import BadInput, Conflict, demand_held
from liuhe.pages import Request, Response, form, page, viewer
from plugins.places.actions import (
    Plan,
    check_ground,
    export_divisions,
    import_divisions,
    plan_import,
    today,
)
from plugins.places.pages.given import day_in
from plugins.places.rules.geojson import MOST_BYTES, MOST_FEATURES

HERE = "/admin/places/import"
MOST_SHOWN = 300


async def import_page(request: Request) -> Response:
    demand_held(viewer(request), "places.edit")
    return await page(request, "places/import.html", _context())


async def import_file(request: Request) -> Response:
    """`do`: "check" tells what would happen; "apply" does it, if it reads the same as before."""
    who = viewer(request)
    demand_held(who, "places.edit")
    given = await form(request)
    values = given.values()
    try:
        data = await given.file("file", most=MOST_BYTES)
        if not data:
            raise BadInput("请选择 GeoJSON 文件。", field="file", reason="required")
        on = day_in(given.text("on"))
        moved = given.text("moved") != "no"
        if given.text("do") == "apply":
            digest = given.text("digest", most=64) or "-"
            plan = await import_divisions(who, data, on, moved=moved, digest=digest)
            return await page(request, "places/import.html", _context(values, plan, done=True))
        plan = await plan_import(who, data, on)
    except (BadInput, Conflict) as error:
        field = getattr(error, "field", "") or "file"
        context = _context(values) | {"problem": {field: error.message}}
        return await page(request, "places/import.html", context, status=422)
    return await page(request, "places/import.html", _context(values, plan))


def _context(
    values: dict[str, str] | None = None, plan: Plan | None = None, *, done: bool = False
) -> dict[str, Any]:
    lines = sorted(plan.lines, key=lambda line: not line.problem) if plan else []
    told = [line for line in lines if line.problem or line.changes]
    return {
        "page_title": "导入区划",
        "values": {"on": today().isoformat(), "moved": "yes", **(values or {})},
        "problem": {},
        "plan": plan,
        "lines": told[:MOST_SHOWN],
        "more": max(0, len(told) - MOST_SHOWN),
        "changing": sum(bool(line.changes) for line in lines if not line.problem),
        "done": done,
        "most": (MOST_BYTES // 1_000_000, MOST_FEATURES),
    }


async def export_file(request: Request) -> Response:
    """The divisions of a day as a file that an import takes as unchanged."""
    day = day_in(request.query_params.get("on", ""))
    whole = await export_divisions(viewer(request), day)
    name = f"divisions-{day.isoformat()}.geojson"
    return JSONResponse(
        whole,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
        media_type="application/geo+json",
    )


async def check_page(request: Request) -> Response:
    day = day_in(request.query_params.get("on", ""))
    flaws = await check_ground(viewer(request), day)
    context = {
        "page_title": "检查区划",
        "day": day.isoformat(),
        "rows": [
            {
                "title": flaw.sentence,
                "meta": f"{flaw.at[0]:.6f}, {flaw.at[1]:.6f}" if flaw.at else flaw.areas[0].code,
                "href": f"/admin/places/{flaw.areas[0].id}",
                "badge": KINDS[flaw.kind][0],
                "tone": KINDS[flaw.kind][1],
            }
            for flaw in flaws
        ],
    }
    return await page(request, "places/check.html", context)


KINDS = {
    "overlap": ("重叠", "bad"),
    "outside": ("出界", "warn"),
    "hole": ("空白", "warn"),
    "undrawn": ("没有画", ""),
}
