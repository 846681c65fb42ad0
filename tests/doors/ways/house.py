"""Files, imports, plugins, jobs and backups."""

from tests.doors.ways.way import Way

HOUSE = (
    Way(
        door="/files",
        file="file",
        by="grid",
        also=("admin", "supervisor", "dispatcher", "handler", "resident"),
    ),
    Way(
        door="/imports",
        given={"kind": "cases.history"},
        file="file:table",
        by="dispatcher",
        also=("admin",),
    ),
    Way(
        door="/admin/imports/{name}",
        words={"name": "cases.history"},
        file="file:table",
        by="dispatcher",
        also=("admin",),
    ),
    Way(door="/admin/imports/batches/{id:int}/start", why="it is whoever's who brought it"),
    Way(door="/admin/imports/batches/{id:int}/discard", why="it is whoever's who brought it"),
    Way(door="startImport", given={"id": "ImportBatch:{n}"}, why="as the form"),
    Way(door="discardImport", given={"id": "ImportBatch:{n}"}, why="as the form"),
    Way(
        door="/admin/plugins/switch",
        given={"name": "open311", "state": "off"},
        by="admin",
        whole=True,
    ),
    Way(
        door="/admin/jobs/retry",
        given={"id": "{n}"},
        stands=(("core.JobRow", {"state": "dead"}),),
        by="admin",
        whole=True,
    ),
    Way(door="/admin/backups", why="the house of a test has no folder for them"),
)
