"""Where plugins come from: folders of `plugins/`, and installed packages with the entry point.

Each is imported by itself; one that cannot be imported is found all the same, with the reason.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib.metadata import entry_points
from types import ModuleType

import structlog

from core.errors import PluginError
from core.manifest import Manifest

log = structlog.get_logger()

ENTRY_POINT = "liuhe.plugins"


@dataclass(frozen=True, kw_only=True)
class Found:
    """A plugin's module with its manifest, or the problem that kept it from being read."""

    name: str
    module: ModuleType | None = None
    manifest: Manifest | None = None
    problem: str = ""
    third_party: bool = False

    @property
    def card(self) -> Manifest:
        assert self.manifest is not None, f"{self.name} has no manifest: {self.problem}"
        return self.manifest


def discover() -> Iterator[Found]:
    """First this house's folder, then packages; a name that is taken is a problem of the second."""
    seen: dict[str, str] = {}
    for found in (*_folder(), *_packages()):
        origin = found.module.__name__ if found.module else found.name
        if found.name in seen:
            problem = f"插件名“{found.name}”已被 {seen[found.name]} 使用，{origin} 没有装载。"
            yield Found(name=f"{found.name} ({origin})", problem=problem, third_party=True)
            continue
        seen[found.name] = origin
        yield found


def _folder() -> Iterator[Found]:
    package = importlib.import_module("plugins")
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda one: one.name):
        if info.ispkg:
            yield _read(info.name, partial(importlib.import_module, f"plugins.{info.name}.plugin"))


def _packages() -> Iterator[Found]:
    for point in sorted(entry_points(group=ENTRY_POINT), key=lambda one: one.name):
        yield _read(point.name, point.load, third_party=True)


def _read(name: str, load: Callable[[], ModuleType], *, third_party: bool = False) -> Found:
    try:
        module = load()
        manifest = getattr(module, "manifest", None)
        if not isinstance(manifest, Manifest):
            raise PluginError(f"插件“{name}”的 plugin.py 里没有 manifest = Manifest(…)。")
        if manifest.name != name:
            raise PluginError(f"插件“{name}”在 manifest 里自称“{manifest.name}”，两处要一致。")
        manifest.check()
    except PluginError as error:
        return Found(name=name, problem=error.message, third_party=third_party)
    except (Exception, SystemExit) as error:
        log.warning("plugin.import_failed", plugin=name, exc_info=True)
        problem = f"插件“{name}”导入失败：{type(error).__name__}: {error}"
        return Found(name=name, problem=problem, third_party=third_party)
    return Found(name=name, module=module, manifest=manifest, third_party=third_party)
