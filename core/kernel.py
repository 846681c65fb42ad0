"""Finds plugins, orders them by `requires`, and lets in those that fit, one by one.

A plugin that cannot be loaded or clashes with one already in is named with its reason, left out
together with those that require it, and the rest starts.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from core import (
    audit,
    backup,
    departures,
    facts,
    files,
    guesses,
    jobs,
    personal,
    proof,
    receipts,
    retention,
    sweeping,
    tidying,
)
from core.clashes import check_clashes
from core.contributions import Audited, Tables
from core.discovery import Found, discover
from core.errors import PluginError, SetupError
from core.exchange import jobs as exchange_jobs
from core.exchange.cards import check_exchange
from core.gathering import Plugin, gather
from core.house import House
from core.indicators import check_indicators
from core.jobs import Job
from core.manifest import Manifest
from core.ordering import closure_down, closure_up, missing, order
from core.people import Roster
from core.permissions import PERMISSIONS, ROLES, Permission, Role
from core.seams import check_seams, offered_by
from core.settings import Section, Settings, SettingsSource
from core.terms import RETENTIONS, check_data, check_retention

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
        name="core.tell_posts_over",
        run=departures.tell_posts_over,
        every=timedelta(minutes=10),
        title="告知到期的岗位",
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
        name="core.tidy",
        run=tidying.tidy,
        every=timedelta(days=1),
        offset=timedelta(hours=17),  # one at night in China
        title="整理数据库的统计",
    ),
    Job(
        name="core.forget_files",
        run=files.forget_loose_files,
        every=timedelta(hours=1),
        title="清理没有用上的图片",
    ),
    Job(
        name="core.sweep_files",
        run=sweeping.sweep_files,
        every=timedelta(days=1),
        offset=timedelta(hours=19),
        tries=2,
        timeout=3_600,
        title="清理没有记录的文件",
    ),
    Job(
        name="core.remove_objects",
        run=files.remove_objects,
        tries=12,
        timeout=120,
        title="删除不再保留的文件",
    ),
    Job(
        name="core.destroy_keys",
        run=personal.destroy_keys,
        title="销毁个人信息的密钥",
    ),
    Job(
        name="core.forget",
        run=retention.forget_what_is_due,
        every=timedelta(days=1),
        offset=timedelta(hours=18),  # two at night in China
        tries=3,
        timeout=6 * 3_600,
        title="按保存期限销毁",
    ),
    Job(
        name="core.verify_audit",
        run=proof.verify_new,
        every=timedelta(days=1),
        offset=timedelta(hours=17),
        tries=2,
        timeout=3_600,
        title="核对审计记录",
    ),
    Job(
        name=backup.JOB,
        run=backup.back_up_nightly,
        every=timedelta(days=1),
        offset=timedelta(hours=20),  # four at night in China, after what is due was destroyed
        tries=3,
        timeout=6 * 3_600,
        title="备份",
    ),
    *exchange_jobs.JOBS,
)


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
            check_clashes(plugin, self.plugins.values(), OWN_JOBS)
            check_data(name, plugin.manifest, plugin.tables, plugin.personal)
            check_retention(name, plugin.tables, plugin.personal, plugin.retention)
            check_seams(plugin, list(self.plugins.values()))
            check_indicators(name, plugin.indicators)
            check_exchange(name, plugin.imports, plugin.exports, self._permissions_with(plugin))
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

    def _permissions_with(self, plugin: Plugin) -> frozenset[str]:
        return frozenset(one.name for one in (*self.permissions, *plugin.permissions))

    @property
    def tables(self) -> dict[str, Tables]:
        return {name: one.tables for name, one in self.plugins.items() if one.tables}

    @property
    def jobs(self) -> dict[str, Job]:
        """All work that the worker knows, deliveries of facts included."""
        own = [job for one in self.plugins.values() for job in one.jobs]
        heard = [
            facts.delivery(listener, one.manifest.title)
            for one in self.plugins.values()
            for listener in one.listeners
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
            offers=offered_by(self.plugins.values()),
            personal={k.name: k for one in self.plugins.values() for k in one.personal},
            imports={i.name: i for one in self.plugins.values() for i in one.imports},
            exports={e.name: e for one in self.plugins.values() for e in one.exports},
            retentions=(*RETENTIONS, *(r for one in self.plugins.values() for r in one.retention)),
            plugins={name: one.manifest.version for name, one in self.plugins.items()},
            indicators={i.code: i for one in self.plugins.values() for i in one.indicators},
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
