"""Small makers that many tests share."""

import itertools
import os
from types import ModuleType
from typing import Any

import pytest

from core.discovery import Found
from core.hooks import hookimpl
from core.manifest import Manifest

_numbers = itertools.count()


#: `LIUHE_TEST_ENGINES=both` runs on PostgreSQL, too, what is run on SQLite alone to save time.
BOTH = os.environ.get("LIUHE_TEST_ENGINES") == "both"


def sqlite_first() -> list[Any]:
    """The parameters of a fixture that is SQLite, and PostgreSQL where both are asked for."""
    return [pytest.param(name, marks=_marks(name)) for name in ("sqlite", "postgres")[: 1 + BOTH]]


def only(engine: str, *, because: str = "") -> pytest.MarkDecorator:
    """For a test whose fixture `engine` is one database alone: because it is about that database,
    or, where no reason is given, because its rules have met the other one in a test beside it."""
    names = ("sqlite", "postgres") if BOTH and not because else (engine,)
    params = [pytest.param(name, marks=_marks(name)) for name in names]
    return pytest.mark.parametrize("engine", params, indirect=True)


def _marks(engine: str) -> list[pytest.MarkDecorator]:
    return [pytest.mark.postgres] if engine == "postgres" else []


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
