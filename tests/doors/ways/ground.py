"""Divisions."""

from tests.doors.ways.way import TODAY, Way

NEW_PLACE = {"name": "新名", "on": TODAY}
GROUND = (
    Way(
        door="/admin/places/import",
        file="file:ground",
        given={"do": "apply"},
        why="what was tried before is sealed in the form",
    ),
    Way(
        door="/admin/places/{id:int}/draw",
        given={"do": "apply", "geojson": "{polygon}"},
        by="admin",
    ),
    Way(door="/admin/places/{id:int}/rename", given=NEW_PLACE, by="admin"),
    Way(door="/admin/places/{id:int}/close", given={"on": TODAY}, by="admin"),
    Way(
        door="/admin/places/{id:int}/new",
        given={**NEW_PLACE, "code": "{community}"},
        by="admin",
    ),
    Way(
        door="/admin/places/{id:int}/divide",
        given={"do": "apply", "geojson": "{polygon}"},
        by="admin",
        whole=True,
    ),
    Way(door="importDivisions", given={"geojson": "{ground:json}", "dryRun": False}, by="admin"),
)
