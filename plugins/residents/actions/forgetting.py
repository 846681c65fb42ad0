"""到期: how long codes, questions and telephone numbers are kept; the house deletes by it."""

from datetime import datetime, timedelta

from tortoise.expressions import Q, Subquery

from liuhe import Retention
from plugins.residents.actions.bounds import settings
from plugins.residents.models import Question, Report, Tally
from plugins.residents.permissions import REACHED_BY

CLOSED = ("closed", "rated")
EARLY_ENDS = ("rejected", "withdrawn", "merged")
ENDS = "结案（不予受理、撤回、并案的，自上报起）"


def ended_before(moment: datetime) -> Q:
    """Reports whose case ended by then; one that ended early counts from when it was reported."""
    closed = Q(case__stage__in=CLOSED, case__closed_at__lt=moment)
    return closed | Q(case__stage__in=EARLY_ENDS, case__opened_at__lt=moment)


def contact_over(report: Report, now: datetime) -> bool:
    """Whether the number of a report (with its case) is past its term."""
    case, before = report.case, now - timedelta(days=settings().contact_days)
    if case.stage.value in CLOSED:
        return case.closed_at is not None and case.closed_at < before
    return case.stage.value in EARLY_ENDS and case.opened_at < before


def _numbers_due(cutoff: datetime) -> Q:
    left = Report.filter(ended_before(cutoff), contact_id__isnull=False)
    return Q(id__in=Subquery(left.values("contact_id")))


RETENTIONS = (
    Retention(
        of=REACHED_BY.name,
        title="居民留下的联系电话",
        basis="本人同意：只用来就这件事联系",
        starts=ENDS,
        days=lambda: settings().contact_days,
        action="destroy",
        due=_numbers_due,
    ),
    Retention(
        of=Report,
        title="查询码的指纹、渠道和代录人",
        basis="上报人凭它看进展、评价和要求重办",
        starts=ENDS,
        days=lambda: max(settings().code_days, settings().contact_days),
        action="delete",
        due=ended_before,
    ),
    Retention(
        of=Question,
        title="对上报居民的追问和答复",
        basis="是案卷的一部分，与案件里的说明一起删除",
        starts="案件里的说明到期删除",
        days=0,
        action="delete",
        due=lambda _: Q(case__forgotten_at__isnull=False),
    ),
    Retention(
        of=Tally,
        title="限制上报次数的计数",
        basis="防止恶意刷屏和猜测查询码；只有网络地址的加密指纹",
        starts="计数",
        days=2,
        action="delete",
        job="residents.forget_tallies",
    ),
)
