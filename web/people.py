"""Pages of the administrator of security: accounts, posts, who has to wait."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from tortoise.expressions import Q

from core import duty, guesses, identities, second_factor, staff
from core.areas import LEVELS, Area
from core.errors import BadInput, LiuheError, NotFound
from core.house import house
from core.people import Person, Post, Unit, not_over, today
from core.permissions import Viewer, demand_held
from web.keyset import Window, slice_of
from web.pages import Form, form, page, see_other, viewer
from web.slots import fill_slots

HERE = "/admin/people"
MOST_OTHERS = 2_000  # posts to stand in for, of one's own areas
WHAT = {
    "pair": "这个账号在这个地址",
    "account": "这个账号在所有地址",
    "address": "这个地址上的所有账号",
}


HOLDS, COMING, OVER = "在岗", "还没开始", "已结束"


async def listed(request: Request) -> Response:
    """Accounts by name, a page at a time; searched by account or name."""
    params = request.query_params
    search = params.get("q", "").strip()[:40].replace("\0", "")
    found = Person.filter(staff.seen_by(viewer(request))).distinct()
    if search:
        found = found.filter(Q(username__icontains=search) | Q(name__icontains=search))
    after, before = params.get("after") or None, params.get("before") or None
    part = await slice_of(
        found, ["username"], Window(after=after, before=before, backward=bool(before))
    )
    context = {
        "page_title": "账号",
        "q": search,
        "rows": await _rows(part.rows),
        "prev": _url(search, before=part.start_cursor) if part.has_previous else "",
        "next": _url(search, after=part.end_cursor) if part.has_next else "",
        "paused": len(await guesses.paused(viewer(request))),
    }
    return await page(request, "people/list.html", context)


def _url(search: str, **cursor: str | None) -> str:
    return f"{HERE}?{urlencode({k: v for k, v in {'q': search, **cursor}.items() if v})}"


async def _rows(people: Sequence[Person]) -> list[dict[str, Any]]:
    posts = Post.filter(not_over(today()), person_id__in=[one.id for one in people])
    held: dict[int, list[str]] = {}
    for post in await posts.order_by("id").select_related("area", "unit"):
        held.setdefault(post.person_id, []).append(_post_words(post))
    return [{"row": one, "posts": "；".join(held.get(one.id, []))} for one in people]


def _post_words(post: Post) -> str:
    role = house().roster.role(post.role)
    place = post.area.name if post.area else post.unit.name if post.unit else ""
    title = f"{role.title if role else post.role}{'（代）' if post.stands_in_for_id else ''}"
    return f"{place} · {title}" if place else title


async def new(request: Request) -> Response:
    demand_held(viewer(request), staff.MANAGE)
    context: dict[str, Any] = {"page_title": "新的账号", "values": {}, "problem": {}}
    if request.method == "GET":
        return await page(request, "people/new.html", context)
    given = await form(request)
    try:
        person, password = await staff.create_person(
            viewer(request),
            username=given.need("username", "账号", most=40),
            name=given.need("name", "姓名", most=40),
        )
    except BadInput as error:
        context |= {"values": given.values(), "problem": {error.field: error.message}}
        return await page(request, "people/new.html", context, status=422)
    return await _start_password(request, person, password)


async def _start_password(request: Request, person: Person, password: str) -> Response:
    context = {"page_title": "起始密码", "person": person, "password": password}
    return await page(request, "people/password.html", context, status=201)


async def one(request: Request) -> Response:
    return await _one(request)


async def _one(
    request: Request, given: Form | None = None, problem: LiuheError | None = None
) -> Response:
    """A person with all posts, past ones too, and what can be done."""
    who, number = viewer(request), request.path_params["id"]
    person = await Person.filter(staff.seen_by(who), id=number).first()
    if person is None:
        raise NotFound("没有这个账号。")
    posts = await Post.filter(person_id=number).order_by("-id").select_related("area", "unit")
    others = await duty.companions(post for post in posts if _state(post) == HOLDS)
    field = getattr(problem, "field", "") or "role"
    context = {
        "page_title": person.name,
        "person": person,
        "own": who.person_id == person.id,
        "posts": [_post(one, others.get(one.id)) for one in posts],
        "alone": 0 in others.values(),
        "in_hand": await fill_slots(request, "person.in_hand", person),
        "has_factor": await second_factor.has_factor(person.id),
        "linked": await identities.is_linked(person.id),
        "values": given.values() if given else {},
        "problem": {field: problem.message} if problem else {},
        **await _choices(who, number),
    }
    return await page(
        request, "people/one.html", context, status=problem.status if problem else 200
    )


def _state(post: Post) -> str:
    if post.valid_until is not None and post.valid_until < today():
        return OVER
    return COMING if post.valid_from is not None and post.valid_from > today() else HOLDS


def _post(post: Post, others: int | None) -> dict[str, Any]:
    """`others` do the same there; unknown where it does not matter."""
    state = _state(post)
    return {
        "id": post.id,
        "words": _post_words(post),
        "since": post.valid_from,
        "until": post.valid_until,
        "state": state,
        "over": state == OVER,
        "others": others,
    }


async def _choices(who: Viewer, person_id: int) -> dict[str, Any]:
    """What the viewer may give: posts, areas and units within the own areas."""
    inside = staff.kept_within(who, "path")
    areas = await Area.filter(inside, valid_to=None, level__in=LEVELS[:4]).order_by("path")
    units = await Unit.filter(staff.kept_within(who, "area__path"), active=True).order_by("name")
    away = Post.filter(not_over(today()), staff.kept_within(who, "area__path", "unit__area__path"))
    away = away.filter(stands_in_for_id__isnull=True, person__active=True)
    away = away.exclude(person_id__in=[person_id, who.person_id])
    others = (
        await away.order_by("person__name", "id")
        .limit(MOST_OTHERS)
        .select_related("person", "area", "unit")
    )
    return {
        "roles": [
            (role.name, role.title)
            for role in house().roster.roles
            if role.reach != "own" or staff.covers(who, "")
        ],
        "areas": [(area.id, f"{'　' * LEVELS.index(area.level)}{area.name}") for area in areas],
        "units": [(unit.id, unit.name) for unit in units],
        "others": [(post.id, f"{post.person.name}：{_post_words(post)}") for post in others],
    }


async def give(request: Request) -> Response:
    """A post of its own, or as a deputy."""
    given = await form(request)
    number = request.path_params["id"]
    try:
        wanted = staff.Wanted(
            role=given.text("role", most=30),
            area_id=given.whole("area"),
            unit_id=given.whole("unit"),
            valid_from=_day(given, "valid_from"),
            valid_until=_day(given, "valid_until"),
            stands_in_for=given.whole("stands_in_for"),
        )
        await staff.give_post(viewer(request), number, wanted)
    except LiuheError as error:
        if error.status not in (409, 422):
            raise
        return await _one(request, given, error)
    return see_other(request, f"{HERE}/{number}", "岗位已加上，马上生效。")


def _day(given: Form, name: str) -> date | None:
    try:
        return date.fromisoformat(text) if (text := given.text(name, most=10)) else None
    except ValueError:
        raise BadInput("请填写日期。", field=name, reason="malformed") from None


async def end_post(request: Request) -> Response:
    given = await form(request)
    number = given.whole("post")
    if number is None:
        raise BadInput("请选择要结束的岗位。", field="post", reason="required")
    await staff.end_post(viewer(request), number)
    return see_other(request, f"{HERE}/{request.path_params['id']}", "岗位已结束。")


async def act(request: Request) -> Response:
    """Off, on, a new start password, without the second factor or the link to a provider."""
    given = await form(request)
    who, number, what = viewer(request), request.path_params["id"], given.text("what")
    if what == "password":
        password = await staff.reset_password(who, number)
        return await _start_password(request, await Person.get(id=number), password)
    if what == "factor":
        await staff.reset_factor(who, number)
    elif what == "unlink":
        await staff.unlink(who, number)
    elif what in ("on", "off"):
        await staff.set_active(who, number, what == "on")
    else:
        raise BadInput("请选择要做什么。", field="what", reason="unknown")
    return see_other(request, f"{HERE}/{number}", "已办好。")


async def rename(request: Request) -> Response:
    given = await form(request)
    number = request.path_params["id"]
    try:
        await staff.rename(viewer(request), number, given.need("name", "姓名", most=40))
    except BadInput as error:
        return await _one(request, given, error)
    return see_other(request, f"{HERE}/{number}", "姓名已更正。")


async def paused(request: Request) -> Response:
    """Pauses after wrong passwords, each of which can be ended."""
    rows = [
        {
            "key": row.key,
            "name": row.person.name if row.person else "",
            "username": row.person.username if row.person else "",
            "address": row.address,
            "what": WHAT[row.kind],
            "until": datetime.fromtimestamp(row.until, UTC),
        }
        for row in await guesses.paused(viewer(request))
    ]
    return await page(request, "people/paused.html", {"page_title": "暂停的登录", "rows": rows})


async def lift(request: Request) -> Response:
    given = await form(request)
    await guesses.lift(viewer(request), given.need("key", "哪一个暂停", most=64))
    return see_other(request, f"{HERE}/paused", "已解除，现在就可以登录。")


ROUTES = [
    Route("/people", listed),
    Route("/people/new", new, methods=["GET", "POST"]),
    Route("/people/paused", paused),
    Route("/people/paused/lift", lift, methods=["POST"]),
    Route("/people/{id:int}", one),
    Route("/people/{id:int}/posts", give, methods=["POST"]),
    Route("/people/{id:int}/posts/end", end_post, methods=["POST"]),
    Route("/people/{id:int}/act", act, methods=["POST"]),
    Route("/people/{id:int}/name", rename, methods=["POST"]),
]
