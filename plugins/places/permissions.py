"""Divisions are public knowledge: every role sees them; few change them."""

from liuhe import Audited, Permission, Scope

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

CHANGED = "places.change"
IMPORTED = "places.import"
EXPORTED = "places.export"
AUDITED = (
    Audited(name=CHANGED, title="调整区划"),
    Audited(name=IMPORTED, title="导入区划"),
    Audited(name=EXPORTED, title="导出区划"),
)
