"""Verbs on cases: the only writers. Each checks permission, writes in one transaction, announces.

A case is opened with `open_case` (also by sources such as a confirmed finding of a camera) and
goes on by the moves of `rules.flow`. Failures: `NotFound` for what the viewer may not see,
`Forbidden`, `BadInput` with the field to mend, `Conflict` with a sentence that tells what has
happened meanwhile. Another flow is written with the words that are listed here and
offered to the seam `FLOWS`.
"""

from plugins.cases.actions.advice import UNIT_ADVICE, Advice, Adviser, advice_on
from plugins.cases.actions.asides import (
    decide_extension,
    merge_case,
    reopen_case,
    request_extension,
    resume_case,
    supervise_case,
    suspend_case,
    transfer_case,
    withdraw_case,
)
from plugins.cases.actions.by_rule import RULE_ACTOR, dispatch_by_rule
from plugins.cases.actions.calendars import calendar_as_of, correct_day
from plugins.cases.actions.forgetting import RETENTIONS
from plugins.cases.actions.given import Given, street_of
from plugins.cases.actions.importing import IMPORTS, results_of
from plugins.cases.actions.importing import bring_in as bring_in_settled
from plugins.cases.actions.importing import check as check_settled
from plugins.cases.actions.leaving import release_person, release_post
from plugins.cases.actions.merged import leading_cases, merged_with
from plugins.cases.actions.moment import pretend
from plugins.cases.actions.moves import (
    accept_case,
    close_case,
    dispatch_case,
    finish_phase,
    rate_case,
    reject_case,
    return_case,
    rework_case,
    sign_case,
    submit_handling,
    verify_case,
)
from plugins.cases.actions.opening import open_case
from plugins.cases.actions.outlines import (
    Outline,
    accepted_outlines,
    outlines_of,
    waiting_outlines,
)
from plugins.cases.actions.publishing import (
    Published,
    PublishedStep,
    Wanted,
    Whole,
    event_types,
    published,
    published_steps,
    told_whole,
)
from plugins.cases.actions.reading import note_case_read, note_tasks_read
from plugins.cases.actions.steps import move_case
from plugins.cases.actions.task_warning import announce_tasks_due
from plugins.cases.actions.tasks import (
    accept_task,
    cancel_task,
    redo_task,
    report_task,
    return_task,
    sign_task,
)
from plugins.cases.actions.telling import (
    Course,
    ToldPicture,
    ToldStep,
    last_change,
    tell_course,
    type_options,
    types_in_use,
)
from plugins.cases.actions.types import Wished, set_limits
from plugins.cases.actions.warning import announce_due
from plugins.cases.actions.whistling import Call, blow_whistle
from plugins.cases.models import FLOWS
from plugins.cases.rules import (
    HANDLING,
    STANDARD,
    ClockKind,
    Flow,
    Mark,
    Move,
    Need,
    Source,
    Stage,
    asides_of,
)

__all__ = [
    "FLOWS",
    "HANDLING",
    "IMPORTS",
    "RETENTIONS",
    "RULE_ACTOR",
    "STANDARD",
    "UNIT_ADVICE",
    "Advice",
    "Adviser",
    "Call",
    "ClockKind",
    "Course",
    "Flow",
    "Given",
    "Mark",
    "Move",
    "Need",
    "Outline",
    "Published",
    "PublishedStep",
    "Source",
    "Stage",
    "ToldPicture",
    "ToldStep",
    "Wanted",
    "Whole",
    "Wished",
    "accept_case",
    "accept_task",
    "accepted_outlines",
    "advice_on",
    "announce_due",
    "announce_tasks_due",
    "asides_of",
    "blow_whistle",
    "bring_in_settled",
    "calendar_as_of",
    "cancel_task",
    "check_settled",
    "close_case",
    "correct_day",
    "decide_extension",
    "dispatch_by_rule",
    "dispatch_case",
    "event_types",
    "finish_phase",
    "last_change",
    "leading_cases",
    "merge_case",
    "merged_with",
    "move_case",
    "note_case_read",
    "note_tasks_read",
    "open_case",
    "outlines_of",
    "pretend",
    "published",
    "published_steps",
    "rate_case",
    "redo_task",
    "reject_case",
    "release_person",
    "release_post",
    "reopen_case",
    "report_task",
    "request_extension",
    "results_of",
    "resume_case",
    "return_case",
    "return_task",
    "rework_case",
    "set_limits",
    "sign_case",
    "sign_task",
    "street_of",
    "submit_handling",
    "supervise_case",
    "suspend_case",
    "tell_course",
    "told_whole",
    "transfer_case",
    "type_options",
    "types_in_use",
    "verify_case",
    "waiting_outlines",
    "withdraw_case",
]
