"""Divisions are public knowledge: every role sees them; few change them."""

from liuhe import Area, Audited, Permission, Scope, Viewer, may

#: An area itself as the thing that permissions are asked about.
AREA = Scope(area="path")

EVERYBODY = (
    "admin",
    "security",
    "auditor",
    "supervisor",
    "dispatcher",
    "grid",
    "handler",
    "resident",
)

PERMISSIONS = (
    Permission(name="places.see", title="查看地点", roles=EVERYBODY),
    Permission(name="places.edit", title="调整区划和小区", roles=("admin",)),
)


def may_divide(viewer: Viewer | None, above: Area | None) -> bool:
    """Whoever ends an area and opens others in its place answers for what they lie in."""
    if above is None:
        return viewer is not None and viewer.holds_everywhere("places.edit")
    return may(viewer, "places.edit", above, AREA)


#: What the audit tells of a change.
WORDS = {
    "new": "新设",
    "shape": "范围",
    "name": "更名",
    "class": "分类",
    "same": "不变",
    "transfer": "接替",
    "split": "拆分",
    "merge": "合并",
    "regroup": "重新划分",
    "open": "设立",
    "close": "撤销",
    "rename": "更名",
    "move": "界线调整",
    "draw": "更正范围",
    "digest": "文件",
    "units": "单位",
    "posts": "岗位",
    "sites": "地点",
}
CHANGED = "places.change"
IMPORTED = "places.import"
EXPORTED = "places.export"
AUDITED = (
    Audited(name=CHANGED, title="调整区划", words=WORDS),
    Audited(name=IMPORTED, title="导入区划", words=WORDS),
    Audited(name=EXPORTED, title="导出区划"),
)
