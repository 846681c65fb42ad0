"""What waits at home for those who keep the house: the system, its accounts, its audit."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from tortoise.expressions import Q, Subquery

from core import guesses, staff, units
from core.contributions import WaitingItem, WaitingList
from core.jobs import JobRow
from core.kernel import Kernel
from core.people import Person, Post, Unit, in_force, not_over, today
from core.permissions import Viewer
from core.proof import last_mark
from web.assessments import lacking
from web.templating import ago

SHOWN = 5
#: The audit is verified every night; after so long it was not, or was found broken.
SLEPT = timedelta(hours=36)
Look = Callable[[Viewer], Awaitable[WaitingList | None]]


def keeping(kernel: Kernel) -> Sequence[Look]:
    """In the order in which they are shown; each is None for whom it does not concern."""
    return (
        partial(_broken_plugins, kernel),
        partial(_failed_jobs, kernel),
        _empty_units,
        _paused,
        _without_post,
        partial(_unassessed, kernel),
        _unverified,
    )


async def _broken_plugins(kernel: Kernel, who: Viewer) -> WaitingList | None:
    if not (kernel.failed and who.holds_everywhere("plugins.manage")):
        return None
    href = "/admin/plugins"
    found = [WaitingItem(title=one, meta=why, href=href) for one, why in kernel.failed.items()]
    hint = "它们的页面和接口现在都没有。按原因改好，再重新启动。"
    return WaitingList(
        title="没能装载的插件", hint=hint, href=href, count=len(found), items=found[:SHOWN]
    )


async def _failed_jobs(kernel: Kernel, who: Viewer) -> WaitingList | None:
    if not who.holds_everywhere("jobs.see"):
        return None
    dead, href = JobRow.filter(state="dead"), "/admin/jobs"
    titles = {name: job.title for name, job in kernel.jobs.items()}
    items = [
        WaitingItem(title=titles.get(row.name) or row.name, meta=row.error[:80], href=href)
        for row in await dead.order_by("-id").limit(SHOWN)
    ]
    return WaitingList(
        title="没有做成的后台任务",
        hint="试了几次还不行的。看看原因，再试一次。",
        href=href,
        count=await dead.count(),
        items=items,
        empty="后台任务都做成了。",
    )


async def _empty_units(who: Viewer) -> WaitingList | None:
    """To which cases may be sent, and nobody signs for them."""
    if not who.holds("units.manage"):
        return None
    manned = Post.filter(in_force(today()), unit_id__isnull=False, person__active=True)
    empty = Q(active=True, id__not_in=Subquery(manned.values("unit_id")))
    found = Unit.filter(units.managed(who), empty)
    if not (count := await found.count()):
        return None
    rows = await found.order_by("code").limit(SHOWN).select_related("area")
    items = [
        WaitingItem(title=one.name, meta=one.area.name, href=f"/admin/units/{one.id}")
        for one in rows
    ]
    hint = "派给它们的案件没有人签收。请安全管理员安排人，或者停用这个单位。"
    return WaitingList(
        title="没有人在岗的单位",
        hint=hint,
        href="/admin/units",
        count=count,
        items=items,
        yours=False,
    )


async def _paused(who: Viewer) -> WaitingList | None:
    if not who.holds(staff.MANAGE):
        return None
    found, href = await guesses.paused(who), "/admin/people/paused"
    items = [
        WaitingItem(
            title=row.person.name if row.person else "没有这个账号",
            meta=row.address,
            href=href,
            badge=f"{ago(datetime.fromtimestamp(row.until, UTC))}可以再试",
        )
        for row in found[:SHOWN]
    ]
    return WaitingList(
        title="暂停的登录",
        hint="密码错了很多次。核实是本人，可以马上解除。",
        href=href,
        count=len(found),
        items=items,
        empty="没有人被暂停登录。",
    )


async def _without_post(who: Viewer) -> WaitingList | None:
    if not who.holds(staff.MANAGE):
        return None
    held = Post.filter(not_over(today())).values("person_id")
    found = Person.filter(staff.seen_by(who), active=True, id__not_in=Subquery(held)).distinct()
    if not (count := await found.count()):
        return None
    items = [
        WaitingItem(title=one.name, meta=one.username, href=f"/admin/people/{one.id}")
        for one in await found.order_by("username").limit(SHOWN)
    ]
    hint = "能登录，但什么也看不到。给岗位，或者停用账号。"
    return WaitingList(
        title="没有岗位的账号", hint=hint, href="/admin/people", count=count, items=items
    )


async def _unassessed(kernel: Kernel, who: Viewer) -> WaitingList | None:
    if not who.holds_everywhere("assessments.file"):
        return None
    href, found = "/admin/register/assessments", await lacking(kernel)
    if not found:
        return None
    items = [
        WaitingItem(title=kernel.plugins[one].manifest.title, meta="", href=href) for one in found
    ]
    hint = "要先做个人信息保护影响评估的插件，还没有有效的备案。"
    return WaitingList(
        title="没有备案的影响评估", hint=hint, href=href, count=len(found), items=items[:SHOWN]
    )


async def _unverified(who: Viewer) -> WaitingList | None:
    if not who.holds_everywhere("audit.see"):
        return None
    href, mark = "/admin/audit", last_mark()
    items = [] if verified() else [WaitingItem(title=stale(), meta="", href=href, tone="bad")]
    return WaitingList(
        title="审计的核对",
        hint="每天核对一次：有没有被改动、删除或插入。",
        href=href,
        count=len(items),
        items=items,
        empty=f"上次核对到第 {mark[0]} 行，完整，{ago(mark[1])}。" if mark else "",
    )


def verified() -> bool:
    """Whether the chain was found whole not long ago."""
    mark = last_mark()
    return mark is not None and datetime.now(UTC) - mark[1] < SLEPT


def stale() -> str:
    """What to do when it was not."""
    mark = last_mark()
    since = f"上次核对成功是{ago(mark[1])}（到第 {mark[0]} 行）。" if mark else "还没有核对过。"
    return f"{since}请系统管理员在服务器上运行 liuhe audit verify，看有没有被改动。"
