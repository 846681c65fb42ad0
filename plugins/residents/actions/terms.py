"""期限: how long what residents leave is kept."""

from liuhe import Retention
from plugins.residents.actions.bounds import settings
from plugins.residents.models import Question, Report
from plugins.residents.permissions import REACHED_BY

RETENTIONS = (
    Retention(
        of=Report,
        title="居民上报的查询码（指纹）和追问",
        basis="与案卷同期保存；查询码本身不保存",
        starts="上报",
        days=None,
        action="keep",
        covers=(Question,),
    ),
    Retention(
        of=REACHED_BY.name,
        title="上报居民的联系电话",
        basis="本人同意；个人信息保护法第十三条、第四十七条",
        starts="办结",
        days=lambda: settings().contact_days,
        action="destroy",
        job="residents.forget_contacts",
    ),
)
