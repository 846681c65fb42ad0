"""What an import would do to the divisions that stand: compared, not yet written."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from liuhe import LEVEL_LABELS, Area, Viewer, may
from plugins.places.actions.exporting import names_on
from plugins.places.actions.finding import shapes_on, standing
from plugins.places.models import Division, Succession
from plugins.places.permissions import AREA
from plugins.places.rules.codes import KINDS, nesting_problem
from plugins.places.rules.geojson import Row, same_shape
from plugins.places.rules.shapes import Shape

CHANGES = {"new": "新设", "shape": "范围变了", "name": "更名", "class": "分类或备注变了"}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One feature: what it would change ("new", "shape", "name", "class"), or what is wrong."""

    row: Row
    area: Area | None = None
    changes: tuple[str, ...] = ()
    problem: str = ""

    @property
    def words(self) -> str:
        return "、".join(CHANGES[change] for change in self.changes) or "没有变化"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What stands on the day. `later`: codes that are taken from a later day on."""

    areas: dict[str, Area]
    names: dict[int, str]
    shapes: dict[int, Shape]
    rest: dict[int, Division]
    periods: dict[str, list[Area]]
    fixed: frozenset[int]  # whose name or border was changed after the day


@dataclass(frozen=True, kw_only=True)
class Plan:
    """`untouched`: how many divisions stand that the file does not name; they stay as they are."""

    lines: Sequence[Line]
    warnings: Sequence[str]
    known: Standing = field(repr=False)
    digest: str
    untouched: int

    @classmethod
    def of(
        cls, lines: Sequence[Line], warnings: Sequence[str], known: Standing, data: bytes, on: date
    ) -> "Plan":
        told = [(line.row.number, line.changes, line.problem) for line in lines]
        mark = hashlib.sha256(data)
        mark.update(repr((on, told)).encode())
        named = {line.row.code for line in lines}
        return cls(
            lines=lines,
            warnings=warnings,
            known=known,
            digest=mark.hexdigest(),
            untouched=sum(code not in named for code in known.areas),
        )

    @property
    def errors(self) -> int:
        return sum(bool(line.problem) for line in self.lines)

    @property
    def counts(self) -> dict[str, int]:
        """How many features of each change; "same" for none at all."""
        sound = [line for line in self.lines if not line.problem]
        counted = Counter(change for line in sound for change in line.changes or ("same",))
        return {name: counted[name] for name in (*CHANGES, "same")}


async def look_up(rows: Sequence[Row], on: date) -> Standing:
    areas = await Area.filter(standing(on)).order_by("code", "id")
    ids = [area.id for area in areas]
    codes = list({row.code for row in rows if row.code})
    periods: dict[str, list[Area]] = defaultdict(list)
    for area in await Area.filter(code__in=codes):
        periods[area.code].append(area)
    divisions = await Division.filter(area_id__in=ids)
    renamed = Succession.filter(kind="rename", on__gt=on, predecessor_id__in=ids)
    fixed = {row.predecessor_id for row in await renamed}
    fixed |= {one.area_id for one in divisions if one.drawn_from and one.drawn_from > on}
    return Standing(
        areas={area.code: area for area in areas},
        names=await names_on(on),
        shapes=await shapes_on(on, ids),
        rest={one.area_id: one for one in divisions},
        periods=periods,
        fixed=frozenset(fixed),
    )


def draft(who: Viewer | None, rows: Sequence[Row], known: Standing, on: date) -> list[Line]:
    """Each feature compared by itself with what stands."""
    first = {row.code: row.number for row in reversed(rows) if row.code}
    by_code = {row.code: row for row in rows if not row.problem}
    return [
        Line(row=row, problem=row.problem)
        if row.problem
        else Line(row=row, problem=f"代码和第 {first[row.code]} 项重复，请只留一项。")
        if first[row.code] != row.number
        else _compared(who, row, known, by_code, on)
        for row in rows
    ]


def _compared(
    who: Viewer | None, row: Row, known: Standing, by_code: dict[str, Row], on: date
) -> Line:
    if row.kind and row.kind not in KINDS:
        return Line(row=row, problem=f"没有 {row.kind[:10]} 这个城乡分类代码。")
    area = known.areas.get(row.code)
    if area is None:
        problem = _cannot_open(who, row, known, by_code, on)
        return Line(row=row, changes=("new",), problem=problem)
    changes = tuple(_changes(row, area, known))
    problem = _cannot_change(who, row, area, known) if changes else ""
    return Line(
        row=row, area=area, changes=changes, problem=problem or _misplaced(row, area, known)
    )


def _changes(row: Row, area: Area, known: Standing) -> list[str]:
    rest = known.rest.get(area.id)
    kind, note = (rest.kind, rest.note) if rest else ("", "")
    differs = {
        "shape": row.polygon is not None and not same_shape(row.polygon, known.shapes.get(area.id)),
        "name": row.name != known.names.get(area.id, area.name),
        "class": (row.kind is not None and row.kind != kind)
        or (row.note is not None and row.note != note),
    }
    return [change for change, there in differs.items() if there]


def _misplaced(row: Row, area: Area, known: Standing) -> str:
    """An area keeps its level, its parent and its first day; another one is to succeed it."""
    if row.level != area.level:
        label = LEVEL_LABELS[area.level]
        return f"这个代码现在是{label}。层级不能改，请新设一个来接替它。"
    parents = [one.code for one in known.areas.values() if one.id == area.parent_id]
    if parents and row.parent_code != parents[0]:
        return f"它现在的上级是 {parents[0]}。换上级请用“划转”，新的区划用新的代码。"
    if row.valid_from is not None and row.valid_from != area.valid_from:
        return (
            f"这个代码的区划从 {area.valid_from} 起存续，和 valid_from 不同。"
            "请去掉 valid_from；要另立新的，先把它拆分、合并或划转。"
        )
    return ""


def _cannot_change(who: Viewer | None, row: Row, area: Area, known: Standing) -> str:
    if not may(who, "places.edit", area, AREA):
        return f"您无权调整{area.name}。"
    if area.id in known.fixed:
        return "这一天以后它又更过名或调过界线，请用更晚的日期导入。"
    return ""


def _cannot_open(
    who: Viewer | None, row: Row, known: Standing, by_code: dict[str, Row], on: date
) -> str:
    begins = row.valid_from or on
    if begins > on:
        return f"设立日期 {begins} 晚于导入日期 {on}，到那天再导入，或者改导入日期。"
    if taken := _taken(row, known, begins):
        return taken
    if row.level == "district":
        return _no_right_everywhere(who)
    above, in_file = known.areas.get(row.parent_code), by_code.get(row.parent_code)
    if above is None and in_file is None:
        return f"找不到上级 {row.parent_code or '（没有写）'}：先导入上级，或者放进同一个文件。"
    level = above.level if above else in_file.level if in_file else ""
    since = above.valid_from if above else (in_file.valid_from or on) if in_file else on
    if problem := nesting_problem(row.code, row.level, row.parent_code, level):
        return problem
    if since > begins:
        return f"上级从 {since} 起才有，设立日期 {begins} 不能更早。"
    return _no_right(who, row, known, by_code)


def _taken(row: Row, known: Standing, begins: date) -> str:
    for area in known.periods.get(row.code, ()):
        if area.valid_to is None or area.valid_to > begins:
            until = f"到 {area.valid_to}" if area.valid_to else "起至今"
            return f"这个代码在 {area.valid_from} {until}有区划在用，设立日期不能和它重叠。"
        if area.valid_from == begins:
            return "同一天已经有过这个代码的区划。"
    return ""


def _no_right(who: Viewer | None, row: Row, known: Standing, by_code: dict[str, Row]) -> str:
    """Asked of the nearest division above that stands already."""
    code = row.parent_code
    for _ in range(5):
        if code in known.areas:
            area = known.areas[code]
            return "" if may(who, "places.edit", area, AREA) else f"您无权调整{area.name}。"
        code = by_code[code].parent_code if code in by_code else ""
    return _no_right_everywhere(who)


def _no_right_everywhere(who: Viewer | None) -> str:
    """What lies in nothing that stands is the whole installation's."""
    return "" if who and who.holds_everywhere("places.edit") else "您无权设立区划。"
