"""Small makers that many tests share."""

import itertools
from types import ModuleType
from typing import Any

import pytest

from core.discovery import Found
from core.hooks import hookimpl
from core.manifest import Manifest

_numbers = itertools.count()


def only(engine: str) -> pytest.MarkDecorator:
    """For a test whose fixture `engine` makes sense for one database alone."""
    marks = [pytest.mark.postgres] if engine == "postgres" else []
    return pytest.mark.parametrize("engine", [pytest.param(engine, marks=marks)], indirect=True)


def plugin(name: str, *, third_party: bool = False, **given: Any) -> Found:
    """A plugin as the kernel finds it: manifest values, and hooks by what they answer.

    `plugin("a", requires=("b",), add_menu=[Menu(…)])`; a hook given as a function is called.
    """
    hooks = {key: given.pop(key) for key in list(given) if key.startswith("add_")}
    manifest = Manifest(name=name, title=name, version="1.0", **given)
    module = ModuleType(f"invented_{name}_{next(_numbers)}")
    module.manifest = manifest  # type: ignore[attr-defined]
    module.__file__ = None
    for hook, answer in hooks.items():
        setattr(module, hook, hookimpl(_named(hook, answer)))
    return Found(name=name, module=module, manifest=manifest, third_party=third_party)


def _named(hook: str, answer: Any) -> Any:
    def give() -> Any:
        return answer() if callable(answer) and not isinstance(answer, type) else answer

    give.__name__ = hook
    return give
