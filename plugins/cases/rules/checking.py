"""Whether a declared flow can be used: what is wrong with it, in a sentence.

The words are looked at one by one; then all that can happen is tried: every stage with every set
of marks, on into the flows that it joins.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import chain, combinations
from typing import TypeVar

from plugins.cases.rules.flow import HANDLING, STANDARD
from plugins.cases.rules.limits import CLOCK_LABELS, ClockKind
from plugins.cases.rules.moves import OPEN, WITH_MOVE, WITH_REPORT, Flow, Move, Need
from plugins.cases.rules.words import ENDED, MARK_STATES, STAGE_LABELS, Mark, Stage

NAME = re.compile(r"[a-z][a-z0-9_]{0,29}")
#: Where a case may be: the flow, the stage and the marks that it bears.
Spot = tuple[str, Stage, frozenset[Mark]]
Problem = Iterator[str]
T = TypeVar("T")


def flow_problem(
    flow: Flow, known: Collection[Flow] = (), permissions: Collection[str] | None = None
) -> str:
    """The first thing that is wrong with a flow, "" if nothing is.

    `known`: the flows that are there already. `permissions`: all that are declared, None to leave
    them unchecked.
    """
    flows = {one.name: one for one in (*known, flow)}
    found = chain(
        _named(flow, known),
        _worded(flow),
        _staged(flow),
        _permitted(flow, permissions),
        _given(flow),
        _marked(flow),
        _apart(flow, known),
        _twice(flow),
        _joined(flow, flows),
        _stuck(flow, flows),
        _ticking(flow, flows),
    )
    return next((f"流程“{flow.title or flow.name}”{problem}" for problem in found), "")


def _named(flow: Flow, known: Collection[Flow]) -> Problem:
    if not NAME.fullmatch(flow.name):
        yield f"的名字“{flow.name}”只能用小写字母、数字和下划线，最多 30 个字符。"
    if not flow.title:
        yield "没有中文名（title）。"
    if flow.name in {one.name for one in known}:
        yield f"和已有的流程重名：“{flow.name}”。"
    if flow.title in {one.title for one in known}:
        yield f"和已有的流程中文名相同：“{flow.title}”。"


def _worded(flow: Flow) -> Problem:
    for move in flow.moves:
        if not NAME.fullmatch(move.action) or move.action == OPEN:
            yield f"的动作“{move.action}”不能用这个名字。"
        if not move.label:
            yield f"的动作“{move.action}”没有中文名（label）。"


def _staged(flow: Flow) -> Problem:
    """Stages and clocks that nobody knows."""
    for stage in (flow.start, *flow.states):
        if stage not in set(Stage):
            yield f"用了不存在的阶段“{stage}”。"
    for move in flow.moves:
        for stage in (*move.sources, *([move.to] if move.to else [])):
            if stage not in set(Stage):
                yield f"的动作“{move.label}”用了不存在的阶段“{stage}”。"
    for kind in chain(flow.opens, *((*move.starts, *move.stops) for move in flow.moves)):
        if kind not in set(ClockKind):
            yield f"用了不存在的时限“{kind}”。"


def _permitted(flow: Flow, permissions: Collection[str] | None) -> Problem:
    if permissions is None:
        return
    if flow.permission not in permissions:
        yield f"的上报权限“{flow.permission}”没有插件声明。"
    for move in flow.moves:
        if move.permission not in permissions:
            yield f"的动作“{move.label}”要的权限“{move.permission}”没有插件声明。"


def _given(flow: Flow) -> Problem:
    """What is asked for where there is no field to give it."""
    for need in flow.needs:
        if need not in WITH_REPORT:
            yield f"上报时要的“{need}”，上报的表单给不了。"
    for move in flow.moves:
        for need in (*move.needs, *move.takes):
            if need not in _fields(move.action, needed=need in move.needs):
                yield f"的动作“{move.label}”要的“{need}”，它的表单给不了。"
        for one, other in ((Need.NOTE, Need.REASON), (Need.UNIT, Need.PROPOSED_UNIT)):
            if {one, other} <= {*move.needs, *move.takes}:
                yield f"的动作“{move.label}”不能同时要“{one}”和“{other}”。"


def _fields(action: str, *, needed: bool) -> Collection[Need]:
    """What the form of an action can give; that of the standard ones is their own."""
    ways = STANDARD.of(action)
    own = {need for way in ways for need in (*way.needs, *way.takes)} if ways else {*WITH_MOVE}
    return own - {Need.PROPOSED_UNIT} if needed else own


def _marked(flow: Flow) -> Problem:
    """To ask for more time takes a time, and to answer takes an answer."""
    for move in flow.moves:
        if Mark.ASKED in move.sets and Need.UNTIL not in move.needs:
            yield f"的动作“{move.label}”申请延期，要填写“{Need.UNTIL}”。"
        if Mark.ASKED in move.answers and not (
            Need.GRANTED in move.needs and Mark.ASKED in move.wants
        ):
            yield f"的动作“{move.label}”答复延期，要填写“{Need.GRANTED}”，并且有申请才能做。"


def _apart(flow: Flow, known: Collection[Flow]) -> Problem:
    """A misspelt action would keep nobody apart."""
    actions = {*HANDLING, *flow.actions, *(action for one in known for action in one.actions)}
    for move in flow.moves:
        for action in move.apart:
            if action not in actions:
                yield f"的动作“{move.label}”要和“{action}”分开，而没有这个动作。"


def _twice(flow: Flow) -> Problem:
    seen: set[tuple[str, Stage]] = set()
    for move in flow.moves:
        for stage in move.sources:
            if (move.action, stage) in seen:
                yield f"在“{STAGE_LABELS[stage]}”阶段有两个“{move.label}”（{move.action}）。"
            seen.add((move.action, stage))


def _joined(flow: Flow, flows: Mapping[str, Flow]) -> Problem:
    for move in flow.moves:
        if move.joins and (move.joins not in flows or move.to is None):
            yield f"的动作“{move.label}”要转入的流程“{move.joins}”不存在，或没有写到哪个阶段。"


def _stuck(flow: Flow, flows: Mapping[str, Flow]) -> Problem:
    """Stages that are never reached, that wait for nobody, from which there is no end."""
    paths = _paths(flow, flows)
    reached = {stage for name, stage, _ in paths if name == flow.name}
    for move in flow.moves:
        for stage in move.sources:
            if stage not in reached:
                yield f"走不到“{STAGE_LABELS[stage]}”阶段。"
    for _, stage, marks in _hopeless(_paths(flow, flows, merging=False)):
        bearing = "、".join(MARK_STATES[mark] for mark in MARK_STATES if mark in marks)
        yield f"到了“{STAGE_LABELS[stage]}”阶段{bearing and f'（{bearing}）'}就再也走不到结束。"
    for stage in sorted(reached, key=list(Stage).index):
        if stage not in ENDED and flow.main(stage) is None:
            yield f"的“{STAGE_LABELS[stage]}”阶段没有通常的下一步（main），案件会没有人办。"


def _ticking(flow: Flow, flows: Mapping[str, Flow]) -> Problem:
    for kind in ClockKind:
        if stage := _ends_with(kind, flow, flows):
            yield f"到“{STAGE_LABELS[stage]}”结束时，{CLOCK_LABELS[kind]}时限还在走。"


def _paths(
    flow: Flow, flows: Mapping[str, Flow], *, merging: bool = True
) -> dict[Spot, list[Spot]]:
    """Whatever can be reached, and where it leads from there. `merging`: whether it is a way on:
    it needs another case of the same matter, and most have none."""

    def ways(spot: Spot) -> list[Spot]:
        steps = steps_from(spot, flows)
        return [to for move, to in steps if merging or Need.MAIN_CASE not in move.needs]

    return explore((flow.name, flow.start, frozenset()), ways)


def explore(start: T, ways: Callable[[T], list[T]]) -> dict[T, list[T]]:
    found: dict[T, list[T]] = {}
    todo = [start]
    while todo:
        if (here := todo.pop()) not in found:
            found[here] = ways(here)
            todo.extend(found[here])
    return found


def steps_from(spot: Spot, flows: Mapping[str, Flow]) -> Iterator[tuple[Move, Spot]]:
    """What may be done there by somebody, and where it may lead: marks may be set or not."""
    name, stage, marks = spot
    for move in flows[name].ways_on(stage):
        if move.alone and move.fits(marks):
            for more in _some_of(move.sets):
                bears = (marks - {*move.clears}) | {*more}
                yield move, (move.joins or name, move.leads_to(stage), frozenset(bears))


def _some_of(marks: tuple[Mark, ...]) -> Iterable[tuple[Mark, ...]]:
    return chain.from_iterable(combinations(marks, count) for count in range(len(marks) + 1))


def _hopeless(paths: Mapping[Spot, list[Spot]]) -> list[Spot]:
    """Where no way leads to an end; first those from which none leads anywhere."""
    good = {spot for spot in paths if spot[1] in ENDED}
    while more := {spot for spot, ways in paths.items() if spot not in good and good & {*ways}}:
        good |= more
    stages = list(Stage)
    return sorted(
        paths.keys() - good,
        key=lambda spot: (len(paths[spot]), stages.index(spot[1]), sorted(spot[2])),
    )


def _ends_with(kind: ClockKind, flow: Flow, flows: Mapping[str, Flow]) -> Stage | None:
    """A stage in which a case ends while the clock still runs."""

    def ways(here: tuple[Spot, bool]) -> list[tuple[Spot, bool]]:
        spot, runs = here
        return [
            (to, (runs and kind not in move.stops) or kind in move.starts)
            for move, to in steps_from(spot, flows)
        ]

    start: Spot = (flow.name, flow.start, frozenset())
    ends = {spot[1] for spot, runs in explore((start, kind in flow.opens), ways) if runs}
    return next((stage for stage in Stage if stage in ends and stage in ENDED), None)
