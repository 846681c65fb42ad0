"""What is done to a case, its tasks and its documents."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from tests.doors.ways.way import LATER, NOTE, NOW, REASON, SOON, TOMORROW, Standing, Way


def case(**columns: Any) -> Standing:
    return (("cases.Case", columns),)


def task(**columns: Any) -> Standing:
    return (("cases.Task", columns),)


HELPED = task(stage="accepted", ended_at=NOW)  # nobody who was called owes anything any more
TWO = (*case(stage="dispatched"), ("+cases.Case", {"number": "20990101000001", "source_ref": None}))
ACCEPTED = case(stage="accepted", unit_id=None)
SIGNED = case(stage="signed")
FED_BACK, VERIFIED = case(stage="fed_back"), (*case(stage="verified"), *HELPED)
CLOSED = case(stage="closed", closed_at=NOW - timedelta(hours=1))
HANDLING = (
    *SIGNED,
    *HELPED,
    ("cases.Clock", {"kind": "handle", "due_at": SOON, "stopped_at": None}),
)
ASKED = (*case(stage="signed", extension_until=SOON), *HANDLING[1:])
PHASES = [
    {"name": "围护", "amount": 3, "unit": "urgent_hour"},
    {"name": "修复", "amount": 8, "unit": "urgent_hour"},
]
PHASED = (*case(stage="signed", phases=PHASES, phases_left=2), *HANDLING[1:])
RESIDENT = ("resident",)  # reports whatever one meets, wherever

#: What is done to a case: how it stands, what is given, whose work it is.
MOVES: dict[str, tuple[Standing, Mapping[str, Any], str]] = {
    "accept": (case(stage="reported", unit_id=None), NOTE, "dispatcher"),
    "reject": (case(stage="reported", unit_id=None), REASON, "dispatcher"),
    "dispatch": (ACCEPTED, {"unitId": "{n}"}, "dispatcher"),
    "sign": (case(stage="dispatched"), {}, "handler"),
    "return": (case(stage="dispatched"), REASON, "handler"),
    "finish_phase": (PHASED, {**NOTE, "fileIds": ["{file}"]}, "handler"),
    "submit_handling": (HANDLING, {**NOTE, "fileIds": ["{file}"]}, "handler"),
    "verify": (FED_BACK, NOTE, "grid"),
    "rework": (FED_BACK, REASON, "grid"),
    "close": (VERIFIED, NOTE, "dispatcher"),
    "rate": (CLOSED, {"rating": 2, **NOTE}, "grid"),
    "request_extension": (HANDLING, {"until": LATER, **REASON}, "handler"),
    "decide_extension": (ASKED, {"granted": True, **NOTE}, "dispatcher"),
    "suspend": (SIGNED, REASON, "dispatcher"),
    "resume": (case(stage="signed", suspended_at=NOW), NOTE, "dispatcher"),
    "withdraw": (ACCEPTED, REASON, "dispatcher"),
    "transfer": (case(stage="dispatched"), {"unitId": "{helper}", **REASON}, "dispatcher"),
    "supervise": (case(stage="dispatched"), NOTE, "supervisor"),
    "reopen": (CLOSED, REASON, "supervisor"),
    "merge": (TWO, {"mainCaseId": "{second}", **REASON}, "dispatcher"),
}
HANDLED = {**NOTE, "fileIds": ["{file}"]}
SPOT = case(stage="reported", flow="on_the_spot", unit_id=None)
TASKS: dict[str, tuple[Standing, Mapping[str, Any], str]] = {
    "sign": (task(stage="called"), {}, "handler"),
    "report": (task(stage="signed"), NOTE, "handler"),
    "return": (task(stage="called"), REASON, "handler"),
    "accept": (task(stage="reported"), NOTE, "dispatcher"),
    "redo": (task(stage="reported"), REASON, "dispatcher"),
    "cancel": (task(stage="called"), REASON, "dispatcher"),
}
TASK = "/admin/cases/{id:int}/tasks/{number:int}/{action}"
#: What is said otherwise in a form than in GraphQL.
IN_FORMS = {"decide_extension": {"granted": "yes"}}


def _form_of(action: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
    told = {**given, **IN_FORMS.get(action, {})}
    return {"keptIds" if key == "fileIds" else key: value for key, value in told.items()}


def _mutation_of(action: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
    kinds = {"unitId": "Unit", "mainCaseId": "Case"}
    told = {key: f"{kinds[key]}:{value}" if key in kinds else value for key, value in given.items()}
    return {**told, "until": f"{LATER}:00Z"} if "until" in told else told


def _mutation(action: str) -> str:
    if action in ("submit_handling", "finish_phase", "request_extension", "decide_extension"):
        first, *rest = action.split("_")
        return first + "".join(map(str.title, rest))
    return f"{action}Case"


#: Whose work it is as well.
ALSO = {
    "rate": ("resident",),
    "withdraw": ("resident",),
    "reopen": ("dispatcher", "grid", "resident"),
}
CASES = (
    *(
        Way(
            door="/admin/cases/{id:int}/{action}",
            words={"action": action},
            stands=stands,
            given=_form_of(action, given),
            by=by,
            also=ALSO.get(action, ()),
        )
        for action, (stands, given, by) in MOVES.items()
    ),
    *(
        Way(
            door=_mutation(action),
            stands=stands,
            given={"caseId": "Case:{n}", **_mutation_of(action, given)},
            by=by,
            also=ALSO.get(action, ()),
        )
        for action, (stands, given, by) in MOVES.items()
    ),
    *(
        Way(door=TASK, words={"action": action}, stands=stands, given=given, by=by)
        for action, (stands, given, by) in TASKS.items()
    ),
    *(
        Way(door=f"{action}Task", stands=stands, given={"taskId": "CaseTask:{n}", **given}, by=by)
        for action, (stands, given, by) in TASKS.items()
    ),
    Way(
        door="/admin/cases/{id:int}/{action}",
        words={"action": "handle_on_spot"},
        stands=SPOT,
        given={**NOTE, "keptIds": ["{file}"]},
        by="grid",
    ),
    Way(
        door="moveCase",
        stands=SPOT,
        given={"caseId": "Case:{n}", "action": "refer", "note": "理由"},
        by="grid",
    ),
    Way(
        door="/admin/cases/new",
        given={"title": "题", "typeCode": "{type}", "areaId": "{n}", "flow": "standard"},
        by="grid",
        also=("dispatcher", "resident"),
        anywhere=RESIDENT,
    ),
    Way(
        door="/admin/cases/new",
        given={"title": "题", "typeCode": "{type}", "longitude": "{east}", "latitude": "30.311"},
        why="a form asks for the community; only a program tells a point alone",
    ),
    Way(
        door="openCase",
        given={"title": "题", "typeCode": "{type}", "areaId": "Place:{n}"},
        by="grid",
        also=("dispatcher", "resident"),
        anywhere=RESIDENT,
    ),
    Way(
        door="openCase",
        given={
            "title": "题",
            "typeCode": "{type}",
            "longitude": "{east:float}",
            "latitude": 30.311,
        },
        by="grid",
        also=("dispatcher", "resident"),
        anywhere=RESIDENT,
    ),
    Way(
        door="/admin/cases/{id:int}/whistle",
        given={"unit0": "{helper}", "wanted": "帮忙"},
        by="dispatcher",
        also=("supervisor", "grid"),
    ),
    Way(
        door="blowWhistle",
        given={"caseId": "Case:{n}", "calls": [{"unitId": "Unit:{helper}"}], "wanted": "帮忙"},
        by="dispatcher",
        also=("supervisor", "grid"),
    ),
    Way(
        door="/admin/cases/{id:int}/documents",
        file="document",
        by="handler",
        also=("supervisor", "dispatcher", "grid"),
    ),
    Way(
        door="/admin/cases/{id:int}/documents/remove",
        given={"file": "{document}"},
        by="dispatcher",
        also=("supervisor", "grid", "handler"),
    ),
    Way(
        door="/admin/cases/{id:int}/{action}",
        words={"action": "return"},
        stands=case(stage="dispatched"),
        given={**REASON, "proposedUnitId": "{n}"},
        by="handler",
    ),
    Way(
        door="returnCase",
        stands=case(stage="dispatched"),
        given={"caseId": "Case:{n}", **REASON, "proposedUnitId": "Unit:{n}"},
        by="handler",
    ),
    Way(
        door="superviseCase",
        stands=case(stage="dispatched"),
        given={"caseId": "Case:{n}", **NOTE, "proposedUnitId": "Unit:{n}"},
        by="supervisor",
    ),
    Way(
        door="moveCase",
        stands=SPOT,
        given={"caseId": "Case:{n}", "action": "handle_on_spot", **HANDLED},
        by="grid",
    ),
    Way(
        door="reportTask",
        stands=task(stage="signed"),
        given={"taskId": "CaseTask:{n}", **HANDLED},
        by="handler",
    ),
    Way(
        door="openCase",
        given={
            "title": "题",
            "typeCode": "{type}",
            "areaId": "Place:{n}",
            "fileIds": ["{file}"],
        },
        by="grid",
        also=("dispatcher", "resident"),
        anywhere=RESIDENT,
    ),
    Way(
        door="/admin/cases/calendar",
        given={"day": TOMORROW, "counts": "work", "note": "调"},
        by="admin",
        whole=True,
    ),
    Way(
        door="/admin/cases/types/{id:int}",
        given={"limitAmount": "7", "limitUnit": "work_day"},
        by="admin",
        whole=True,
    ),
)
