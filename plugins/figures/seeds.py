"""Two objections of the demo district, all invented: one is answered, one waits."""

from liuhe import NotFound, Unit, Viewer, demo_viewer
from plugins.figures import actions
from plugins.figures.actions.counting import now, zone
from plugins.figures.models import Objection
from plugins.figures.rules import later, month_of

#: Who objects, for which unit, to which figure, with which words, and what they are answered.
OBJECTIONS = (
    (
        "handler",
        "chengguan-xiaohe",
        "cases.handled_on_time",
        "有一件是和物业公司一起去办的，请核对是不是只该算在我们名下。",
        "核对了每一件：一起去的单位是协办，案件只记在主办单位名下，数不改。",
    ),
    (
        "jingban-huanwei",
        "huanwei-gongshu",
        "cases.handled",
        "有一件是街道打电话直接叫我们去的，没有经过派遣，请核对要不要补记。",
        "",
    ),
)


async def make() -> None:
    """Nothing where there are objections already, or the months have nothing to object to."""
    supervisor = await demo_viewer("supervisor")
    if supervisor is None or await Objection.exists():
        return
    await actions.keep_up()
    for username, code, *words in OBJECTIONS:
        who, unit = await demo_viewer(username), await Unit.get_or_none(code=code)
        if who is not None and unit is not None:
            await _object(who, unit, supervisor, *words)


async def _object(who: Viewer, unit: Unit, supervisor: Viewer, code: str, *words: str) -> None:
    text, answer = words
    month = later(month_of(now(), zone()), -1)
    try:
        filed = await actions.file_objection(
            who, code=code, month=month, by="unit", key=str(unit.id), text=text
        )
    except NotFound:  # the unit had nothing to do in that month
        return
    if answer:
        await actions.answer_objection(supervisor, filed.id, upheld=False, answer=answer)
