"""Whoever sees a case and has a post of these roles; residents do not."""

from liuhe import Permission

OFFICERS = ("dispatcher", "grid", "handler")

PERMISSIONS = (
    Permission(name="notes.see", title="查看便签", roles=(*OFFICERS, "supervisor")),
    Permission(name="notes.write", title="写便签", roles=OFFICERS),
)
