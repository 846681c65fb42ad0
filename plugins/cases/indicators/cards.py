"""口径 the first set: what is counted, in words and as code."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from tortoise.queryset import QuerySet

from liuhe import Band, Described, Indicator, Scale, Things, Viewer
from plugins.cases.indicators.counting import (
    is_closed,
    of_closing,
    of_duties,
    of_registered,
    was_reworked,
)
from plugins.cases.indicators.helping import of_tasks
from plugins.cases.models import Case, CaseType
from plugins.cases.permissions import visible
from plugins.cases.rules import ClockKind, Duty, Kind, TaskClockKind


def _seen(viewer: Viewer) -> QuerySet[Case]:
    return Case.filter(visible(viewer))


async def _describe(ids: Sequence[int]) -> Mapping[int, Described]:
    rows = await Case.filter(id__in=list(ids)).values_list("id", "title", "number")
    return {
        id: Described(title=title, href=f"/admin/cases/{id}", meta=number)
        for id, title, number in rows
    }


async def _type_names(codes: Iterable[str]) -> Mapping[str, str]:
    wanted = set(codes)
    types = await CaseType.all().order_by("kind", "code")
    names = {f"{Kind(row.kind).value}:{row.code}": f"{row.code} {row.name}" for row in types}
    return {code: name for code, name in names.items() if code in wanted}


CASES = Things(
    title="案件",
    permission="cases.see",
    seen=_seen,
    describe=_describe,
    type_names=_type_names,
    node="Case",
)

#: A task is shown as its case: there stands what the unit did.
TASKS = replace(CASES, title="协办任务")

HIGH = Scale(
    name="办理率三色",
    bands=(
        Band(colour="绿", tone="ok", bound=95),
        Band(colour="黄", tone="warn", bound=80),
        Band(colour="红", tone="bad"),
    ),
)
LOW = Scale(
    name="返工延期三色",
    bands=(
        Band(colour="绿", tone="ok", bound=5),
        Band(colour="黄", tone="warn", bound=15),
        Band(colour="红", tone="bad"),
    ),
)
_OWED = (
    "提前办了的也算；到期以前退回、转走、撤回、并案的不算；"
    "挂起时没有到期的不算，恢复后按新的到期时间算"
)


def _on_time(duty: Duty) -> bool:
    return duty.on_time


def _done(duty: Duty) -> bool:
    return duty.done_at is not None


def _extended(duty: Duty) -> bool:
    return duty.extended


SIGNED = Indicator(
    code="cases.signed",
    title="签收率",
    formula="按时签收数 ÷ 应签收数",
    numerator="按时签收",
    numerator_how="签收时间不晚于到期的那一秒；晚一秒就不算",
    denominator="应签收",
    denominator_how=f"派遣或转派给单位的案件，签收时限在本月到期的；{_OWED}",
    things=CASES,
    count=of_duties(ClockKind.SIGN, _on_time),
    target=100,
    scale=HIGH,
)
HANDLED = Indicator(
    code="cases.handled",
    title="处置率",
    formula="处置数 ÷ 应处置数",
    numerator="已处置",
    numerator_how="到月底（当月看到现在）已经反馈过处置结果，不论早晚；返工的以第一次反馈为准",
    denominator="应处置",
    denominator_how=f"派给单位的案件，处置时限在本月到期的；{_OWED}；分段处置的看最后一段，前面有一段超期就看那一段",
    things=CASES,
    count=of_duties(ClockKind.HANDLE, _done),
    target=100,
    scale=HIGH,
)
HANDLED_ON_TIME = replace(
    HANDLED,
    code="cases.handled_on_time",
    title="按期处置率",
    formula="按期处置数 ÷ 应处置数",
    numerator="按期处置",
    numerator_how="反馈处置结果不晚于到期的那一秒；返工的以第一次反馈为准",
    count=of_duties(ClockKind.HANDLE, _on_time),
)
FED_BACK = Indicator(
    code="cases.fed_back",
    title="反馈率",
    formula="按时反馈数 ÷ 应反馈数",
    numerator="按时反馈",
    numerator_how="反馈结果不晚于反馈时限到期的那一秒",
    denominator="应反馈",
    denominator_how=f"派给单位的案件，反馈时限在本月到期的；{_OWED}",
    things=CASES,
    count=of_duties(ClockKind.FEEDBACK, _on_time),
    target=100,
    scale=HIGH,
)
EXTENDED = Indicator(
    code="cases.extended",
    title="延期率",
    formula="延期数 ÷ 应处置数",
    numerator="延期",
    numerator_how="办理中同意过延期的；延期以后按新的到期时间算在哪个月",
    denominator="应处置",
    denominator_how=HANDLED.denominator_how,
    things=CASES,
    count=of_duties(ClockKind.HANDLE, _extended),
    better="low",
    scale=LOW,
)
_CLOSING = (
    "结案期限在本月到期的案件：按最后一道时限的到期时间，加上后面核查、结案各 24 小时；"
    "提前结案的也算；不予受理、撤回、并案和挂起的不算"
)
REWORKED = Indicator(
    code="cases.reworked",
    title="返工率",
    formula="返工数 ÷ 应结案数",
    numerator="返工",
    numerator_how="核查或结案时要求返工过的，几次都算一件",
    denominator="应结案",
    denominator_how=_CLOSING,
    things=CASES,
    count=of_closing(was_reworked),
    better="low",
    scale=LOW,
)
CLOSED = Indicator(
    code="cases.closed",
    title="结案率",
    formula="结案数 ÷ 应结案数",
    numerator="已结案",
    numerator_how="到月底（当月看到现在）已经结案，没有再要求重新办理",
    denominator="应结案",
    denominator_how=_CLOSING,
    things=CASES,
    count=of_closing(is_closed),
    scale=HIGH,
)
_HELPING = "到期以前退回或撤销的不算；案件挂起时没有到期的不算，恢复后按新的到期时间算"
HELP_ARRIVED = Indicator(
    code="cases.help_arrived",
    title="协办报到率",
    formula="按时报到数 ÷ 应报到数",
    numerator="按时报到",
    numerator_how="报到时间不晚于到期的那一秒；吹哨人要求几点到场的，以那时为准",
    denominator="应报到",
    denominator_how=f"吹哨请来协办的单位，报到时限在本月到期的，一个单位一次算一件；{_HELPING}",
    things=TASKS,
    count=of_tasks(TaskClockKind.ARRIVE, _on_time),
    target=100,
    scale=HIGH,
)
HELP_FED_BACK = Indicator(
    code="cases.help_fed_back",
    title="协办反馈率",
    formula="按时反馈数 ÷ 应反馈数",
    numerator="按时反馈",
    numerator_how="反馈时间不晚于到期的那一秒；要求再办的，以第一次反馈为准",
    denominator="应反馈",
    denominator_how=f"吹哨请来协办的单位，反馈时限在本月到期的，一个单位一次算一件；{_HELPING}",
    things=TASKS,
    count=of_tasks(TaskClockKind.ACT, _on_time),
    target=100,
    scale=HIGH,
)
REGISTERED = Indicator(
    code="cases.registered",
    title="登记完整率",
    formula="登记完整数 ÷ 登记数",
    numerator="登记完整",
    numerator_how="写了地点（门牌或地图上的位置）和情况说明",
    denominator="登记",
    denominator_how="本月上报的案件，后来撤回、并案的也算；按单位看，算在最后派给的单位，没有派过的另列",
    things=CASES,
    count=of_registered,
    better="none",  # it stands beside rankings; those who handle do not register
)

#: Whoever registers less, or worse, must not look better for it.
_RATES = (
    *(SIGNED, HANDLED, HANDLED_ON_TIME, FED_BACK, REWORKED, EXTENDED, CLOSED),
    *(HELP_ARRIVED, HELP_FED_BACK),
)
INDICATORS = (*(replace(one, beside=REGISTERED.code) for one in _RATES), REGISTERED)
