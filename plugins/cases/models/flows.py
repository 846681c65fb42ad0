"""The flows of this house: those that plugins have hung on the seam."""

from liuhe import Known, offered
from plugins.cases.models.tables import Case
from plugins.cases.rules import STANDARD, Flow, Stage, flow_problem

FLOWS = "cases.flows"


def check_flow(flow: Flow, known: Known) -> str:
    """What is wrong with a flow that a plugin offers, in a sentence."""
    return flow_problem(flow, known.things, known.permissions)


def flows() -> tuple[Flow, ...]:
    """All of them, the standard one first."""
    return offered(FLOWS)


def flow_named(name: str) -> Flow:
    """The flow; one without any move where its plugin is off, so that its cases rest."""
    resting = Flow(name, Stage.REPORTED, (), title="已停用的流程")
    return next((flow for flow in flows() if flow.name == name), resting)


def flow_of(case: Case) -> Flow:
    """The way that a case goes."""
    return flow_named(case.flow)


def label_of(case: Case, action: str) -> str:
    """What an action of its timeline is called; it may have come from another flow."""
    for flow in (flow_of(case), STANDARD, *flows()):
        if (label := flow.label(action)) != action:
            return label
    return action


def state_of_case(case: Case) -> str:
    """How it stands, in words."""
    return flow_of(case).state_words(case.stage, case.marks)


def further_actions() -> frozenset[str]:
    """The actions that only other flows than the standard one know."""
    every = {move.action for flow in flows() for move in flow.moves}
    return frozenset(every - {*STANDARD.actions})


def kept_apart() -> frozenset[str]:
    """The actions that keep whoever did them from some other one."""
    return frozenset(action for flow in flows() for move in flow.moves for action in move.apart)
