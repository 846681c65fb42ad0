"""What a role may be shown of its own street, and what it must be shown to do its work."""

from tests.doors.visitors import Visitor

CASE = {"cases.Case.title", "cases.Case.number", "cases.Case.address"}
#: So that a door which shows nothing to anybody does not pass for one that is well kept.
GIVEN = CASE | {"cases.Case.description", "cases.Step.note", "cases.Evidence.caption"}
MUST_ANSWER = {
    "admin": GIVEN | {"video.Camera.name", "dispatch.Rule.text"},
    "supervisor": GIVEN | {"video.Camera.name", "cases.Task.wanted", "the resident.name"},
    "dispatcher": GIVEN | {"video.Camera.name", "cases.Task.wanted", "the resident.name"},
    "grid": GIVEN | {"video.Camera.name", "cases.Task.wanted"},
    "handler": GIVEN | {"cases.Task.wanted"},
    "resident": GIVEN,
}
WHOLE_CASE = CASE | {"cases.Case.description", "cases.Step.note", "core.File/cases"}
ASKED = {"residents.Question.text", "residents.Question.answer"}
CAMERA = {"video.Camera.name", "core.File/video"}
OF_DISPATCH = WHOLE_CASE | ASKED | CAMERA | {"cases.Task.wanted", "dispatch.Rule.text"}
#: What the pages show a role, somewhere.
MUST_SEE = {
    "admin": WHOLE_CASE | CAMERA | {"dispatch.Rule.text"},
    "supervisor": OF_DISPATCH,
    "dispatcher": OF_DISPATCH,
    "grid": WHOLE_CASE | ASKED | CAMERA | {"cases.Task.wanted"},
    "handler": WHOLE_CASE | ASKED | {"cases.Task.wanted"},
    "resident": WHOLE_CASE,
}
#: What one door shows one role: files, tables to take away, and what few may open.
MUST_SHOW: dict[tuple[str, str], set[str]] = {
    ("dispatcher", "/exports/cases.list.csv"): CASE,
    ("dispatcher", "/exports/cases.list.xlsx"): CASE,
    ("handler", "/exports/cases.list.csv"): CASE,
    ("dispatcher", "/exports/hotline.orders.csv"): {"hotline.WorkOrder.event_desc"},
    ("dispatcher", "/admin/hotline/{n}"): {"hotline.WorkOrder.event_desc"},
    ("handler", "/files/{file[cases.documents]}"): {"core.File/cases.documents"},
    ("grid", "/files/{file[video]}"): {"core.File/video"},
    ("grid", "/files/{file[signage]}"): {"core.File/signage"},
    ("supervisor", "/admin/cases/{n}/readers"): {"the officer.name"},
}
#: The open interface tells the whole world of a matter that a resident told: that it is there.
PUBLISHED = frozenset(
    {
        "cases.Case.number",
        "open311.Service.name",
        "open311.Service.description",
        "open311.Service.keywords",
    }
)
#: What whoever has a tracking code is told, as the resident is.
TOLD = {f"cases.Case.{column}" for column in ("number", "title", "description", "address")} | ASKED

#: Who may know which resident reported something.
KNOWS_RESIDENT = {"cases.reporter", "people.manage"}
#: What the camera saw belongs to a case that a camera brought: whoever sees the case sees it.
SEEN_BY_CAMERA = {"video.Camera.name", "video.Zone.name", "video.Observation.object"}
#: What no page and no question shows: marks of codes and texts, and what is kept apart.
NEVER = {"the telephone", "residents.Report.told_mark", "residents.Report.code_mark"}


def not_opened(visitor: Visitor, seen: set[str]) -> set[str]:
    """What was seen although no permission of the role opens it."""
    return {column for column in seen if not _opened(visitor, column)}


def _opened(visitor: Visitor, column: str) -> bool:
    if column in NEVER:
        return False
    if column in SEEN_BY_CAMERA and "cases" in visitor.plugins:
        return True
    if column.startswith("the resident"):
        return visitor.role == "resident" or bool(KNOWS_RESIDENT & visitor.permissions)
    if column.startswith("the officer"):
        return bool({"cases", "people", "audit"} & visitor.plugins)
    if column == "core.File/signage":  # whoever sees a camera sees the sign that tells of it
        return "video" in visitor.plugins
    if column.startswith("core.File/"):
        return column.removeprefix("core.File/") in visitor.plugins | visitor.permissions
    if column == "core.AuditRow.purpose":  # who looked at this case, and at what is told of me
        return visitor.role == "resident" or "cases.readers" in visitor.permissions
    if column == "open311.Note.text":  # what a resident said later belongs to the course, too
        return "cases" in visitor.plugins
    if column.startswith("core.Import"):  # what one has brought in oneself: planted as theirs
        return visitor.role == "resident"
    if column.startswith("core."):
        return "jobs.see" in visitor.permissions or "holds.manage" in visitor.permissions
    # What is asked of a resident belongs to the course of the case.
    return column.partition(".")[0].replace("residents", "cases") in visitor.plugins
