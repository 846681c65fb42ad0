"""A matter that needs several units: the community blows the whistle, each of them comes."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from liuhe import Unit, Viewer, store_blurred
from plugins.cases import actions
from plugins.cases.actions import Call
from plugins.cases.models import Case
from plugins.cases.seeds.drawing import scene
from plugins.cases.seeds.stories import (
    CHANGZHENGQIAO,
    CHENGGUAN,
    HOUR,
    HUANWEI,
    JIAOJING,
    SHIZHENG,
    Story,
)

WHISTLED = (
    Story(
        ago=3 * HOUR + 10,
        type="0504",
        title="菜场门口占道、乱停、污水一起来",
        area=CHANGZHENGQIAO,
        address="小河路菜场北门",
        upto="signed",
        unit=CHENGGUAN,
        text="早市摊位摆到车道上，货车乱停，地面污水流到盲道。一家办不了，要几家一起来。",
        draws="stall",
        aside="whistle",
        words="到菜场北门联合整治，各管各的一摊。",
    ),
)
#: Called besides the unit that has the case; what each is told, and how far it has come.
CALLED = (
    (JIAOJING, "疏导货车，清理乱停的车辆。", ("sign", "report")),
    (HUANWEI, "冲洗地面，清走垃圾。", ("sign",)),
    (SHIZHENG, "查污水井，该疏通的疏通。", ()),
)


async def whistle(
    case: Case,
    caller: Viewer,
    handler: Callable[[str], Viewer],
    at: datetime,
    wanted: str,
) -> None:
    """Call the units at `at`; one has reported, one has come, one is still awaited."""
    units = {code: await Unit.get(code=code) for code, _, _ in CALLED}
    calls = [Call(unit_id=units[code].id, wanted=text) for code, text, _ in CALLED]
    with actions.pretend(at):
        tasks = await actions.blow_whistle(caller, case.id, calls=calls, wanted=wanted)
    for task, (code, _, upto) in zip(tasks, CALLED, strict=True):
        for number, action in enumerate(upto, 1):
            with actions.pretend(min(at + timedelta(minutes=35 * number), datetime.now(UTC))):
                if action == "sign":
                    await actions.sign_task(handler(code), task.id)
                    continue
                after = await store_blurred(scene("clear", 7), keeper="cases", subject="")
                await actions.report_task(
                    handler(code),
                    task.id,
                    note="劝离货车 6 辆，贴单 2 张，北门车道已通。",
                    evidence=[after],
                )
