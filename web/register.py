"""`/admin/register`: 处理活动登记, what personal data is processed here, why and for how long."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.kernel import Kernel
from core.manifest import DataUse
from core.permissions import demand_held
from web.pages import page, viewer

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


async def register(request: Request) -> Response:
    demand_held(viewer(request), "register.see")
    kernel: Kernel = request.app.state.kernel
    groups: list[tuple[str, tuple[DataUse, ...]]] = [("六和", OWN)]
    groups += [(one.manifest.title, one.manifest.data) for one in kernel.plugins.values()]
    context = {
        "page_title": "处理活动登记",
        "groups": [group for group in groups if group[1]],
        "without": [title for title, uses in groups if not uses],
    }
    return await page(request, "register.html", context)


ROUTES = [Route("/register", register)]
