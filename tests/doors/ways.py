"""All ways to change something: each form and each mutation, filled in, and by whom it is done.

A way is tried at a matter that stands as the way wants it (`stands`), so that nothing but the
permission is in its way. In texts, `{n}` is the number of the street, `{officer}` of whoever works
there, `{type}` a code of its kinds of matters, `{helper}` a unit of the whole district, `{file}` a
picture that was uploaded just before; `Kind:{n}` in a mutation is the thing's global id.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

#: Columns of the street's row of a table; of "+table" a second row is made, `{second}`.
Standing = tuple[tuple[str, Mapping[str, Any]], ...]

NOW = datetime.now(UTC)
SOON = NOW + timedelta(days=20)
LATER = f"{NOW + timedelta(days=40):%Y-%m-%dT%H:%M}"
TODAY, TOMORROW = f"{NOW:%Y-%m-%d}", f"{NOW + timedelta(days=1):%Y-%m-%d}"


@dataclass(frozen=True, kw_only=True)
class Way:
    """`door`: the address as the routes say it, or the mutation's name. `by`: the role that does it
    at work in the street ("" where nobody can, there: what is missing says `why`); `whole`: with a
    post over the whole district. `reads`: it changes nothing but the audit. `anywhere`: roles that
    may do it in every street.
    """

    door: str
    given: Mapping[str, Any] = field(default_factory=dict)
    stands: Standing = ()
    by: str = ""
    whole: bool = False
    reads: bool = False
    anywhere: tuple[str, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    file: str = ""
    why: str = ""

    @property
    def name(self) -> str:
        """What tells one way through a door from another."""
        more = " ".join((*self.words.values(), *map(str, self.given.get("input", self.given))))
        return f"{self.door} {more}".strip()


#: The own sign-in, and what anybody may send: nothing there is about a street. The code that a
#: resident holds, and a program's key, have tests of their own.
OF_ONESELF = {
    "/auth/token",
    "/admin/login",
    "/admin/login/code",
    "/admin/login/password",
    "/admin/login/factor",
    "/admin/logout",
    "/admin/me/sessions/end-others",
    "/admin/me/password",
    "/admin/me/factor",
    "/admin/me/factor/change",
    "/admin/me/tokens/new",
}
#: What looks around in the network; nothing there knows of a street.
OF_THE_NET = {"/admin/video/find", "/admin/video/find/streams"}
OPEN = {
    "/residents/",
    "/residents/where",
    "/residents/track",
    "/residents/mine/{way}",
    "/residents/leave",
    "/open311/v2/requests.xml",
    "/open311/v2/requests.json",
    "/open311/v2/servicerequestupdates.xml",
    "/open311/v2/servicerequestupdates.json",
    "reportMatter",
}
#: The eyes are a program of the whole district, with a token of its own kind.
EYES = "only the eyes have this door's token"


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
REASON, NOTE = {"reason": "理由"}, {"note": "说明"}

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


CASES = (
    *(
        Way(
            door="/admin/cases/{id:int}/{action}",
            words={"action": action},
            stands=stands,
            given=_form_of(action, given),
            by=by,
        )
        for action, (stands, given, by) in MOVES.items()
    ),
    *(
        Way(
            door=_mutation(action),
            stands=stands,
            given={"caseId": "Case:{n}", **_mutation_of(action, given)},
            by=by,
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
        anywhere=RESIDENT,
    ),
    Way(
        door="/admin/cases/{id:int}/whistle",
        given={"unit0": "{helper}", "wanted": "帮忙"},
        by="dispatcher",
    ),
    Way(
        door="blowWhistle",
        given={"caseId": "Case:{n}", "calls": [{"unitId": "Unit:{helper}"}], "wanted": "帮忙"},
        by="dispatcher",
    ),
    Way(door="/admin/cases/{id:int}/documents", file="document", by="handler"),
    Way(
        door="/admin/cases/{id:int}/documents/remove",
        given={"file": "{document}"},
        by="dispatcher",
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

RULE = {"unitId": "{n}", "areaId": "{n}", "days": "any", "mode": "suggest", "rank": "100"}
RULE_OF_GRAPHQL = {"unitId": "Unit:{n}", "areaId": "Place:{n}", "typeCode": "{type}"}
SHIFT = {"begins": "17:30", "ends": "09:00"}
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
    Way(door="tryDispatchRule", given={"rule": RULE_OF_GRAPHQL}, by="admin", reads=True),
    Way(
        door="/admin/dispatch/roster/{unit:int}",
        given={**SHIFT, "personId": "{officer}", "day": TOMORROW},
        by="dispatcher",
    ),
    Way(
        door="/admin/dispatch/roster/{unit:int}/copy",
        given={"week": TODAY},
        by="dispatcher",
        why="there is no week to copy",
        reads=True,
    ),
    Way(door="/admin/dispatch/roster/shift/{id:int}/remove", by="dispatcher"),
    Way(
        door="saveDutyShift",
        given={**SHIFT, "unitId": "Unit:{n}", "personId": "{officer:int}", "day": TOMORROW},
        by="dispatcher",
    ),
    Way(door="removeDutyShift", given={"id": "DutyShift:{n}"}, by="dispatcher"),
)

CELL = {"month": "2021-04", "by": "unit", "key": "{n}"}
FIGURE = {"code": "cases.closed_on_time", "month": "2021-04", "by": "UNIT", "key": "{n}"}
FIGURES = (
    Way(door="/admin/figures/objections/{id:int}", given={"outcome": "refused", "answer": "答"}),
    Way(door="/admin/figures/months", given={"month": "2021-04"}),
    Way(door="/admin/figures/{code}/why", given={**CELL, "text": "异议"}),
    Way(
        door="/admin/figures/{code}/why",
        given={**CELL, "do": "erratum", "numerator": "1", "denominator": "1", "reason": "理由"},
    ),
    Way(door="fileFigureObjection", given={"figure": FIGURE, "text": "异议"}),
    Way(
        door="answerFigureObjection",
        given={"id": "FigureObjection:{n}", "upheld": False, "answer": "答"},
    ),
    Way(
        door="publishFigureErratum",
        given={"figure": FIGURE, "corrected": {"numerator": 1, "denominator": 1}, **REASON},
    ),
    Way(door="closeFigureMonth", given={"month": "2021-04"}),
)

SQUARE = "[[0.1,0.1],[0.9,0.1],[0.9,0.9]]"
CAMERA = {"name": "新名", "area": "{n}", "source": "rtsp://10.0.0.9/new", "filing_number": "1"}
FOR = {"r0-seconds": "10", "r0-grace": "5", "r0-count": "1"}
CAMERA |= {"signage": "on", "detect_every": "5"}
VIDEO = (
    Way(door="/admin/video/new", given=CAMERA, by="admin"),
    Way(door="/admin/video/{id:int}/edit", given=CAMERA, by="admin"),
    Way(
        door="/admin/video/{id:int}/activate",
        stands=(("video.Camera", {"active": False, "private_space": False}),),
        by="admin",
    ),
    Way(door="/admin/video/{id:int}/deactivate", by="admin"),
    Way(door="/admin/video/{id:int}/view", by="admin"),
    Way(
        door="/admin/video/{id:int}/zones",
        given={"name": "新区域", "polygon": SQUARE},
        by="dispatcher",
    ),
    Way(
        door="/admin/video/{id:int}/zones",
        given={"id": "{n}", "name": "新区域", "polygon": SQUARE},
        by="dispatcher",
    ),
    Way(door="/admin/video/{id:int}/zones/remove", given={"id": "{n}"}, by="dispatcher"),
    Way(door="/admin/video/workers", given={"name": "新程序"}, by="admin", whole=True),
    Way(
        door="/admin/video/{id:int}/zones/try",
        given={
            "name": "新区域",
            "polygon": SQUARE,
            "r0-kind": "dwell",
            "r0-objects": ["car"],
            **FOR,
        },
        why="what is planted is no track that could be tried",
    ),
    Way(
        door="/admin/video/devices",
        given={"name": "录像机", "code": "33010500001110000001"},
        by="admin",
        whole=True,
    ),
    Way(door="/admin/video/devices/{id:int}/password", by="admin", whole=True),
    Way(door="/admin/video/devices/{id:int}/remove", by="admin", whole=True),
    Way(door="/admin/video/new/found", given=CAMERA, why="what was found comes sealed"),
    Way(door="/video/presences", why=EYES),
    Way(door="/video/tracks", why=EYES),
    Way(door="/video/observations", given={"observation": "{}"}, why=EYES),
    Way(door="/video/health", why=EYES),
    Way(door="/video/cameras/{id}/snapshot", why=EYES),
    Way(door="/video/blur/{id}", why=EYES),
    Way(door="/video/blur/{id}/failed", why=EYES),
    Way(door="/admin/city_eye/{id:int}/confirm", given=NOTE, by="grid"),
    Way(
        door="/admin/city_eye/{id:int}/discard",
        given={"reason": "false_alarm", **NOTE},
        by="grid",
    ),
    Way(door="confirmFinding", given={"id": "Finding:{n}", **NOTE}, by="grid"),
    Way(door="discardFinding", given={"id": "Finding:{n}", "reason": "FALSE_ALARM"}, by="grid"),
    Way(door="/admin/city_eye/scenes", given={"code": "{scene}", "mode": "trial"}),
)

TELEPHONE = {"reason": "回访"}
RESIDENTS = (
    Way(door="/admin/hotline/types", given={"main": "甲", "type": "{type}"}),
    Way(door="/admin/hotline/types/open", why="no order waits that a rule fits"),
    Way(door="/admin/hotline/{id:int}/type", given={"type": "{type}"}, by="dispatcher"),
    Way(
        door="/admin/hotline/{id:int}/return",
        stands=case(stage="reported", unit_id=None),
        given={"basis": "不是本区的"},
        by="dispatcher",
    ),
    Way(door="/admin/hotline/{id:int}/caller", given=TELEPHONE, by="dispatcher", reads=True),
    Way(
        door="/admin/residents/new",
        given={"channel": "counter", "matter": "other", "text": "话", "areaId": "{n}"},
        why="the page gives its form a key that is signed",
    ),
    Way(
        door="/admin/residents/code",
        given={"channel": "counter", "code": "AAAA-AAAA-AAAA"},
        why="who has the code speaks for the resident; it has a test of its own",
    ),
    Way(
        door="/admin/residents/code/{way}",
        words={"way": "answer"},
        given={"ticket": "x", "question": "{n}", "words": "话", "channel": "counter"},
        why="the page before gives a ticket that is signed",
    ),
    Way(door="/admin/residents/ask/{case_id:int}", given={"text": "问"}, by="dispatcher"),
    Way(door="/admin/residents/contact/{case_id:int}", by="dispatcher", reads=True),
    Way(door="/admin/open311/contact/{case_id:int}", given=TELEPHONE, by="dispatcher", reads=True),
    Way(
        door="/admin/open311/keys/new",
        given={"name": "应用", "scopes": ["report"], "days": "30", "most": "60"},
        by="admin",
        whole=True,
    ),
    Way(door="/admin/open311/keys/{id:int}/end", by="admin", whole=True),
    Way(door="/admin/open311/services/{code}", given={"offered": "yes", "name": "名"}),
)

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

POST = {"role": "grid", "area": "{n}"}
PEOPLE = (
    Way(door="/admin/people/new", given={"username": "neuer", "name": "新人"}, by="security"),
    Way(door="/admin/people/{id:int}/posts", words={"id": "{officer}"}, given=POST, by="security"),
    Way(
        door="/admin/people/{id:int}/posts",
        words={"id": "{officer}"},
        given={"stands_in_for": "{post}", "valid_until": TOMORROW},
        why="the only post there is the officer's own",
    ),
    Way(
        door="/admin/people/{id:int}/posts/end",
        words={"id": "{officer}"},
        given={"post": "{n}"},
        by="security",
    ),
    *(
        Way(
            door="/admin/people/{id:int}/act",
            words={"id": "{officer}"},
            given={"what": what},
            by="security",
        )
        for what in ("off", "password")
    ),
    Way(
        door="/admin/people/{id:int}/act",
        words={"id": "{officer}"},
        given={"what": "factor"},
        why="the officer has no second factor",
    ),
    Way(
        door="/admin/people/{id:int}/name",
        words={"id": "{officer}"},
        given={"name": "新名"},
        by="security",
    ),
    Way(door="/admin/people/paused/lift", given={"key": "{n}"}, why="nobody is paused"),
    Way(door="/admin/units/new", given={"code": "neu", "name": "新", "area": "{n}"}, by="admin"),
    Way(door="/admin/units/{id:int}", given={"name": "新名"}, by="admin"),
    Way(
        door="/admin/register/holds",
        given={"kind": "cases.Case", "key": "{n}", "case_no": "1", "until": TOMORROW, **REASON},
        why="what can be held is found by its number, and that is a mark",
    ),
    Way(door="/admin/register/holds/{id:int}/lift", by="security", whole=True),
    Way(
        door="/admin/register/assessments",
        given={
            "title": "评估",
            "conclusion": "可以",
            "plugin": "video",
            "made_on": TODAY,
            "valid_until": TOMORROW,
        },
        by="security",
        whole=True,
    ),
    Way(door="/admin/me/sessions/end", given={"id": "{n}"}, why="it is somebody else's"),
)

HOUSE = (
    Way(door="/files", file="file", by="grid"),
    Way(door="/imports", given={"kind": "cases.history"}, file="file"),
    Way(door="/admin/imports/{name}", words={"name": "cases.history"}, file="file"),
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

WAYS = (*CASES, *DISPATCH, *FIGURES, *VIDEO, *RESIDENTS, *GROUND, *PEOPLE, *HOUSE)
