"""What must be declared of personal data, and the kernel's own terms of keeping."""

from collections.abc import Sequence

from core.assessments import Assessment
from core.audit import AuditRow, AuditThing
from core.contributions import PersonalKind, Retention, Tables
from core.errors import PluginError
from core.exchange.batches import ImportBatch, ImportProblem
from core.exchange.terms import KEEP as KEEP_IMPORTS
from core.facts import KEEP_DAYS, FactRow
from core.files import File
from core.guesses import Guesses
from core.holds import Hold
from core.identities import Identity
from core.jobs import KEEP_DEAD, JobRow
from core.manifest import Manifest
from core.people import Person, Post, Session
from core.personal import Personal, PersonalMark
from core.receipts import KEEP, Receipt
from core.retention import Certificate
from core.second_factor import RecoveryCode, SecondFactor
from core.tables import Model, models_in, personal_in

RETENTIONS = (
    Retention(
        of=Person,
        title="账号、岗位和第二道验证",
        basis="案卷上要看得出是谁办的；案卷保存多久，账号就保存多久",
        starts="账号停用",
        days=None,
        action="keep",
        covers=(Post, SecondFactor, RecoveryCode, Identity),
    ),
    Retention(
        of=Session,
        title="登录",
        basis="只为保持登录；登录和退出另记在审计里",
        starts="登录过期",
        days=0,
        action="delete",
        since="expires_at",
    ),
    Retention(
        of=Guesses,
        title="输错密码的次数",
        basis="防止猜密码；网络安全法第二十三条",
        starts="最后一次输错",
        days=1,
        action="delete",
        job="core.forget_guesses",
    ),
    Retention(
        of=AuditRow,
        title="审计记录",
        basis="网络安全法第二十三条：日志不少于六个月；个人信息保护法第五十一条、第五十四条",
        starts="记下",
        days=None,
        action="keep",
        covers=(AuditThing,),
    ),
    Retention(
        of=File,
        title="上传后没有用上的图片",
        basis="没有用上，就没有保存的必要；用上的，按所附记录的期限",
        starts="上传",
        days=1,
        action="delete",
        job="core.forget_files",
    ),
    Retention(
        of=Receipt,
        title="重复提交的回执",
        basis="防止同一件事办两遍",
        starts="提交",
        days=KEEP.days,
        action="delete",
        job="core.forget_receipts",
    ),
    Retention(
        of=FactRow,
        title="已投递的事实",
        basis="只带编号，补发给各插件用",
        starts="投递",
        days=KEEP_DAYS,
        action="delete",
        job="core.forget_facts",
    ),
    Retention(
        of=JobRow,
        title="后台任务",
        basis="只带编号，查找失败原因用",
        starts="办完（没有办成的，最后一次失败）",
        days=KEEP_DEAD.days,
        action="delete",
        job="core.forget_jobs",
    ),
    Retention(
        of=ImportBatch,
        title="上传的表格和检查的结果",
        basis="改好错误、核对结果用；表格的内容加密存放",
        starts="上传",
        days=KEEP_IMPORTS.days,
        action="delete",
        covers=(ImportProblem,),
        job="core.forget_imports",
    ),
    Retention(
        of=Hold,
        title="保全、影响评估、销毁证明和销毁后的空记录",
        basis="个人信息保护法第五十六条：评估报告和处理情况记录至少三年；证明到期的信息确已销毁",
        starts="记下",
        days=None,
        action="keep",
        covers=(Assessment, Certificate, Personal, PersonalMark),
    ),
)


def check_data(
    name: str, manifest: Manifest, tables: Tables | None, kinds: Sequence[PersonalKind]
) -> None:
    """Refuse a plugin that keeps personal data and does not say what for."""
    found = sorted(personal_in(tables.modules)) if tables else []
    found += [one.name for one in kinds]
    if found and not manifest.data:
        raise PluginError(
            f"插件“{name}”的 {'、'.join(found[:3])} 是个人信息，而它没有登记处理活动；"
            "请在 manifest 里写明 data=(DataUse(purpose=…, basis=…, fields=…, term=…),)。"
        )


def check_retention(
    name: str,
    tables: Tables | None,
    kinds: Sequence[PersonalKind],
    rules: Sequence[Retention],
) -> None:
    """Refuse a plugin that keeps personal data and does not say how long."""
    own: list[type[Model] | str] = list(models_in(tables.modules)) if tables else []
    own += [one.name for one in kinds]
    for rule in rules:
        if problem := _problem(rule, own):
            raise PluginError(f"插件“{name}”的保存期限“{rule.title}”{problem}。")
    told = {_called(one) for rule in rules for one in (rule.of, *rule.covers)}
    with_people = {part.partition(".")[0] for part in personal_in(tables.modules if tables else ())}
    open_ = sorted((with_people | {one.name for one in kinds}) - told)
    if open_:
        raise PluginError(
            f"插件“{name}”的 {'、'.join(open_[:3])} 存有个人信息，而它没有写明保存期限；"
            "请在 add_retention() 里为它写一条 Retention(of=…, days=…, action=…)，"
            "或写进另一条的 covers。"
        )


def _called(thing: type[Model] | str) -> str:
    return thing if isinstance(thing, str) else thing.__name__


def _problem(rule: Retention, own: Sequence[type[Model] | str]) -> str:
    if any(one not in own for one in (rule.of, *rule.covers)):
        return "管的不是它自己的表，也不是它的个人信息类别"
    if not (rule.title and rule.basis and rule.starts):
        return "没有写全：title、basis、starts 都要写"
    if len(rule.title) > 80 or len(rule.starts) > 80 or len(rule.basis) > 200:
        return "写得太长：title、starts 最多 80 字，basis 最多 200 字"
    if (rule.action == "keep") != (rule.days is None):
        return '的 days 和 action 对不上：长期保存写 days=None、action="keep"'
    if isinstance(rule.of, str) != (rule.action == "destroy"):
        return '的 action 不对：个人信息类别写 "destroy"，表写 "delete"、"anonymise" 或 "keep"'
    if rule.thing and (isinstance(rule.of, str) or rule.job or rule.days is None):
        return "不能保全：thing 只用于到期由六和处理的表"
    if rule.job or rule.action in ("keep", "destroy"):
        return ""
    if not (rule.since or rule.due):
        return "没有说从哪一列起算：请写 since 或 due"
    if (rule.action == "anonymise") != (rule.forget is not None):
        return '的 forget 不对："anonymise" 要写 forget，别的不写'
    return ""
