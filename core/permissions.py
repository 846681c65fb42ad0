"""Who may do what where: `may` for one thing in hand, `within` as a filter for lists.

A person's posts give grants; a grant is a set of permission names over an area, a unit, or what
is one's own. Both functions read the same grants, and a property test holds them together. What
no grant names is denied. A permission that only lets one read is named `<plugin>.see`.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from tortoise.expressions import Q

from core.errors import Forbidden, NotSignedIn

Reach = Literal["area", "unit", "own"]


@dataclass(frozen=True, kw_only=True)
class Permission:
    """Something that can be allowed; `roles` have it from the start."""

    name: str
    title: str
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Role:
    """A kind of post; `reach` says what a post of this role covers."""

    name: str
    title: str
    reach: Reach


#: The common roles. Three duties are kept apart: admin (system), security, auditor.
ROLES = (
    Role(name="admin", title="系统管理员", reach="area"),
    Role(name="security", title="安全管理员", reach="area"),
    Role(name="auditor", title="审计员", reach="area"),
    Role(name="supervisor", title="督查员", reach="area"),
    Role(name="dispatcher", title="街道派单员", reach="area"),
    Role(name="grid", title="社区网格员", reach="area"),
    Role(name="handler", title="处置单位经办人", reach="unit"),
    Role(name="resident", title="居民", reach="own"),
)

PERMISSIONS = (
    Permission(name="plugins.manage", title="启用和停用插件", roles=("admin",)),
    Permission(name="jobs.see", title="查看后台任务", roles=("admin",)),
    Permission(name="backups.manage", title="查看和进行备份", roles=("admin",)),
    Permission(name="units.manage", title="管理单位", roles=("admin",)),
    Permission(name="people.manage", title="管理账号和权限", roles=("security",)),
    Permission(name="audit.see", title="查看审计记录", roles=("auditor",)),
    Permission(
        name="register.see",
        title="查看处理活动登记",
        roles=("auditor", "security", "admin"),
    ),
    Permission(
        name="imports.run",
        title="导入表格",
        roles=("admin", "dispatcher"),
    ),
    Permission(
        name="exports.make",
        title="导出表格",
        roles=("admin", "supervisor", "dispatcher", "grid", "handler"),
    ),
    Permission(name="holds.manage", title="保全和解除保全", roles=("security",)),
    Permission(name="assessments.file", title="备案个人信息保护影响评估", roles=("security",)),
    Permission(
        name="files.upload",
        title="上传图片",
        roles=("admin", "supervisor", "dispatcher", "grid", "handler", "resident"),
    ),
)


@dataclass(frozen=True, kw_only=True)
class Grant:
    """Permission names over an area (by path), a unit, or one's own."""

    role: str
    title: str = ""
    names: frozenset[str]
    reach: Reach
    area_path: str = ""
    unit_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class Viewer:
    """The person behind a request, with all that permissions need; loaded once a request."""

    person_id: int
    username: str
    name: str
    grants: tuple[Grant, ...] = ()
    session_id: int | None = None

    @property
    def initials(self) -> str:
        return self.name[-2:]

    @property
    def title(self) -> str:
        return "、".join(dict.fromkeys(grant.title for grant in self.grants))

    def holds(self, name: str) -> bool:
        """Whether the permission is held anywhere at all (for menus)."""
        return any(name in grant.names for grant in self.grants)

    def holds_everywhere(self, name: str) -> bool:
        """Whether it is held over the whole district, so over what has no place in it.

        (Before any area is drawn, a post of such a role has none.)
        """
        return any(
            name in grant.names and grant.reach == "area" and grant.area_path.count(".") < 2
            for grant in self.grants
        )

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(grant.role for grant in self.grants)


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Where a model keeps what grants reach for; names of ORM lookups and attributes alike.

    `area` leads to an area's path ("area__path"), `unit` to a unit's id, `owner` to a person's id.
    An empty name: this model knows no such reach, and such a grant opens nothing of it.
    """

    area: str = ""
    unit: str = ""
    owner: str = ""
    units: tuple[str, ...] = field(default=())


class AnyOf(Q):
    """Conditions of which one is enough, each with an index of its own: a list looks its rows up
    one way at a time, so that it costs the same however many they are."""

    def __init__(self, *conditions: Q) -> None:
        super().__init__(*conditions, join_type=Q.OR)


#: A token's scope: whatever its person may read, of plugins to come as well.
READ_ONLY = "*.see"

NOTHING = Q(pk__isnull=True)


def narrow(grants: Iterable[Grant], scopes: Collection[str] | None) -> tuple[Grant, ...]:
    """The grants with only what the scopes name; None leaves them as they are."""
    if scopes is None:
        return tuple(grants)
    parts = (replace(grant, names=_named(grant.names, scopes)) for grant in grants)
    return tuple(part for part in parts if part.names)


def _named(names: frozenset[str], scopes: Collection[str]) -> frozenset[str]:
    reads = READ_ONLY in scopes
    return frozenset(name for name in names if name in scopes or (reads and is_read(name)))


def is_read(name: str) -> bool:
    """Whether a permission only lets read, by its name."""
    return name.endswith(".see")


def within(viewer: Viewer | None, name: str, scope: Scope) -> Q:
    """The rows of a list that the viewer may see under permission `name`."""
    if viewer is None:
        return NOTHING
    parts = [
        part
        for grant in viewer.grants
        if name in grant.names
        for part in _reach(viewer, grant, scope)
    ]
    return Q(*parts, join_type="OR") if parts else NOTHING


def _reach(viewer: Viewer, grant: Grant, scope: Scope) -> Iterable[Q]:
    if grant.reach == "area" and scope.area and grant.area_path:
        yield Q(**{f"{scope.area}__startswith": grant.area_path})
    elif grant.reach == "unit" and grant.unit_id is not None:
        for lookup in filter(None, (scope.unit, *scope.units)):
            yield Q(**dict[str, Any]({lookup: grant.unit_id}))
    elif grant.reach == "own" and scope.owner:
        yield Q(**dict[str, Any]({scope.owner: viewer.person_id}))


def may(viewer: Viewer | None, name: str, thing: Any, scope: Scope) -> bool:
    """The same question for one object whose relations are loaded."""
    return viewer is not None and grant_for(viewer, name, thing, scope) is not None


def grant_for(viewer: Viewer, name: str, thing: Any, scope: Scope) -> Grant | None:
    """The first grant by which `may` says yes: in whose name it is done."""
    named = (grant for grant in viewer.grants if name in grant.names)
    return next((grant for grant in named if _covers(viewer, grant, thing, scope)), None)


def _covers(viewer: Viewer, grant: Grant, thing: Any, scope: Scope) -> bool:
    if grant.reach == "area" and scope.area and grant.area_path:
        path = _follow(thing, scope.area)
        return isinstance(path, str) and path.startswith(grant.area_path)
    if grant.reach == "unit" and grant.unit_id is not None:
        lookups = filter(None, (scope.unit, *scope.units))
        return any(_follow(thing, lookup) == grant.unit_id for lookup in lookups)
    if grant.reach == "own" and scope.owner:
        return bool(_follow(thing, scope.owner) == viewer.person_id)
    return False


def _follow(thing: Any, lookup: str) -> Any:
    for step in lookup.split("__"):
        thing = getattr(thing, step, None)
    return thing


def demand(viewer: Viewer | None, name: str, thing: Any, scope: Scope) -> Viewer:
    """The viewer, or the failure that fits; for actions."""
    if viewer is None:
        raise NotSignedIn()
    if not may(viewer, name, thing, scope):
        raise Forbidden()
    return viewer


def demand_everywhere(viewer: Viewer | None, name: str) -> Viewer:
    """For what is the whole district's (plugins, the audit, a calendar): a post over a part of it
    opens nothing of that."""
    if viewer is None:
        raise NotSignedIn()
    if not viewer.holds_everywhere(name):
        raise Forbidden()
    return viewer


def demand_held(viewer: Viewer | None, name: str) -> Viewer:
    """For what has no place: the permission held anywhere is enough."""
    if viewer is None:
        raise NotSignedIn()
    if not viewer.holds(name):
        raise Forbidden()
    return viewer
