"""The machine by itself: whatever is tried, a case only goes along declared moves."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.cases.permissions import PERMISSIONS
from plugins.cases.rules import (
    CLOCK_LABELS,
    EVIDENCE_LABELS,
    OPEN,
    SOURCE_LABELS,
    STAGE_LABELS,
    STAGE_STATES,
    STANDARD,
    ClockKind,
    EvidenceKind,
    Need,
    Source,
    Stage,
    missing,
)

ENDS = (Stage.RATED, Stage.REJECTED, Stage.WITHDRAWN, Stage.MERGED)


def along(dice: list[int]) -> list[str]:
    """What is tried: mostly something that is allowed there, so that walks lead far, and every
    fourth time anything at all."""
    stage, tried = STANDARD.start, []
    for one in dice:
        ways = [move.action for move in STANDARD.ways_on(stage) if move.to not in ENDS[1:]]
        among = (STANDARD.actions, ways[:1], ways, ways)[one % 4] or STANDARD.actions
        tried.append(among[one // 4 % len(among)])
        move = STANDARD.move(tried[-1], stage)
        stage = move.leads_to(stage) if move else stage
    return tried


actions = st.lists(st.integers(0, 999), max_size=40).map(along)


def test_the_walks_lead_everywhere() -> None:
    """Else the properties below would hold of nothing."""
    dice = random.Random(1)
    walks = [walk(along([dice.randrange(1000) for _ in range(40)])) for _ in range(100)]
    assert {action for _, done in walks for action in done} == {OPEN, *STANDARD.actions}
    assert {stage for stage, _ in walks} >= set(ENDS)


def walk(tried: list[str]) -> tuple[Stage, list[str]]:
    """Try actions in turn; those that are not allowed change nothing."""
    stage, done = STANDARD.start, [OPEN]
    for action in tried:
        if move := STANDARD.move(action, stage):
            stage = move.leads_to(stage)
            done.append(action)
    return stage, done


@given(actions)
def test_any_timeline_replays_to_the_stage_it_has_reached(tried: list[str]) -> None:
    stage, done = walk(tried)
    assert STANDARD.replay(done) == stage


@given(actions)
def test_reached_stages_are_the_declared_ones_and_terminal_ones_stay(tried: list[str]) -> None:
    stage, done = walk(tried)
    assert stage in Stage
    if STANDARD.is_terminal(stage):
        assert {a for a in STANDARD.actions if STANDARD.move(a, stage)} <= {"reopen"}
    assert done.count("rework") <= done.count("submit_handling")
    assert done.count("return") <= done.count("dispatch")
    assert done.count("accept") + done.count("reject") <= 1


@given(st.lists(st.sampled_from([OPEN, *STANDARD.actions]), max_size=12))
def test_a_timeline_off_the_declared_moves_is_refused(tried: list[str]) -> None:
    stage: Stage | None = None
    honest = bool(tried)
    for action in tried:
        if stage is None:
            honest, stage = honest and action == OPEN, STANDARD.start
        elif move := STANDARD.move(action, stage):
            stage = move.leads_to(stage)
        else:
            honest = False
        if not honest:
            break
    if honest:
        assert STANDARD.replay(tried) == stage
    else:
        with pytest.raises(ValueError, match=r"standard|begins"):
            STANDARD.replay(tried)


@given(actions)
def test_clocks_end_with_the_case(tried: list[str]) -> None:
    stage, done = STANDARD.start, set(STANDARD.opens)
    for action in tried:
        if move := STANDARD.move(action, stage):
            stage, done = move.leads_to(stage), (done - set(move.stops)) | set(move.starts)
    ended = stage in (Stage.CLOSED, *ENDS)
    assert bool(done) != ended


ENDS_HANDLING = {"finish_phase", "submit_handling", "transfer", "withdraw", "merge"}


@given(actions)
def test_a_return_resets_no_clock_of_the_handling(tried: list[str]) -> None:
    """Nor does another dispatch, a suspension or a supervision: what runs, runs on."""
    stage, running = STANDARD.start, set(STANDARD.opens)
    for action in tried:
        if move := STANDARD.move(action, stage):
            stage, left = move.leads_to(stage), running - set(move.stops)
            lost = (running - left) & {ClockKind.HANDLE, ClockKind.FEEDBACK}
            assert not lost or action in ENDS_HANDLING, action
            running = left | set(move.starts)


def test_every_open_stage_has_one_usual_way_on_for_some_role() -> None:
    roles = {permission.name: permission.roles for permission in PERMISSIONS}
    for stage in Stage:
        ways = STANDARD.ways_on(stage)
        assert [move.main for move in ways].count(True) == (0 if STANDARD.is_terminal(stage) else 1)
        assert all(roles[move.permission] for move in ways)
    assert tuple(s for s in Stage if STANDARD.is_terminal(s)) == ENDS


def test_whoever_handles_neither_verifies_nor_asks_for_rework_nor_rates() -> None:
    apart = {(m.action, m.permission) for m in STANDARD.moves if "submit_handling" in m.apart}
    assert apart == {("verify", "cases.verify"), ("rework", "cases.verify"), ("rate", "cases.rate")}


def test_a_need_that_is_not_met_is_named() -> None:
    move = STANDARD.move("submit_handling", Stage.SIGNED)
    assert move is not None
    assert missing(move, [Need.NOTE]) == Need.AFTER_PICTURE
    assert missing(move, [Need.NOTE, Need.AFTER_PICTURE]) is None


def test_every_value_has_a_label() -> None:
    assert set(STAGE_LABELS) == set(STAGE_STATES) == set(Stage)
    assert set(SOURCE_LABELS) == set(Source)
    assert set(EVIDENCE_LABELS) == set(EvidenceKind)
    assert set(CLOCK_LABELS) == set(ClockKind)
