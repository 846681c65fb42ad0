"""The ground as an import would leave it: who would overlap, leave its parent, or leave a hole."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from plugins.places.actions.planning import Line, Standing
from plugins.places.rules.datum import shape_from_gcj02
from plugins.places.rules.fitting import area_words, faults, too_far_outside
from plugins.places.rules.shapes import Shape


def mark_misfits(lines: list[Line], known: Standing) -> tuple[list[Line], list[str]]:
    """The ground as it would be: who would overlap or leave the parent; what would be empty."""
    after = _after(lines, known)
    problems: dict[str, str] = {}
    warnings: list[str] = []
    for parent in sorted(_touched(lines, known)):
        found, empty = _family_misfits(parent, after, {line.row.code for line in lines})
        problems |= {code: text for code, text in found.items() if code not in problems}
        warnings += empty
    marked = [
        replace(line, problem=problems[line.row.code])
        if not line.problem and line.changes and line.row.code in problems
        else line
        for line in lines
    ]
    return marked, warnings


@dataclass(frozen=True, kw_only=True)
class _After:
    names: dict[str, str]
    shapes: dict[str, Shape]
    families: dict[str, list[str]]


def _after(lines: Sequence[Line], known: Standing) -> _After:
    codes = {area.id: code for code, area in known.areas.items()}
    names = {code: area.name for code, area in known.areas.items()}
    shapes = {
        code: known.shapes[area.id] for code, area in known.areas.items() if area.id in known.shapes
    }
    parents = {code: codes.get(area.parent_id or 0, "") for code, area in known.areas.items()}
    for row in (line.row for line in lines if not line.problem):
        names[row.code] = row.name
        parents.setdefault(row.code, row.parent_code)
        if row.polygon is not None:
            shapes[row.code] = row.polygon
    families: dict[str, list[str]] = defaultdict(list)
    for code, parent in sorted(parents.items()):
        families[parent].append(code)
    return _After(names=names, shapes=shapes, families=families)


def _touched(lines: Sequence[Line], known: Standing) -> set[str]:
    """Codes of parents whose family is drawn otherwise than before."""
    codes = {area.id: code for code, area in known.areas.items()}
    found = set()
    for line in lines:
        if not line.problem and {"new", "shape"} & set(line.changes):
            above = codes.get(line.area.parent_id or 0, "") if line.area else line.row.parent_code
            found |= {above, line.row.code}
    return found


def _family_misfits(
    parent: str, after: _After, given: set[str]
) -> tuple[dict[str, str], list[str]]:
    members = [code for code in after.families[parent] if code in after.shapes]
    above = after.shapes.get(parent)
    problems: dict[str, str] = {}
    warnings = []
    for fault in faults(above, [after.shapes[code] for code in members]):
        about = [members[number] for number in fault.numbers]
        size = area_words(fault.square_metres)
        if fault.kind == "hole":
            warnings.append(f"{after.names[parent]}里有 {size} 不属于任何下级。")
        elif fault.kind == "overlap":
            for code, other in (about, about[::-1]):
                where = f"{fault.at[0]:.5f}, {fault.at[1]:.5f}"
                problems.setdefault(
                    code, f"和{after.names[other]}重叠 {size}，在 {where} 附近，请改好界线。"
                )
        elif above is not None and (share := too_far_outside(after.shapes[about[0]], above)):
            text = _outside(after.shapes[about[0]], above, after.names[parent], share)
            problems[about[0]] = text
            if about[0] not in given:
                problems.setdefault(parent, f"下级{after.names[about[0]]}会落在范围之外。")
    return problems, warnings


def _outside(child: Shape, parent: Shape, name: str, share: float) -> str:
    if not too_far_outside(shape_from_gcj02(child), parent):
        return (
            f"有 {share:.0%} 在上级{name}之外，按 GCJ-02（高德、腾讯的坐标）换算却正好在里面，"
            "请转换成 WGS-84 再导入。"
        )
    return f"有 {share:.0%} 在上级{name}之外，请检查坐标，或者把上级的范围一起导入。"
