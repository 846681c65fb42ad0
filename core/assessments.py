"""个人信息保护影响评估 (PIA): filed before what is sensitive or shared."""

from collections.abc import Iterable
from datetime import UTC, date, datetime

from tortoise import fields

from core.audit import record
from core.database import atomic
from core.errors import BadInput, Conflict
from core.people import Person, today
from core.permissions import Viewer, demand_everywhere
from core.tables import Model
from core.values import demand_text

FILE = "assessments.file"


class Assessment(Model):
    """What was assessed for a plugin's processing, and with what result; only ever added.

    `document` is where the whole of it lies: a number, a shelf, a folder.
    """

    id = fields.BigIntField(primary_key=True)
    plugin = fields.CharField(max_length=30, db_index=True)
    title = fields.CharField(max_length=120)
    conclusion = fields.TextField()
    document = fields.CharField(max_length=200, default="")
    made_on = fields.DateField()
    valid_until = fields.DateField()
    filed_by: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "core.Person", related_name="assessments", on_delete=fields.RESTRICT, db_index=True
    )
    filed_by_id: int
    filed_at = fields.DatetimeField()

    class Meta:
        table = "core_assessment"

    @property
    def valid(self) -> bool:
        return self.made_on <= today() <= self.valid_until


@atomic
async def file_assessment(
    viewer: Viewer | None,
    *,
    plugin: str,
    title: str,
    conclusion: str,
    made_on: date | None,
    valid_until: date | None,
    document: str = "",
) -> Assessment:
    """Put an assessment on file; a later one takes the place of an earlier, which stays."""
    who = demand_everywhere(viewer, FILE)
    made_on, valid_until = _days(made_on, valid_until)
    row = await Assessment.create(
        plugin=_text(plugin, "plugin", "评估的是哪个插件", 30),
        title=_text(title, "title", "名称", 120),
        conclusion=_text(conclusion, "conclusion", "结论", 4_000),
        document=_text(document, "document", "文号或存放处", 200, needed=False),
        made_on=made_on,
        valid_until=valid_until,
        filed_by_id=who.person_id,
        filed_at=datetime.now(UTC),
    )
    await record(who, FILE, row, details={"plugin": row.plugin})
    return row


def _text(text: str, field: str, label: str, most: int, *, needed: bool = True) -> str:
    text = demand_text(text.strip(), field)
    if needed and not text:
        raise BadInput(f"请填写{label}。", field=field, reason="required")
    if len(text) > most:
        raise BadInput(f"{label}最多 {most} 个字。", field=field, reason="too_long")
    return text


def _days(made_on: date | None, valid_until: date | None) -> tuple[date, date]:
    if made_on is None or made_on > today():
        raise BadInput("请填写评估的日期，不能晚于今天。", field="made_on", reason="required")
    if valid_until is None or valid_until < today():
        raise BadInput("请填写有效到哪一天，不能早于今天。", field="valid_until", reason="required")
    if valid_until.year > made_on.year + 10:
        raise BadInput("有效期最多十年。", field="valid_until", reason="too_late")
    return made_on, valid_until


async def assessed(plugins: Iterable[str]) -> set[str]:
    """Those of the plugins with an assessment that is valid today."""
    day = today()
    valid = Assessment.filter(plugin__in=list(plugins), made_on__lte=day, valid_until__gte=day)
    return {row.plugin for row in await valid.only("plugin")}


async def demand_pia(plugin: str) -> None:
    """For a plugin, before it switches on what may only follow an assessment."""
    if plugin not in await assessed([plugin]):
        raise Conflict(
            "这项功能要先做个人信息保护影响评估："
            "请安全管理员在“处理活动登记”的“影响评估”里备案后再开启。"
        )
