"""Divisions."""

from tests.doors.ways.way import TODAY, Way

NEW_PLACE = {"name": "新名", "on": TODAY}
GROUND = (
    Way(door="/admin/places/import", file="file", given={"do": "apply"}),
    Way(door="/admin/places/{id:int}/draw", given={"do": "apply", "geojson": "{polygon}"}),
    Way(door="/admin/places/{id:int}/rename", given=NEW_PLACE, by="admin"),
    Way(door="/admin/places/{id:int}/close", given={"on": TODAY}),
    Way(
        door="/admin/places/{id:int}/new",
        given={**NEW_PLACE, "code": "330105905001"},
        why="the code has to follow the street's",
    ),
    Way(door="/admin/places/{id:int}/divide", given={"do": "apply", "geojson": "{polygon}"}),
    Way(door="importDivisions", given={"geojson": "{polygon:json}", "dryRun": False}),
)
