"""Finds plugins, orders them by `requires`, and lets in those that fit, one by one.

A plugin that cannot be loaded or clashes with one already in is named with its reason, left out
together with those that require it, and the rest starts. Ground comes before what stands on it;
among equals the plugins of this house come first, then by name, so that the order never varies.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from graphlib import CycleError, TopologicalSorter
from heapq import heappop, heappush
from pathlib import Path
from typing import Any

import pluggy
import structlog

from core import audit, facts, files, guesses, hooks, jobs, people, proof, receipts
from core.contributions import (
    Audited,
    Demo,
    Extension,
    Listener,
    Menu,
    Page,
    Preparation,
    Slot,
    Tables,
    Waiting,
)
from core.discovery import Found, discover
from core.errors import PluginError, SetupError
from core.facts import Fact
from core.files import Keeper
from core.house import House
from core.jobs import Job
from core.manifest import Manifest
from core.people import Roster
from core.permissions import PERMISSIONS, ROLES, Permission, Role
from core.settings import Section, Settings, SettingsSource
from core.tables import names_in, personal_in

log = structlog.get_logger()

OWN_JOBS = (
    Job(
        name="core.forget_facts",
        run=facts.forget_old_facts,
        every=timedelta(days=1),
        title="清理旧事实",
    ),
    Job(
        name="core.forget_jobs",
        run=jobs.forget_done_jobs,
        every=timedelta(days=1),
        title="清理已完成的任务",
    ),
    Job(
        name="core.forget_sessions",
        run=people.forget_expired_sessions,
        every=timedelta(days=1),
        title="清理过期的登录",
    ),
    Job(
        name="core.forget_guesses",
        run=guesses.forget_old_guesses,
        every=timedelta(minutes=10),
        title="清理错误密码的记录",
    ),
    Job(
        name="core.forget_receipts",
        run=receipts.forget_old_receipts,
        every=timedelta(days=1),
        title="清理旧回执",
    ),
    Job(
        name="core.forget_files",
        run=files.forget_loose_files,
        every=timedelta(hours=1),
        title="清理没有用上的图片",
    ),
    Job(
        name="core.verify_audit",
        run=proof.verify_new,
        every=timedelta(days=1),
        tries=2,
        timeout=3_600,
        title="核对审计记录",
    ),
)


@dataclass(frozen=True, kw_only=True)
class Plugin:
    """One plugin that was let in, with all that it handed over."""

    manifest: Manifest
    tables: Tables | None = None
    settings: type[Section] | None = None
    permissions: tuple[Permission, ...] = ()
    roles: tuple[Role, ...] = ()
    audited: tuple[Audited, ...] = ()
    facts: tuple[type[Fact], ...] = ()
    listeners: tuple[Listener, ...] = ()
    jobs: tuple[Job, ...] = ()
    graphql: tuple[Extension, ...] = ()
    pages: tuple[Page, ...] = ()
    menu: tuple[Menu, ...] = ()
    slots: tuple[Slot, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    keepers: tuple[Keeper, ...] = ()
    preparations: tuple[Preparation, ...] = ()
    demo: Demo | None = None
    folder: Path | None = None

    @property
    def name(self) -> str:
        return self.manifest.name


@dataclass(kw_only=True)
class Kernel:
    """The assembled house. `off` were not chosen; `failed` maps a name to its reason."""

    source: SettingsSource
    settings: Settings
    plugins: dict[str, Plugin] = field(default_factory=dict)
    off: dict[str, Manifest] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    sections: dict[type[Section], Section] = field(default_factory=dict)

    @classmethod
    def load(
        cls,
        source: SettingsSource,
        *,
        disabled: Iterable[str] = (),
        refused: Mapping[str, str] | None = None,
        found: Iterable[Found] | None = None,
    ) -> "Kernel":
        """`disabled` is the stored choice, used where the settings do not name the plugins;
        `refused` are plugins found wanting later (a GraphQL schema that cannot be built)."""
        kernel = cls(source=source, settings=source.kernel())
        kernel._load(list(discover() if found is None else found), set(disabled), refused or {})
        return kernel

    def _load(self, found: list[Found], disabled: set[str], refused: Mapping[str, str]) -> None:
        self.failed.update({one.name: one.problem for one in found if one.problem})
        self.failed.update(refused)
        sound = {one.name: one for one in found if one.name not in self.failed}
        chosen = self._chosen(sound, disabled)
        self.off = {name: one.card for name, one in sound.items() if name not in chosen}
        for name in order({name: sound[name] for name in chosen}, self.failed):
            self._let_in(sound[name])
        self.source.check_sections({*sound, *self.failed})
        known = {role.name for role in self.roles}
        for role in set(self.settings.demand_second_factor) - known:
            log.warning("settings.unknown_role", setting="demand_second_factor", role=role)

    def _chosen(self, sound: Mapping[str, Found], disabled: set[str]) -> set[str]:
        wanted = self.settings.plugins
        if wanted is None:
            off = closure_up(sound, disabled)
            return set(sound) - off
        for name in wanted:
            if name not in sound and name not in self.failed:
                self.failed[name] = f"设置 LIUHE_PLUGINS 里的插件“{name}”没有安装。"
        return closure_down(sound, set(wanted))

    def _let_in(self, found: Found) -> None:
        name = found.name
        try:
            for need in found.card.requires:
                if need not in self.plugins:
                    raise PluginError(missing(name, need, self.failed, self.off))
            plugin = gather(found)
            section = self._section(plugin)
            check_clashes(plugin, self.plugins.values())
            check_data(plugin)
        except SetupError as error:
            self.failed[name] = error.message
        except (Exception, SystemExit) as error:
            log.warning("plugin.failed", plugin=name, exc_info=True)
            self.failed[name] = f"插件“{name}”装载时出错：{type(error).__name__}: {error}"
        else:
            self.plugins[name] = plugin
            self.sections.update(section)

    def _section(self, plugin: Plugin) -> dict[type[Section], Section]:
        if plugin.settings is None:
            return {}
        return {plugin.settings: self.source.section(plugin.name, plugin.settings)}

    @property
    def tables(self) -> dict[str, Tables]:
        return {name: one.tables for name, one in self.plugins.items() if one.tables}

    @property
    def jobs(self) -> dict[str, Job]:
        """All work that the worker knows, deliveries of facts included."""
        own = [job for one in self.plugins.values() for job in one.jobs]
        heard = [
            facts.delivery(listener) for one in self.plugins.values() for listener in one.listeners
        ]
        return {job.name: job for job in (*OWN_JOBS, *own, *heard)}

    @property
    def permissions(self) -> tuple[Permission, ...]:
        return (*PERMISSIONS, *(p for one in self.plugins.values() for p in one.permissions))

    @property
    def roles(self) -> tuple[Role, ...]:
        return (*ROLES, *(role for one in self.plugins.values() for role in one.roles))

    @property
    def audited(self) -> tuple[Audited, ...]:
        return (
            *audit.AUDITED,
            *(one for plugin in self.plugins.values() for one in plugin.audited),
        )

    def house(self) -> House:
        listeners: dict[str, tuple[str, ...]] = {}
        for one in self.plugins.values():
            for listener in one.listeners:
                known = listeners.get(listener.fact.name, ())
                listeners[listener.fact.name] = (*known, facts.delivery_name(listener))
        return House(
            settings=self.settings,
            sections=self.sections,
            listeners=listeners,
            jobs=self.jobs,
            keepers={k.kind: k for one in self.plugins.values() for k in one.keepers},
            roster=roster(self.roles, self.permissions),
            audited={one.name: one for one in self.audited},
        )


def roster(roles: Sequence[Role], permissions: Sequence[Permission]) -> Roster:
    """Each role with the permissions that name it."""
    return Roster(
        roles,
        {
            role.name: frozenset(p.name for p in permissions if role.name in p.roles)
            for role in roles
        },
    )


def order(found: Mapping[str, Found], failed: dict[str, str]) -> list[str]:
    """Names so that what is required comes first; members of a circle go to `failed`."""
    remaining = {name: found[name] for name in sorted(found)}
    while True:
        sorter: TopologicalSorter[str] = TopologicalSorter(
            {
                name: sorted(need for need in one.card.requires if need in remaining)
                for name, one in remaining.items()
            }
        )
        try:
            sorter.prepare()
        except CycleError as error:
            circle = sorted(set(error.args[1]))
            for name in circle:
                failed[name] = f"插件互相依赖成环：{'、'.join(circle)}。"
                del remaining[name]
            continue
        return _stable(sorter, remaining)


def _stable(sorter: "TopologicalSorter[str]", found: Mapping[str, Found]) -> list[str]:
    """One after another, of what is ready first those of this house, then by name."""
    ready: list[tuple[bool, str]] = []
    result: list[str] = []
    while sorter.is_active():
        for name in sorter.get_ready():
            heappush(ready, (found[name].third_party, name))
        _, first = heappop(ready)
        result.append(first)
        sorter.done(first)
    return result


def closure_down(found: Mapping[str, Found], names: set[str]) -> set[str]:
    """The names with all that they require."""
    todo, result = list(names), set[str]()
    while todo:
        name = todo.pop()
        if name in found and name not in result:
            result.add(name)
            todo.extend(found[name].card.requires)
    return result


def closure_up(found: Mapping[str, Found], names: set[str]) -> set[str]:
    """The names with all that require them."""
    result = set(names)
    while more := {
        name for name, one in found.items() if name not in result and result & {*one.card.requires}
    }:
        result |= more
    return result


def missing(name: str, need: str, failed: Mapping[str, str], off: Mapping[str, Manifest]) -> str:
    if need in failed:
        return f"插件“{name}”需要的“{need}”没能装载：{failed[need]}"
    if need in off:
        return f"插件“{name}”需要“{need}”，而它已停用。"
    return f"插件“{name}”需要“{need}”，而它没有安装。"


def gather(found: Found) -> Plugin:
    """Call the plugin's hooks, each once."""
    manager = pluggy.PluginManager(hooks.PROJECT)
    manager.add_hookspecs(hooks)
    assert found.module is not None
    manager.register(found.module, found.name)
    try:
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        raise PluginError(f"插件“{found.name}”写了不存在的接口：{error}") from error
    given = _call_all(manager)
    place = found.module.__file__
    return Plugin(manifest=found.card, folder=Path(place).parent if place else None, **given)


_SINGLE = {"add_models": "tables", "add_settings": "settings", "add_demo": "demo"}


def _call_all(manager: pluggy.PluginManager) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for hook in (name for name in dir(hooks) if name.startswith("add_")):
        for answer in getattr(manager.hook, hook)():
            if hook in _SINGLE:
                given[_SINGLE[hook]] = answer
            else:
                given[hook.removeprefix("add_")] = tuple(answer)
    return given


def check_clashes(plugin: Plugin, others: Iterable[Plugin]) -> None:
    """Refuse what is defined twice, naming both who did."""
    taken = [("liuhe", OWN), *((other.name, claims(other)) for other in others)]
    for kind, names in claims(plugin).items():
        for name, times in sorted(Counter(names).items()):
            if times > 1:
                raise PluginError(f"插件“{plugin.name}”把{kind}“{name}”定义了两次。")
            if len(name) > LONGEST_NAME.get(kind, 200):
                raise PluginError(f"插件“{plugin.name}”的{kind}“{name}”名字太长。")
            for other, theirs in taken:
                if name in theirs.get(kind, ()):
                    raise PluginError(
                        f"插件“{plugin.name}”和“{other}”都定义了{kind}“{name}”，"
                        f"“{plugin.name}”没有装载；请改名或停用其中一个。"
                    )


def check_data(plugin: Plugin) -> None:
    """Refuse a plugin that keeps personal data and does not say what for."""
    found = sorted(personal_in(plugin.tables.modules)) if plugin.tables else []
    if found and not plugin.manifest.data:
        raise PluginError(
            f"插件“{plugin.name}”的 {'、'.join(found[:3])} 是个人信息，而它没有登记处理活动；"
            "请在 manifest 里写明 data=(DataUse(purpose=…, basis=…, fields=…, term=…),)。"
        )


#: As long as their columns are.
LONGEST_NAME = {"任务": 160, "事实": 60, "角色": 30, "文件类别": 30, "审计动作": 60}

#: What the kernel itself defines.
OWN = {
    "权限": [permission.name for permission in PERMISSIONS],
    "角色": [role.name for role in ROLES],
    "任务": [job.name for job in OWN_JOBS],
    "审计动作": [one.name for one in audit.AUDITED],
}


def claims(plugin: Plugin) -> dict[str, list[str]]:
    """Everything that may exist once only, by what it is called in a sentence."""
    return {
        "GraphQL 字段": [
            f"{extension.type_name}.{name}"
            for extension in plugin.graphql
            for name in _field_names(extension.fields)
        ],
        "数据表": table_names(plugin),
        "设置类": [f"{one.__module__}.{one.__qualname__}" for one in [plugin.settings] if one],
        "页面地址": [address for page in plugin.pages for address in _addresses(plugin, page)],
        "菜单": [entry.href for entry in plugin.menu],
        "权限": [permission.name for permission in plugin.permissions],
        "角色": [role.name for role in plugin.roles],
        "任务": [
            *(job.name for job in plugin.jobs),
            *(facts.delivery_name(listener) for listener in plugin.listeners),
        ],
        "审计动作": [one.name for one in plugin.audited],
        "事实": [fact.name for fact in plugin.facts],
        "文件类别": [keeper.kind for keeper in plugin.keepers],
    }


def _addresses(plugin: Plugin, page: Page) -> Iterable[str]:
    address = f"{'' if page.public else '/admin'}/{plugin.name}{getattr(page.route, 'path', '')}"
    for method in sorted(getattr(page.route, "methods", None) or [""]):
        yield f"{method} {address}".strip()


def _field_names(fields: type) -> Iterable[str]:
    definition = getattr(fields, "__strawberry_definition__", None)
    if definition is None:
        raise PluginError(f"{fields.__name__} 要加上 @strawberry.type 才能扩展 GraphQL。")
    return [one.graphql_name or _camel(one.python_name) for one in definition.fields]


def _camel(name: str) -> str:
    """As Strawberry writes a Python name."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() or "_" for part in rest)


def table_names(plugin: Plugin) -> list[str]:
    return names_in(plugin.name, plugin.tables.modules) if plugin.tables else []
