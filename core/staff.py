"""Accounts and posts, kept by the administrators of security.

Three duties stay apart: nobody holds two of system, security and audit, and nobody changes
anything of one's own account here. One who keeps a street gives nothing beyond that street.
"""

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from tortoise.expressions import Q, Subquery

from core import identities, second_factor
from core.areas import Area
from core.audit import record
from core.database import atomic
from core.departures import tell_left, tell_over
from core.errors import BadInput, Conflict, Forbidden, NotFound
from core.house import house
from core.people import Person, Post, Session, Unit, hash_password, not_over, today
from core.permissions import NOTHING, Viewer, demand_held

MANAGE = "people.manage"
#: 等保: nobody holds two of these.
DUTIES = {"admin": "系统管理员", "security": "安全管理员", "auditor": "审计员"}
#: How the accounts begin that the house keeps for itself: nobody signs in with them.
BUILT_IN = "@"
_USERNAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,39}")
_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A post to be given; a deputy's post names the one that it stands in for."""

    role: str = ""
    area_id: int | None = None
    unit_id: int | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    stands_in_for: int | None = None


def clash(held: Iterable[str], role: str) -> str:
    """The duty that forbids this one, or ""."""
    return next((one for one in held if role in DUTIES and one in DUTIES and one != role), "")


def covers(viewer: Viewer, path: str) -> bool:
    """Whether the viewer keeps the accounts of this area; of none ("") does who keeps the whole
    district, for such a post reaches all over it."""
    if not path:
        return viewer.holds_everywhere(MANAGE)
    return any(
        MANAGE in grant.names and grant.area_path and path.startswith(grant.area_path)
        for grant in viewer.grants
    )


def seen_by(viewer: Viewer | None) -> Q:
    """The people whom the viewer keeps: in the own areas, and those who have had no post yet. Who
    keeps the whole district keeps residents, too, whose posts have no place."""
    somewhere = Post.all()
    if demand_held(viewer, MANAGE).holds_everywhere(MANAGE):
        somewhere = somewhere.filter(Q(area_id__isnull=False) | Q(unit_id__isnull=False))
    nowhere = Q(id__not_in=Subquery(somewhere.values("person_id")))
    inside = kept_within(viewer, "posts__area__path", "posts__unit__area__path")
    return (nowhere | inside) & ~Q(username__startswith=BUILT_IN)


def kept_within(viewer: Viewer | None, *lookups: str) -> Q:
    """What lies in the areas whose accounts the viewer keeps, by any of these paths."""
    grants = demand_held(viewer, MANAGE).grants
    paths = [one.area_path for one in grants if MANAGE in one.names and one.area_path]
    parts = [Q(**{f"{name}__startswith": path}) for path in paths for name in lookups]
    return Q(*parts, join_type="OR") if parts else NOTHING


def start_password() -> str:
    parts = ("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))
    return "-".join(parts)


def sound_username(text: str) -> bool:
    return bool(_USERNAME.fullmatch(text))


async def create_person(viewer: Viewer | None, *, username: str, name: str) -> tuple[Person, str]:
    """A new account without posts; the start password is shown once and must be changed."""
    demand_held(viewer, MANAGE)
    if not sound_username(username):
        message = "账号用 2 到 40 个字母、数字、点、横线，以字母或数字开头。"
        raise BadInput(message, field="username", reason="malformed")
    password = start_password()
    return await _create(viewer, username, name, await hash_password(password)), password


@atomic
async def _create(viewer: Viewer | None, username: str, name: str, hashed: str) -> Person:
    if await Person.exists(username__iexact=username):
        raise BadInput("这个账号已经有人用了。", field="username", reason="taken")
    person = await Person.create(username=username, name=name, password=hashed, must_change=True)
    await record(viewer, "people.create", person)
    return person


@atomic
async def rename(viewer: Viewer | None, person_id: int, name: str) -> None:
    """Correct a name; what was written under the old one keeps it."""
    person = await _managed(viewer, person_id, lock=True)
    person.name = name
    await person.save(update_fields=["name"])
    await record(viewer, "people.rename", person)


async def _managed(viewer: Viewer | None, person_id: int, *, lock: bool = False) -> Person:
    """The person, if the viewer keeps all of the person's posts; never oneself."""
    keeper = demand_held(viewer, MANAGE)
    if keeper.person_id == person_id:
        raise Forbidden("不能办理自己的账号，请另一位安全管理员办理。")
    if not await _sees(keeper, person_id):
        raise NotFound("没有这个账号。")
    found = Person.filter(id=person_id)
    person = await (found.select_for_update() if lock else found).get()
    held = Post.filter(not_over(today()), person_id=person_id)
    for post in await held.select_related("area", "unit__area"):
        if not covers(keeper, _path(post.area, post.unit)):
            raise Forbidden("这个人还有您管不到的岗位，请上一级的安全管理员办理。")
    return person


async def _sees(keeper: Viewer, person_id: int) -> bool:
    """(Asked by itself: a row found by way of others cannot be locked.)"""
    return await Person.filter(seen_by(keeper), id=person_id).exists()


def _path(area: Area | None, unit: Unit | None) -> str:
    return area.path if area else unit.area.path if unit else ""


async def reset_password(viewer: Viewer | None, person_id: int) -> str:
    """A new start password for who has forgotten the own one; whatever was open ends."""
    await _managed(viewer, person_id)
    password = start_password()
    await _restart(viewer, person_id, await hash_password(password))
    return password


@atomic
async def _restart(viewer: Viewer | None, person_id: int, hashed: str) -> None:
    person = await _managed(viewer, person_id, lock=True)
    await Person.filter(id=person.id).update(password=hashed, must_change=True)
    await Session.filter(person_id=person.id).delete()
    await record(viewer, "people.reset_password", person)


@atomic
async def reset_factor(viewer: Viewer | None, person_id: int) -> None:
    """For a person whose phone and recovery codes are lost."""
    await _managed(viewer, person_id, lock=True)
    await second_factor.reset(viewer, person_id)


@atomic
async def unlink(viewer: Viewer | None, person_id: int) -> None:
    """For a person who has another account at the identity provider now."""
    await _managed(viewer, person_id, lock=True)
    await identities.unlink(viewer, person_id)
    await Session.filter(person_id=person_id).delete()


@atomic
async def set_active(viewer: Viewer | None, person_id: int, active: bool) -> None:
    """Let an account sign in, or no more; then whatever was open ends."""
    person = await _managed(viewer, person_id, lock=True)
    if person.active == active:
        return
    if not active:
        await _keep_one_security(person.id)
        await Session.filter(person_id=person.id).delete()
        await tell_left(person)
    await Person.filter(id=person.id).update(active=active)
    await record(viewer, "people.activate" if active else "people.deactivate", person)


async def _keep_one_security(leaving: int) -> None:
    lasting = Post.filter(role="security", valid_until__isnull=True, person__active=True)
    if not await lasting.filter(person_id=leaving).exists():
        return
    if not await lasting.exclude(person_id=leaving).exists():
        raise Conflict("至少要留一位长期的安全管理员。")


@atomic
async def give_post(viewer: Viewer | None, person_id: int, wanted: Wanted) -> Post:
    """A post from one day to another; a deputy's is that of the person who is away."""
    keeper = demand_held(viewer, MANAGE)
    person = await _managed(viewer, person_id, lock=True)
    post = await (_deputy if wanted.stands_in_for else _regular)(keeper, wanted, person)
    _check_days(post)
    held = await Post.filter(not_over(today()), person_id=person.id).values_list("role", flat=True)
    if other := clash([str(role) for role in held], post.role):
        raise Conflict(
            f"{person.name}已经是{DUTIES[other]}，不能再做{DUTIES[post.role]}："
            "系统、安全、审计三种职责要由不同的人担任。"
        )
    post.person_id = person.id
    await post.save()
    await record(viewer, "people.give_post", person, post, details=in_codes(post))
    return post


def in_codes(post: Post) -> dict[str, Any]:
    since, until = post.valid_from, post.valid_until
    return {
        "role": post.role,
        "area": post.area_id,
        "unit": post.unit_id,
        "from": since.isoformat() if since else None,
        "until": until.isoformat() if until else None,
        "stands_in_for": post.stands_in_for_id,
    }


async def _regular(keeper: Viewer, wanted: Wanted, _: Person) -> Post:
    role = house().roster.role(wanted.role)
    if role is None:
        raise BadInput("请选择角色。", field="role", reason="unknown")
    area = await Area.get_or_none(id=wanted.area_id) if role.reach == "area" else None
    units = Unit.filter(id=wanted.unit_id, active=True).select_related("area")
    unit = await units.first() if role.reach == "unit" else None
    if role.reach == "area" and area is None:
        raise BadInput("请选择管哪片区域。", field="area", reason="required")
    if role.reach == "unit" and unit is None:
        raise BadInput("请选择在哪个单位。", field="unit", reason="required")
    if not covers(keeper, _path(area, unit)):
        raise Forbidden("不能给出您管的区域以外的岗位。")
    return Post(
        role=role.name,
        area=area,
        unit=unit,
        valid_from=wanted.valid_from,
        valid_until=wanted.valid_until,
    )


async def _deputy(keeper: Viewer, wanted: Wanted, person: Person) -> Post:
    found = Post.filter(not_over(today()), id=wanted.stands_in_for, stands_in_for_id__isnull=True)
    away = await found.select_for_update().first()
    if away is not None:
        await away.fetch_related("area", "unit__area")
    if away is None or not covers(keeper, _path(away.area, away.unit)):
        raise BadInput("请选择替谁代班。", field="stands_in_for", reason="unknown")
    if away.person_id == person.id:
        raise BadInput("不能自己代自己的班。", field="stands_in_for", reason="same")
    if away.person_id == keeper.person_id:
        raise Forbidden("不能安排别人代自己的班，请另一位安全管理员办理。")
    if wanted.valid_until is None:
        raise BadInput("请填写代班到哪一天。", field="valid_until", reason="required")
    last = min(wanted.valid_until, away.valid_until or wanted.valid_until)
    return Post(
        role=away.role,
        area=away.area,
        unit=away.unit,
        valid_from=wanted.valid_from,
        valid_until=last,
        stands_in_for=away,
    )


def _check_days(post: Post) -> None:
    if post.valid_until is not None and post.valid_until < max(today(), post.valid_from or today()):
        raise BadInput("最后一天不能早于今天和第一天。", field="valid_until", reason="past")


@atomic
async def end_post(viewer: Viewer | None, post_id: int) -> None:
    """Over at once, with all that stand in for it; what was given stays to be read."""
    keeper = demand_held(viewer, MANAGE)
    post = await Post.get_or_none(id=post_id)
    if post is None or not await _sees(keeper, post.person_id):
        raise NotFound("没有这个岗位。")
    await _managed(viewer, post.person_id, lock=True)
    if post.role == "security" and post.valid_until is None:
        await _keep_one_security(post.person_id)
    these = Q(id=post.id) | Q(stands_in_for_id=post.id)
    over = Post.filter(these).filter(not_over(today()))
    ended = [("core.Post", number) for number in await over.values_list("id", flat=True)]
    if not ended:
        raise Conflict("这个岗位已经结束了。")
    await over.update(valid_until=today() - timedelta(days=1))
    await record(viewer, "people.end_post", ("core.Person", post.person_id), *ended)
    await tell_over(these)
