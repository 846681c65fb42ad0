"""Who opens the interface to others, and who may read how a reporter can be reached."""

from liuhe import Audited, Grant, Permission, PersonalField, PersonalKind, Scope

MANAGE = "open311.manage"
CONTACT = "open311.contact"

PERMISSIONS = (
    Permission(name=MANAGE, title="管理开放接口（Open311）", roles=("admin",)),
    Permission(
        name=CONTACT, title="查看经开放接口上报的人的联系方式", roles=("dispatcher", "grid")
    ),
)

KEY_MADE = "open311.key_made"
KEY_ENDED = "open311.key_ended"
SERVICE_CHANGED = "open311.service"
AUDITED = (
    Audited(
        name=KEY_MADE,
        title="发放开放接口的密钥",
        kinds={"open311.Key": "密钥"},
        words={
            "scopes": "可以做什么",
            "report": "上报",
            "update": "补充",
            "days": "有效天数",
            "most": "每小时最多",
        },
    ),
    Audited(name=KEY_ENDED, title="停用开放接口的密钥", kinds={"open311.Key": "密钥"}),
    Audited(
        name=SERVICE_CHANGED,
        title="改动开放接口提供的事项",
        kinds={"open311.Service": "事项"},
        words={"type": "案件类型", "offered": "提供"},
    ),
)

CASE_SCOPE = Scope(area="area__path", unit="unit_id")

#: Besides what residents may: to find an address that was written.
LOOK = Grant(role="open311-door", title="开放接口", names=frozenset({"places.see"}), reach="own")

REACHED_BY = PersonalKind(
    name="open311.contact",
    title="经开放接口上报的人的联系方式",
    fields=(
        PersonalField(name="name", title="姓名"),
        PersonalField(name="phone", title="电话", search="phone"),
        PersonalField(name="email", title="电子邮箱", search="text"),
    ),
    permission=CONTACT,
)
