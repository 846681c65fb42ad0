"""What is asked of a division before it is written: code, name, shape, neighbours."""

from datetime import date

from liuhe import Area, BadInput
from plugins.places.actions.finding import shapes_on, standing, today
from plugins.places.actions.opening import Opening
from plugins.places.rules.codes import KINDS, code_problem, nesting_problem
from plugins.places.rules.fitting import area_words, overlaps, too_far_outside
from plugins.places.rules.shapes import Shape, bounds
from plugins.places.rules.validity import shape_problem


def check_opening(opening: Opening, parent: Area | None, on: date) -> None:
    """What can be said without looking at the neighbours."""
    check_name(opening.name)
    if problem := code_problem(opening.code, opening.level):
        raise BadInput(problem, field="code", reason="code")
    if opening.kind and opening.kind not in KINDS:
        raise BadInput("没有这个城乡分类代码。", field="kind", reason="unknown")
    if len(opening.note) > 200:
        raise BadInput("备注最多 200 个字。", field="note", reason="too_long")
    if opening.polygon is not None:
        check_shape(opening.polygon)
    _check_parent(opening, parent, on)


def _check_parent(opening: Opening, parent: Area | None, on: date) -> None:
    if parent is None:
        if opening.level != "district":
            raise BadInput("请选择上级。", field="parent", reason="required")
        return
    if problem := nesting_problem(opening.code, opening.level, parent.code, parent.level):
        raise BadInput(problem, field="parent", reason="nesting")
    if not parent.stood(on):
        raise BadInput(f"{parent.name}在 {on} 不存在。", field="parent", reason="date")


def check_name(name: str) -> None:
    if not 1 <= len(name.strip()) <= 60:
        raise BadInput("名称要有 1 到 60 个字。", field="name", reason="length")


def check_shape(polygon: object) -> None:
    if problem := shape_problem(polygon):
        raise BadInput(problem, field="polygon", reason="shape")


async def check_fit(polygon: Shape, parent_id: int | None, on: date, *, own: int = 0) -> None:
    """Beside its siblings, inside of its parent, around its children (of `own`, if it stands):
    on the day and, where that is past, today."""
    for day in sorted({on, max(on, today())}):
        await _check_fit(polygon, parent_id, day, own)


async def _check_fit(polygon: Shape, parent_id: int | None, day: date, own: int) -> None:
    stood = Area.filter(standing(day))
    beside = (
        stood.filter(parent_id=parent_id) if parent_id else stood.filter(parent_id__isnull=True)
    )
    siblings = [area for area in await beside.order_by("code") if area.id != own]
    children = await stood.filter(parent_id=own) if own else []
    parent = await Area.get_or_none(id=parent_id) if parent_id else None
    known = [*siblings, *children, *filter(None, [parent])]
    shapes = await shapes_on(day, [area.id for area in known])
    for area in siblings:
        _check_beside(polygon, area, shapes.get(area.id))
    if parent is not None and parent.id in shapes:
        _check_inside(polygon, parent, shapes[parent.id])
    for child in children:
        if child.id in shapes and (share := too_far_outside(shapes[child.id], polygon)):
            message = f"下级{child.name}会有 {share:.0%} 落在外面，请先改它的范围，或者一起导入。"
            raise BadInput(message, field="polygon", reason="children")


def _check_beside(polygon: Shape, area: Area, shape: Shape | None) -> None:
    if shape is None or not bounds(polygon).meets(bounds(shape)):
        return
    for fault in overlaps([polygon, shape]):
        longitude, latitude = fault.at
        raise BadInput(
            f"和{area.name}重叠 {area_words(fault.square_metres)}，"
            f"在 {longitude:.5f}, {latitude:.5f} 附近。"
            "请先改其中一个的范围；两个一起改时，放在一个文件里导入。",
            field="polygon",
            reason="overlap",
        )


def _check_inside(polygon: Shape, parent: Area, shape: Shape) -> None:
    if share := too_far_outside(polygon, shape):
        message = f"有 {share:.0%} 在上级{parent.name}的范围之外，请检查坐标，或者先改上级的范围。"
        raise BadInput(message, field="polygon", reason="outside")
