"""A flow that could not be walked to its end is refused at start, with a sentence that says why."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.contributions import Offer
from core.kernel import Kernel
from core.permissions import Permission
from core.settings import SettingsSource
from plugins.cases.actions import FLOWS, STANDARD, ClockKind, Flow, Mark, Move, Need, Stage
from plugins.cases.permissions import PERMISSIONS
from plugins.cases.rules import ENDED, ON_THE_SPOT, WITH_MOVE, flow_problem
from tests.factories import plugin

DECLARED = frozenset(permission.name for permission in PERMISSIONS)
REPORTED, SIGNED, CLOSED, WITHDRAWN = (
    Stage.REPORTED,
    Stage.SIGNED,
    Stage.CLOSED,
    Stage.WITHDRAWN,
)


def move(action: str, source: Stage | str, to: Stage | str | None, **more: Any) -> Move:
    known: dict[str, Any] = {"label": f"做{action}", "permission": "cases.handle", "main": True}
    return Move(action=action, sources=(source,), to=to, **{**known, **more})  # type: ignore[arg-type]


def flow(*moves: Move, name: str = "short", **more: Any) -> Flow:
    """上报 → 签收 → 结案, and whatever is wrong with it."""
    usual = (move("take", REPORTED, SIGNED), move("end", SIGNED, CLOSED))
    return Flow(name, REPORTED, moves or usual, **{"title": "短流程", **more})


def test_the_flows_of_the_house_are_fine() -> None:
    assert flow_problem(STANDARD, (), DECLARED) == ""
    assert flow_problem(ON_THE_SPOT, (STANDARD,), DECLARED) == ""
    assert flow_problem(flow(), (STANDARD, ON_THE_SPOT), DECLARED) == ""


TAKE, END = flow().moves
BROKEN: dict[str, tuple[Flow, str]] = {
    "unknown stage": (
        flow(TAKE, move("end", SIGNED, "inspected")),
        "的动作“做end”用了不存在的阶段“inspected”。",
    ),
    "unknown start": (replace(flow(), start="born"), "用了不存在的阶段“born”。"),  # type: ignore[arg-type]
    "dead end": (flow(TAKE), "到了“签收”阶段就再也走不到结束。"),
    "a circle without a way out": (
        flow(TAKE, move("back", SIGNED, REPORTED)),
        "到了“上报”阶段就再也走不到结束。",
    ),
    "nobody resumes": (
        flow(TAKE, END, move("rest", SIGNED, None, main=False, sets=(Mark.SUSPENDED,))),
        "到了“签收”阶段（已挂起）就再也走不到结束。",
    ),
    "nobody resumes, and merging takes another case": (
        flow(
            TAKE,
            END,
            move("rest", SIGNED, None, main=False, sets=(Mark.SUSPENDED,)),
            move(
                *("merge", SIGNED, Stage.MERGED),
                main=False,
                bars=(),
                clears=tuple(Mark),
                needs=(Need.MAIN_CASE, Need.REASON),
            ),
        ),
        "到了“签收”阶段（已挂起）就再也走不到结束。",
    ),
    "unreachable": (flow(TAKE, END, move("look", Stage.VERIFIED, CLOSED)), "走不到“核查”阶段。"),
    "nothing usual": (
        flow(TAKE, replace(END, main=False)),
        "的“签收”阶段没有通常的下一步（main），案件会没有人办。",
    ),
    "undeclared permission": (
        flow(TAKE, replace(END, permission="cases.finish")),
        "的动作“做end”要的权限“cases.finish”没有插件声明。",
    ),
    "undeclared permission to report": (
        flow(permission="short.open"),
        "的上报权限“short.open”没有插件声明。",
    ),
    "no label": (flow(TAKE, replace(END, label="")), "的动作“end”没有中文名（label）。"),
    "no name for an action": (
        flow(TAKE, replace(END, action="End!")),
        "的动作“End!”不能用这个名字。",
    ),
    "two ways": (
        flow(TAKE, END, move("end", SIGNED, WITHDRAWN)),
        "在“签收”阶段有两个“做end”（end）。",
    ),
    "clock": (
        flow(replace(TAKE, starts=(ClockKind.HANDLE,)), END),
        "到“结案”结束时，处置时限还在走。",
    ),
    "clock from the start": (flow(opens=(ClockKind.ACCEPT,)), "到“结案”结束时，受理时限还在走。"),
    "clock on one way only": (
        flow(
            TAKE,
            replace(END, stops=(ClockKind.ACCEPT,)),
            move("drop", SIGNED, WITHDRAWN, main=False),
            opens=(ClockKind.ACCEPT,),
        ),
        "到“撤回”结束时，受理时限还在走。",
    ),
    "unknown clock": (flow(opens=("fence",)), "用了不存在的时限“fence”。"),
    "evidence without a field": (
        flow(TAKE, replace(END, needs=(Need.SCENE_PICTURE,))),
        "的动作“做end”要的“scene_picture”，它的表单给不了。",
    ),
    "more than a standard form gives": (
        flow(TAKE, END, move("sign", REPORTED, None, main=False, needs=(Need.NOTE,))),
        "的动作“做sign”要的“note”，它的表单给不了。",
    ),
    "evidence that no report brings": (
        flow(needs=(Need.AFTER_PICTURE,)),
        "上报时要的“after_picture”，上报的表单给不了。",
    ),
    "one field for two": (
        flow(TAKE, replace(END, needs=(Need.NOTE,), takes=(Need.REASON,))),
        "的动作“做end”不能同时要“note”和“reason”。",
    ),
    "more time without a time": (
        flow(TAKE, END, move("ask", SIGNED, None, main=False, sets=(Mark.ASKED,))),
        "的动作“做ask”申请延期，要填写“until”。",
    ),
    "kept apart from nobody": (
        flow(TAKE, replace(END, apart=("submit_handeling",))),
        "的动作“做end”要和“submit_handeling”分开，而没有这个动作。",
    ),
    "joins nothing": (
        flow(TAKE, replace(END, joins="long")),
        "的动作“做end”要转入的流程“long”不存在，或没有写到哪个阶段。",
    ),
    "joins where nothing goes on": (
        flow(TAKE, replace(END, to=Stage.FED_BACK, joins="short")),
        "到了“反馈”阶段就再也走不到结束。",
    ),
    "same name": (flow(name="standard"), "和已有的流程重名：“standard”。"),
    "same title": (flow(title="普通案件"), "和已有的流程中文名相同：“普通案件”。"),
    "bad name": (
        flow(name="Short-Flow"),
        "的名字“Short-Flow”只能用小写字母、数字和下划线，最多 30 个字符。",
    ),
    "no title": (flow(title=""), "没有中文名（title）。"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_each_thing_that_can_be_wrong_is_said(case: str) -> None:
    broken, sentence = BROKEN[case]
    told = flow_problem(broken, (STANDARD, ON_THE_SPOT), DECLARED)
    assert told == f"流程“{broken.title or broken.name}”{sentence}"


def test_a_plugin_with_a_broken_flow_is_left_out_and_says_why(tmp_path: Any) -> None:
    from core.discovery import discover

    bad, good = BROKEN["dead end"][0], flow(permission="short.open")
    found = [
        *(one for one in discover() if one.name in ("places", "cases")),
        plugin("bad", requires=("cases",), add_offers=[Offer(seam=FLOWS, thing=bad)]),
        plugin(
            "short",
            requires=("cases",),
            add_permissions=[Permission(name="short.open", title="上报短流程", roles=("grid",))],
            add_offers=[Offer(seam=FLOWS, thing=good)],
        ),
    ]
    kernel = Kernel.load(SettingsSource({"data_dir": tmp_path}, {}), found=found)
    assert kernel.failed == {
        "bad": "插件“bad”交给“cases.flows”的东西不能用："
        "流程“短流程”到了“签收”阶段就再也走不到结束。"
    }
    offered = kernel.house().offers[FLOWS]
    assert [one.name for one in offered] == ["standard", "on_the_spot", "archive", "short"]


def test_whatever_a_move_can_ask_for_has_a_field() -> None:
    from plugins.cases.actions.given import Given

    everything = Given(note="x", unit_id=1, file_ids=["1"])
    assert set(WITH_MOVE) == set(everything.met)


# ------------------------------------------------------------------- no dead end, by walking


def altered(base: Flow) -> st.SearchStrategy[Flow]:
    """A flow with some of its moves gone, leading elsewhere, or forgetting a clock or a mark."""

    def change(move: Move, how: str, to: Stage) -> list[Move]:
        if how == "gone":
            return []
        if how == "elsewhere" and move.to is not None:
            return [replace(move, to=to)]
        if how == "ticking":
            return [replace(move, stops=move.stops[1:])]
        return [replace(move, clears=move.clears[1:]) if how == "marked" else move]

    hows = st.sampled_from(["as it is"] * 12 + ["gone", "elsewhere", "ticking", "marked"])
    each = st.tuples(hows, st.sampled_from(list(Stage)))
    return st.lists(each, min_size=len(base.moves), max_size=len(base.moves)).map(
        lambda hows: replace(
            base,
            name="altered",
            title="改过的",
            moves=tuple(
                new
                for old, (how, to) in zip(base.moves, hows, strict=True)
                for new in change(old, how, to)
            ),
        )
    )


def walk(
    start: Flow, flows: Mapping[str, Flow], choices: Iterable[int]
) -> Iterable[tuple[Flow, Stage, frozenset[Mark], frozenset[ClockKind]]]:
    """Where a case comes if at each step somebody does what the dice say; a mark that may be set
    is set or not."""
    here, stage, marks, clocks = start, start.start, frozenset[Mark](), frozenset(start.opens)
    yield here, stage, marks, clocks
    for dice in choices:
        ways = [m for m in here.moves if stage in m.sources and m.alone and m.fits(marks)]
        if not ways:
            return
        chosen = ways[dice % len(ways)]
        sets = chosen.sets if dice % 2 else ()
        stage, marks = chosen.to or stage, frozenset((marks - {*chosen.clears}) | {*sets})
        clocks = frozenset((clocks - {*chosen.stops}) | {*chosen.starts})
        here = flows[chosen.joins] if chosen.joins else here
        yield here, stage, marks, clocks


def ends_somewhere(
    here: Flow, stage: Stage, marks: frozenset[Mark], flows: Mapping[str, Flow]
) -> bool:
    """The slow, obvious way: try everything from here."""
    todo, seen = [(here, stage, marks)], set()
    while todo:
        here, stage, marks = todo.pop()
        if stage in ENDED:
            return True
        if (here.name, stage, marks) in seen:
            continue
        seen.add((here.name, stage, marks))
        for m in here.moves:
            if stage in m.sources and m.alone and m.fits(marks):
                on = flows[m.joins] if m.joins else here
                kept = frozenset(marks - {*m.clears})
                todo += [(on, m.to or stage, kept), (on, m.to or stage, kept | {*m.sets})]
    return False


@given(
    st.one_of(altered(STANDARD), altered(ON_THE_SPOT)),
    st.lists(st.integers(0, 1000), max_size=40),
)
def test_a_flow_that_passes_has_no_dead_end_and_no_clock_that_outlives_it(
    tried: Flow, dice: list[int]
) -> None:
    assume(flow_problem(tried, (STANDARD, ON_THE_SPOT), DECLARED) == "")
    flows = {one.name: one for one in (STANDARD, ON_THE_SPOT, tried)}
    for here, stage, marks, clocks in walk(tried, flows, dice):
        assert ends_somewhere(here, stage, marks, flows)
        assert stage in ENDED or here.main(stage) is not None
        assert not (stage in ENDED and clocks)


@given(st.one_of(altered(STANDARD), altered(ON_THE_SPOT)))
def test_a_flow_in_which_a_walk_can_get_stuck_is_refused(tried: Flow) -> None:
    flows = {one.name: one for one in (STANDARD, ON_THE_SPOT, tried)}
    ran_out = any(
        not ends_somewhere(here, stage, marks, flows) or (stage in ENDED and clocks)
        for seed in range(20)
        for here, stage, marks, clocks in walk(tried, flows, [seed * 7 + n for n in range(25)])
    )
    if ran_out:
        assert flow_problem(tried, (STANDARD, ON_THE_SPOT), DECLARED) != ""


def test_the_flow_of_the_guide_passes() -> None:
    guide = (Path(__file__).parents[3] / "docs" / "flows.md").read_text("utf-8")
    example = guide.split("```python\n")[1].split("```")[0]
    scope: dict[str, Any] = {}
    exec(example, scope)
    own = {"trees.report", "trees.fell"}
    assert flow_problem(scope["FELLING"], (STANDARD, ON_THE_SPOT), DECLARED | own) == ""
    assert [offer.seam for offer in scope["add_offers"]()] == [FLOWS]
