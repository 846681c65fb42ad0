"""`/admin/audit`: who saw and changed what, for auditors; `/admin/me/audit`: who saw mine."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from tortoise.expressions import Q, RawSQL, Subquery
from tortoise.queryset import QuerySet

from core.audit import AuditRow, AuditThing, Thing, named, record
from core.house import house
from core.kernel import Kernel
from core.people import Person
from core.permissions import demand_everywhere
from core.proof import last_mark
from web.audit_words import PEOPLE, kinds, names_in, told
from web.keeping import stale, verified
from web.keyset import Keyset, Slice, Window, slice_of, window
from web.pages import page, viewer

A_PAGE = 50
ORDER = ("-seq",)
FIELDS = ("who", "action", "kind", "key", "from", "to")


async def entries(request: Request) -> Response:
    """The newest first. Looking at the audit is itself written down, with what was looked for."""
    who = demand_everywhere(viewer(request), "audit.see")
    given = _given(request)
    about = [(given["kind"], given["key"])] if "kind" in given and "key" in given else []
    dated = "from" in given or "to" in given
    found = await _part(request, await _condition(given), await _things(given), dated=dated)
    await record(who, "audit.read", *about)
    titles = {one.name: one.title for one in house().audited.values()}
    things = kinds(request.app.state.kernel)
    if "kind" in given:
        things.setdefault(given["kind"], given["kind"])  # looked for by address
    context = {
        "page_title": "审计",
        "given": given,
        "actions": sorted(titles.items(), key=lambda item: item[1]),
        "kinds": sorted(things.items(), key=lambda item: item[1]),
        "rows": await _rows(request, found.rows),
        "mark": last_mark(),
        "stale": "" if verified() else stale(),
        **_links("/admin/audit", given, found),
    }
    return await page(request, "audit.html", context)


def _given(request: Request) -> dict[str, str]:
    params = request.query_params
    return {name: params[name].strip()[:60] for name in FIELDS if params.get(name, "").strip()}


async def _condition(given: dict[str, str]) -> Q:
    """What cannot be understood finds nothing, rather than everything."""
    parts = [Q(action=given["action"])] if "action" in given else []
    if "who" in given:
        name = given["who"]
        people = await Person.filter(Q(username=name) | Q(name=name)).values_list("id", flat=True)
        parts.append(Q(person_id__in=list(people) or [-1]))
    if "from" in given:
        parts.append(Q(at__gte=_midnight(given["from"], 0)))
    if "to" in given:
        parts.append(Q(at__lt=_midnight(given["to"], 1)))
    return Q(*parts)


async def _things(given: dict[str, str]) -> Q | None:
    """What the rows are to be about, by name, or by what people call it: a case by its number."""
    if "kind" not in given and "key" not in given:
        return None
    found = [Q(**{name: given[name] for name in ("kind", "key") if name in given})]
    for rule in house().retentions if "key" in given else ():
        if rule.find is not None and given.get("kind", rule.name) == rule.name:
            key = await rule.find(given["key"])
            found += [Q(kind=rule.name, key=str(key))] if key is not None else []
    return Q(*found, join_type="OR")


def _midnight(day: str, more: int) -> datetime:
    zone = ZoneInfo(house().settings.timezone)
    try:
        start = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=zone)
    except ValueError:
        return datetime.max.replace(tzinfo=zone) - timedelta(days=2)
    return start + timedelta(days=more)


async def _part(
    request: Request, condition: Q, about: Q | None = None, *, dated: bool = False
) -> Slice[AuditRow]:
    params = request.query_params
    after, before = params.get("after") or None, params.get("before") or None
    size = {"last": A_PAGE} if before else {"first": A_PAGE}
    part = window(after=after, before=before, **size)
    if about is not None:
        near = AuditThing.filter(about)
        if not condition.children and not condition.filters:
            near = _nearest(near, part)
        elif dated:
            # A stretch of the audit is short: each of its rows is asked what it is about.
            near = near.filter(seq=RawSQL(f'"{AuditRow._meta.db_table}"."seq"'))
        condition &= Q(seq__in=Subquery(near.values("seq")))
    return await slice_of(AuditRow.filter(condition), ORDER, part)


def _nearest(things: QuerySet[AuditThing], part: Window) -> QuerySet[AuditThing]:
    """Where nothing else is asked for: no more of them than the page can hold, however many there
    are in all the years."""
    keyset = Keyset(AuditRow, ORDER)
    if part.after is not None:
        things = things.filter(seq__lt=keyset.decode(part.after)[0])
    if part.before is not None:
        things = things.filter(seq__gt=keyset.decode(part.before, "before")[0])
    order = "seq" if part.backward else "-seq"
    return things.distinct().order_by(order).limit(part.size + 1)


def _links(path: str, given: dict[str, str], found: Slice[AuditRow]) -> dict[str, str]:
    older, newer = found.end_cursor if found.has_next else "", found.start_cursor
    return {
        "next": f"{path}?{urlencode({**given, 'after': older})}" if older else "",
        "prev": f"{path}?{urlencode({**given, 'before': newer})}" if found.has_previous else "",
    }


async def _rows(request: Request, found: Sequence[AuditRow]) -> list[dict[str, Any]]:
    things: dict[int, list[AuditThing]] = {row.seq: [] for row in found}
    ids = {row.person_id for row in found if row.person_id is not None}
    for one in await AuditThing.filter(seq__in=list(things) or [0]).order_by("id"):
        things[one.seq].append(one)
        if one.kind == PEOPLE and one.key.isdigit():
            ids.add(int(one.key))
    names = {one.id: one.name for one in await Person.filter(id__in=ids)} if ids else {}
    kernel: Kernel = request.app.state.kernel
    words = await names_in(row.details for row in found)
    called = {(PEOPLE, str(id)): name for id, name in names.items()}
    called |= await _numbers(one for of_row in things.values() for one in of_row)
    return [
        {
            **_row(row, names),
            "things": [_thing(kernel, one, called) for one in things[row.seq]],
            "details": told(house().audited.get(row.action), row.details, words),
        }
        for row in found
    ]


def _row(row: AuditRow, names: dict[int, str]) -> dict[str, Any]:
    known = house().audited.get(row.action)
    return {
        "seq": row.seq,
        "at": row.at,
        "who": names.get(row.person_id, "系统") if row.person_id else "系统",
        "action": known.title if known else row.action,
        "purpose": row.purpose,
        "remote": row.remote,
    }


async def _numbers(things: Iterable[AuditThing]) -> dict[tuple[str, str], str]:
    """What people call those things that have a name of their own: a case its number."""
    keys: dict[str, list[str]] = defaultdict(list)
    for one in things:
        keys[one.kind].append(one.key)
    found: dict[tuple[str, str], str] = {}
    for rule in house().retentions:
        if rule.called is not None and keys[rule.name]:
            named = await rule.called(sorted({*keys[rule.name]}))
            found |= {(rule.name, key): name for key, name in named.items()}
    return found


def _thing(
    kernel: Kernel, one: AuditThing, called: Mapping[tuple[str, str], str]
) -> dict[str, str]:
    """What a thing is called, and where everything about it is listed."""
    link = f"/admin/audit?{urlencode({'kind': one.kind, 'key': one.key})}"
    return {
        "title": f"{_kind(kernel, one.kind)} {called.get((one.kind, one.key), one.key)}",
        "href": link,
    }


def _kind(kernel: Kernel, kind: str) -> str:
    """案件 for "cases.Case"; where nobody has said it, the plugin's title and the model's name."""
    app, _, model = kind.partition(".")
    plugin = kernel.plugins.get(app)
    return kinds(kernel).get(kind) or f"{plugin.manifest.title if plugin else app} {model}"


async def audit_about(request: Request, thing: Thing) -> dict[str, Any]:
    """What `audit_about.html` shows: who saw and changed this thing, the newest first. That it was
    looked at is written down; whether it may be, the caller has asked."""
    ((kind, key),) = named([thing])
    found = await _part(request, Q(), Q(kind=kind, key=key))
    await record(viewer(request), "audit.read", thing)
    return {"rows": await _rows(request, found.rows), **_links(request.url.path, {}, found)}


async def mine(request: Request) -> Response:
    """Who was shown what concerns me: everybody may know it of oneself."""
    me = viewer(request)
    others = Q(person_id__not=me.person_id) | Q(person_id__isnull=True)
    found = await _part(request, others, Q(kind="core.Person", key=str(me.person_id)))
    context = {
        "page_title": "谁看过我的信息",
        "rows": await _rows(request, found.rows),
        **_links("/admin/me/audit", {}, found),
    }
    return await page(request, "my_audit.html", context)


ROUTES = [Route("/audit", entries), Route("/me/audit", mine)]
