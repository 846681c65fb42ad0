"""吹哨报到 as an outside program sees it, and what it shows to whom."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from liuhe import Viewer
from liuhe.graphql import global_id
from plugins.cases import actions
from plugins.cases.actions import Call
from plugins.cases.models import Task
from tests.plugins.cases.conftest import District
from tests.plugins.cases.test_graphql import (  # noqa: F401 - asking is a fixture
    Asking,
    asking,
    case_id,
)
from tests.plugins.cases.test_tasks import another, whistled

TASK = """id number wanted stage stageLabel stateLabel arriveBy calledAt signedAt reportedAt endedAt
  dueAt overdue version callerName unit { name } case { number }
  steps { seq at actor action actionLabel fromStage toStage note
    pictures { url state stateLabel } }
  clocks { kind kindLabel startedAt dueAt stoppedAt pausedAt rule late }
  nextActions { name label needs takes main }"""
CASE = f"query ($id: ID!) {{ case(id: $id) {{ title mayWhistle tasks {{ {TASK} }} }} }}"
LIST = f"""query ($filter: CaseTaskFilter, $first: Int, $after: String) {{
  tasks(filter: $filter, first: $first, after: $after) {{
    totalCount edges {{ cursor node {{ {TASK} }} }} }} }}"""
IDS = """query ($filter: CaseTaskFilter, $first: Int, $after: String) {
  tasks(filter: $filter, first: $first, after: $after) { edges { cursor node { id } } } }"""


async def do(asking: Asking, viewer: Viewer, name: str, **given: Any) -> Any:  # noqa: F811
    kind = name[0].upper() + name[1:] + "Input"
    made = "tasks" if name == "blowWhistle" else "task"
    text = f"""mutation ($input: {kind}!) {{ {name}(input: $input) {{
        {made} {{ id stage version nextActions {{ name }} }}
        errors {{ field code message }} }} }}"""
    return (await asking.ask(viewer, text, input=given))[name]


def task_id(task: Task) -> str:
    return str(global_id("CaseTask", task.id))


async def test_a_whistle_and_its_course(place: District, asking: Asking) -> None:  # noqa: F811
    case = await place.at("signed")
    unit = global_id("Unit", place.other_unit.id)
    given: dict[str, Any] = {"caseId": case_id(case), "calls": [{"unitId": unit}]}
    refused = await do(asking, place.grid, "blowWhistle", **given)
    assert [(one["field"], one["code"]) for one in refused["errors"]] == [("wanted", "required")]
    given |= {"wanted": "清走", "idempotencyKey": "k", "version": case.version}
    answers = [await do(asking, place.grid, "blowWhistle", **given) for _ in range(2)]
    assert answers[0] == answers[1]
    (task,) = answers[0]["tasks"]
    file = await place.upload(place.other_handler)
    steps: list[tuple[Viewer, str, dict[str, Any], str]] = [
        (place.other_handler, "signTask", {"version": 1}, "SIGNED"),
        (place.other_handler, "returnTask", {"reason": "不归我们"}, "RETURNED"),
        (place.grid, "redoTask", {"reason": "归"}, "SIGNED"),
        (place.other_handler, "reportTask", {"note": "好了", "fileIds": [file]}, "REPORTED"),
        (place.grid, "acceptTask", {"note": "可以"}, "ACCEPTED"),
    ]
    for viewer, name, more, stage in steps:
        answer = await do(asking, viewer, name, taskId=task["id"], **more)
        assert (answer["errors"], answer["task"]["stage"]) == ([], stage), name
    (found,) = (await asking.ask(place.handler, CASE, id=case_id(case)))["case"]["tasks"]
    assert [step["actionLabel"] for step in found["steps"]] == [
        *("吹哨", "报到", "退回", "再办", "反馈", "认可")
    ]
    assert [clock["kindLabel"] for clock in found["clocks"]] == ["报到", "反馈", "反馈"]
    assert len(found["steps"][4]["pictures"]) == 1
    assert (found["callerName"], found["unit"]["name"]) == ("grid", "综合执法中队")
    _, second = await whistled(place)
    answer = await do(asking, place.grid, "cancelTask", taskId=task_id(second), reason="不用了")
    assert answer["task"]["stage"] == "CANCELLED"


async def test_a_body_tells_other_units_nothing(place: District, asking: Asking) -> None:  # noqa: F811
    """Every door that a called unit has is closed to a unit that was not called."""
    _, officer = await another(place)
    case, task = await whistled(place)
    text = f"""query ($case: ID!, $task: ID!, $number: String!) {{
      case(id: $case) {{ title tasks {{ {TASK} }} }}
      node(id: $task) {{ id }}
      cases {{ totalCount edges {{ node {{ title }} }} }}
      search: cases(filter: {{ search: $number }}) {{ totalCount edges {{ node {{ title }} }} }}
      tasks {{ totalCount edges {{ node {{ wanted }} }} }} }}"""
    given = {"case": case_id(case), "task": task_id(task), "number": case.number}
    nothing = {"totalCount": 0, "edges": []}
    for viewer in (officer, place.far_grid, place.far_dispatcher, place.neighbour):
        seen = await asking.ask(viewer, text, **given)
        assert seen == {
            "case": None,
            "node": None,
            "cases": nothing,
            "search": nothing,
            "tasks": nothing,
        }, viewer.name
        result = await asking.run(
            viewer,
            "mutation ($id: ID!) { signTask(input: { taskId: $id }) { task { id } } }",
            id=task_id(task),
        )
        assert [error.extensions for error in result.errors or ()] == [{"code": "NOT_FOUND"}]
    seen = await asking.ask(place.other_handler, text, **given)
    assert seen["case"]["tasks"][0]["wanted"] == "清走"
    assert [seen[door]["totalCount"] for door in ("cases", "search", "tasks")] == [1, 1, 1]


@pytest.mark.parametrize(
    ("who", "code"), [("handler", "FORBIDDEN"), ("far_dispatcher", "NOT_FOUND")]
)
async def test_a_whistle_that_is_not_ones_own_to_blow(
    place: District,
    asking: Asking,  # noqa: F811
    who: str,
    code: str,
) -> None:
    case = await place.at("signed")
    unit = global_id("Unit", place.other_unit.id)
    text = "mutation ($input: BlowWhistleInput!) { blowWhistle(input: $input) { tasks { id } } }"
    given = {"caseId": case_id(case), "calls": [{"unitId": unit}], "wanted": "清走"}
    result = await asking.run(getattr(place, who), text, input=given)
    assert [error.extensions for error in result.errors or ()] == [{"code": code}]
    answer = await asking.ask(place.handler, CASE, id=case_id(case))
    assert answer["case"]["mayWhistle"] is False


async def test_tasks_are_listed_by_pages_and_narrowed(place: District, asking: Asking) -> None:  # noqa: F811
    tasks = [(await whistled(place))[1] for _ in range(3)]
    await actions.sign_task(place.other_handler, tasks[0].id)
    await actions.cancel_task(place.grid, tasks[1].id, reason="不用了")
    unit = global_id("Unit", place.other_unit.id)
    for viewer, given, expected in (
        ("dispatcher", {}, [2, 1, 0]),
        ("other_handler", {}, [2, 0]),  # it never came to what was cancelled
        ("other_handler", {"unitId": unit, "open": True}, [2, 0]),
        ("dispatcher", {"open": False}, [1]),
        ("other_handler", {"waitingForMe": True}, [2, 0]),
        ("other_handler", {"waitingForMe": False}, []),
        ("dispatcher", {"waitingForMe": True}, []),
        ("dispatcher", {"stage": ["SIGNED", "CANCELLED"]}, [1, 0]),
        ("dispatcher", {"overdue": True}, []),
        ("dispatcher", {"overdue": False}, [2, 1, 0]),
        ("dispatcher", {"unitId": global_id("Unit", place.unit.id)}, []),
    ):
        answer = await asking.ask(getattr(place, viewer), IDS, filter=given)
        ids = [edge["node"]["id"] for edge in answer["tasks"]["edges"]]
        assert ids == [task_id(tasks[index]) for index in expected], (viewer, given)
    first = (await asking.ask(place.dispatcher, IDS, first=2))["tasks"]["edges"]
    rest = await asking.ask(place.dispatcher, IDS, first=2, after=first[-1]["cursor"])
    assert [edge["node"]["id"] for edge in rest["tasks"]["edges"]] == [task_id(tasks[0])]


async def test_lists_cost_the_same_with_one_task_and_with_three(
    place: District,
    asking: Asking,  # noqa: F811
    count_queries: Callable[[], Any],
) -> None:
    case, _ = await whistled(place)
    counts = []
    for more in (0, 2):
        for number in range(more):
            unit, _ = await another(place, f"单位{number}")
            calls = [Call(unit_id=unit.id)]
            await actions.blow_whistle(place.grid, case.id, calls=calls, wanted="来")
        with count_queries() as queries:
            answer = await asking.ask(place.other_handler, LIST, first=5)
            one = await asking.ask(place.other_handler, CASE, id=case_id(case))
        assert len(answer["tasks"]["edges"]) == len(one["case"]["tasks"]) == 1 + more
        counts.append(len(queries))
    assert counts[0] == counts[1], counts
    assert counts[0] <= 16, counts


async def test_a_called_unit_hears_of_its_task_and_of_the_case(
    place: District,
    asking: Asking,  # noqa: F811
) -> None:
    _, officer = await another(place)
    _, task = await whistled(place)
    text = "subscription { caseChanged { stage tasks { stage } } }"

    async def first(viewer: Viewer) -> Any:
        context = asking.context(viewer)
        stream = await asking.schema.subscribe(text, context_value=context)
        try:
            async with asyncio.timeout(8):
                return (await anext(stream)).data["caseChanged"]["tasks"]
        finally:
            await context.hub.close()

    heard = [asyncio.create_task(first(one)) for one in (place.other_handler, place.handler)]
    deaf = asyncio.create_task(first(officer))
    await asyncio.sleep(0.5)
    await actions.sign_task(place.other_handler, task.id)
    assert await asyncio.gather(*heard) == [[{"stage": "SIGNED"}]] * 2
    assert not deaf.done()
    deaf.cancel()
