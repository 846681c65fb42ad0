"""What one plugin hands over: its hooks called, each once."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pluggy

from core import hooks
from core.contributions import (
    Audited,
    Demo,
    Extension,
    Gauge,
    Listener,
    MapLayer,
    Menu,
    Offer,
    Page,
    PersonalKind,
    Preparation,
    Retention,
    Seam,
    Slot,
    Tables,
    Waiting,
)
from core.discovery import Found
from core.errors import PluginError
from core.exchange.cards import Export, Import
from core.facts import Fact
from core.files import Keeper
from core.indicators import Indicator
from core.jobs import Job
from core.manifest import Manifest
from core.permissions import Permission, Role
from core.settings import Section


@dataclass(frozen=True, kw_only=True)
class Plugin:
    """One plugin that was let in, with all that it handed over."""

    manifest: Manifest
    tables: Tables | None = None
    settings: type[Section] | None = None
    permissions: tuple[Permission, ...] = ()
    roles: tuple[Role, ...] = ()
    audited: tuple[Audited, ...] = ()
    personal: tuple[PersonalKind, ...] = ()
    retention: tuple[Retention, ...] = ()
    facts: tuple[type[Fact], ...] = ()
    listeners: tuple[Listener, ...] = ()
    jobs: tuple[Job, ...] = ()
    graphql: tuple[Extension, ...] = ()
    pages: tuple[Page, ...] = ()
    menu: tuple[Menu, ...] = ()
    slots: tuple[Slot, ...] = ()
    map_layers: tuple[MapLayer, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    keepers: tuple[Keeper, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    imports: tuple[Import, ...] = ()
    exports: tuple[Export, ...] = ()
    seams: tuple[Seam, ...] = ()
    offers: tuple[Offer, ...] = ()
    gauges: tuple[Gauge, ...] = ()
    preparations: tuple[Preparation, ...] = ()
    demo: Demo | None = None
    folder: Path | None = None

    @property
    def name(self) -> str:
        return self.manifest.name


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
