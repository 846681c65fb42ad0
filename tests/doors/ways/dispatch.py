"""Rules of dispatch, and rosters."""

from tests.doors.ways.way import TODAY, TOMORROW, Way

RULE = {"unitId": "{n}", "areaId": "{n}", "days": "any", "mode": "suggest", "rank": "100"}
RULE_OF_GRAPHQL = {"unitId": "Unit:{n}", "areaId": "Place:{n}", "typeCode": "{type}"}
SHIFT = {"begins": "17:30", "ends": "09:00"}
HANDLER = ("handler",)
DISPATCH = (
    Way(
        door="/admin/dispatch/new",
        given={**RULE, "type": "event:{type}", "do": "save"},
        by="admin",
    ),
    Way(
        door="/admin/dispatch/new",
        given={**RULE, "type": "event:{type}", "do": "try"},
        by="admin",
        reads=True,
    ),
    Way(
        door="/admin/dispatch/{id:int}",
        given={**RULE, "type": "event:{type}", "do": "save", "rank": "7"},
        by="admin",
    ),
    Way(door="/admin/dispatch/{id:int}/end", by="admin"),
    Way(
        door="saveDispatchRule",
        given={"id": "DispatchRule:{n}", "rule": {**RULE_OF_GRAPHQL, "rank": 7}},
        by="admin",
    ),
    Way(door="saveDispatchRule", given={"rule": RULE_OF_GRAPHQL}, by="admin"),
    Way(door="endDispatchRule", given={"id": "DispatchRule:{n}"}, by="admin"),
    Way(
        door="tryDispatchRule",
        given={"rule": RULE_OF_GRAPHQL, "id": "DispatchRule:{n}"},
        by="admin",
        reads=True,
    ),
    Way(door="tryDispatchRule", given={"rule": RULE_OF_GRAPHQL}, by="admin", reads=True),
    Way(
        door="/admin/dispatch/roster/{unit:int}",
        given={**SHIFT, "personId": "{officer}", "day": TOMORROW},
        by="dispatcher",
        also=HANDLER,
    ),
    Way(
        door="/admin/dispatch/roster/{unit:int}/copy",
        given={"week": TODAY},
        by="dispatcher",
        also=HANDLER,
        why="there is no week to copy",
        reads=True,
    ),
    Way(door="/admin/dispatch/roster/shift/{id:int}/remove", by="dispatcher", also=HANDLER),
    Way(
        door="saveDutyShift",
        given={**SHIFT, "unitId": "Unit:{n}", "personId": "{officer:int}", "day": TOMORROW},
        by="dispatcher",
        also=HANDLER,
    ),
    Way(
        door="saveDutyShift",
        given={
            **SHIFT,
            "unitId": "Unit:{n}",
            "personId": "{officer:int}",
            "day": TOMORROW,
            "id": "DutyShift:{n}",
        },
        by="dispatcher",
        also=HANDLER,
    ),
    Way(door="removeDutyShift", given={"id": "DutyShift:{n}"}, by="dispatcher", also=HANDLER),
)
