"""The flow of a task by itself, against a small reference that was written by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.cases.permissions import PERMISSIONS
from plugins.cases.rules import (
    CALL,
    OPEN_TASKS,
    TASK_ACTIONS,
    TASK_CLOCK_LABELS,
    TASK_LABELS,
    TASK_MOVES,
    TASK_STATES,
    Need,
    TaskClockKind,
    TaskStage,
    replay_task,
    task_label,
    task_move,
    task_ways,
)

#: What leads where, in plain words; "back" is where the task was returned.
REFERENCE = {
    ("called", "sign"): "signed",
    ("called", "return"): "returned",
    ("called", "cancel"): "cancelled",
    ("signed", "report"): "reported",
    ("signed", "return"): "returned",
    ("signed", "cancel"): "cancelled",
    ("reported", "accept"): "accepted",
    ("reported", "redo"): "signed",
    ("reported", "cancel"): "cancelled",
    ("returned", "redo"): "back",
    ("returned", "cancel"): "cancelled",
}


def reference(tried: list[str]) -> tuple[str, list[str]]:
    """Try actions in turn; those that are not allowed change nothing."""
    stage, back, done = "called", "", [CALL]
    for action in tried:
        to = REFERENCE.get((stage, action))
        if to is None:
            continue
        back = stage if action == "return" else back
        stage = back if to == "back" else to
        done.append(action)
    return stage, done


@given(st.lists(st.sampled_from(TASK_ACTIONS), max_size=30))
def test_whatever_is_tried_a_task_stands_where_the_reference_says(tried: list[str]) -> None:
    stage, done = reference(tried)
    assert replay_task(done) == stage
    allowed = {action for source, action in REFERENCE if source == stage}
    assert {a for a in TASK_ACTIONS if task_move(a, TaskStage(stage))} == allowed


@given(st.lists(st.sampled_from([CALL, *TASK_ACTIONS]), max_size=12))
def test_a_course_off_the_declared_moves_is_refused(tried: list[str]) -> None:
    honest = tried[:1] == [CALL] and reference(tried[1:])[1] == tried
    if honest:
        assert replay_task(tried) == reference(tried[1:])[0]
    else:
        with pytest.raises(ValueError, match="task"):
            replay_task(tried)


def test_each_open_stage_has_one_usual_way_on_and_the_ends_have_none() -> None:
    for stage in TaskStage:
        mains = [move.action for move in task_ways(stage) if move.main]
        waits = stage in OPEN_TASKS or stage == TaskStage.RETURNED
        assert len(mains) == int(waits), stage
    assert not task_ways(TaskStage.ACCEPTED)
    assert not task_ways(TaskStage.CANCELLED)


def test_whoever_judges_did_not_do_it_and_every_refusal_has_a_reason() -> None:
    judging = {move.action for move in TASK_MOVES if "report" in move.apart}
    assert judging == {"accept", "redo"}
    reasons = {move.action for move in TASK_MOVES if Need.REASON in move.needs}
    assert reasons == {"return", "redo", "cancel"}


def test_every_value_has_a_label() -> None:
    assert set(TASK_LABELS) == set(TASK_STATES) == set(TaskStage)
    assert set(TASK_CLOCK_LABELS) == set(TaskClockKind)
    assert [task_label(action) for action in (CALL, *TASK_ACTIONS)] == [
        "吹哨",
        "报到",
        "反馈",
        "退回",
        "认可",
        "再办",
        "撤销",
    ]


def test_whistles_are_blown_by_those_who_lead() -> None:
    (whistle,) = [one for one in PERMISSIONS if one.name == "cases.whistle"]
    assert set(whistle.roles) == {"dispatcher", "grid", "supervisor"}
