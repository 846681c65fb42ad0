"""`/admin/register`: 处理活动登记, what personal data is processed here, why and for how long."""

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.assessments import assessed
from core.contributions import PersonalKind, Retention
from core.kernel import Kernel
from core.manifest import DataUse
from core.permissions import Viewer, demand_held
from core.personal import count_by_kind
from core.retention import days_of
from core.terms import RETENTIONS
from web.pages import page, viewer

HERE = "/admin/register"
SEE = "register.see"
#: Court cases are for those who hold records, and those who look over their shoulder; of all
#: areas in one list, so for those who do it for the whole district.
SEE_HOLDS = ("holds.manage", "audit.see")
ACTIONS = {
    "delete": "删除",
    "destroy": "销毁密钥",
    "anonymise": "去掉个人信息，留下骨架",
    "keep": "长期保存",
}

#: The kernel's own.
OWN = (
    DataUse(
        purpose="登录、分配权限，记下谁办了什么",
        basis="履行法定职责；网络安全法要求的身份和日志管理",
        fields=("账号", "姓名", "岗位", "登录时间", "统一登录给的编号"),
        term="账号停用以后，与其办理的案卷同期保存",
    ),
    DataUse(
        purpose="审计：谁在什么时候看了谁的信息、改了什么规则",
        basis="个人信息保护法第五十一条、第五十四条；网络日志不少于六个月",
        fields=("账号编号", "登录地址", "时间", "所看记录的编号"),
        term="长期保存，不修改、不删除",
    ),
)


def tabs(who: Viewer, here: str) -> list[tuple[str, str, bool, int | None]]:
    """The pages of the register that the viewer may open."""
    found = [("处理活动", ""), ("销毁证明", "/certificates"), ("影响评估", "/assessments")]
    if any(who.holds_everywhere(name) for name in SEE_HOLDS):
        found.insert(2, ("保全", "/holds"))
    return [(text, HERE + path, path == here, None) for text, path in found]


async def register(request: Request) -> Response:
    who = demand_held(viewer(request), SEE)
    kernel: Kernel = request.app.state.kernel
    counts = await count_by_kind()
    done = await assessed(kernel.plugins)
    own = {"title": "六和", "uses": OWN, "pia": "", "kinds": [], "terms": _terms(RETENTIONS)}
    groups = [own]
    for name, one in kernel.plugins.items():
        groups.append(
            {
                "title": one.manifest.title,
                "uses": one.manifest.data,
                "pia": _pia(one.manifest.needs_pia, name in done),
                "kinds": [_kind(kind, counts) for kind in one.personal],
                "terms": _terms(one.retention),
            }
        )
    context = {
        "page_title": "处理活动登记",
        "tabs": tabs(who, ""),
        "groups": [group for group in groups if group["uses"]],
        "without": [group["title"] for group in groups if not group["uses"]],
    }
    return await page(request, "register/uses.html", context)


def _pia(needed: bool, done: bool) -> str:
    if not needed:
        return ""
    return "已评估" if done else "未评估"


def _kind(kind: PersonalKind, counts: dict[str, int]) -> dict[str, Any]:
    fields = "、".join(one.title for one in kind.fields)
    return {"title": kind.title, "fields": fields, "count": counts.get(kind.name, 0)}


def _terms(rules: Sequence[Retention]) -> list[dict[str, str]]:
    return [
        {
            "title": rule.title,
            "term": term(rule.starts, days_of(rule)),
            "action": ACTIONS[rule.action],
            "basis": rule.basis,
        }
        for rule in rules
    ]


def term(starts: str, days: int | None) -> str:
    """In words: from when, how long."""
    if days is None:
        return "长期"
    return f"{starts}起 {days} 天" if days else f"{starts}以后就删"


ROUTES = [Route("/register", register)]
