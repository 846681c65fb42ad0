"""期限: how long rules and rosters are kept."""

from liuhe import Retention
from plugins.dispatch.models import Assignment, Rule, Shift

RETENTIONS = (
    Retention(
        of=Rule,
        title="派遣规则的历次改动",
        basis="说明每件案件当时为什么派给那个单位；只记改动规则的人",
        starts="改动",
        days=None,
        action="keep",
        covers=(Assignment,),
    ),
    Retention(
        of=Shift,
        title="值班安排",
        basis="一年以后，谁哪天值班不再有用",
        starts="值班结束",
        days=365,
        action="delete",
        since="ends_at",
    ),
)
