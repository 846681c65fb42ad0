"""The base of all models, and the tables of a plugin, checked before the database sees them."""

import importlib
from collections.abc import Iterable, Iterator
from typing import Any

from tortoise.models import Model as TortoiseModel
from tortoise.models import ModelMeta

from core.errors import PluginError


class _Undescribed(ModelMeta):
    """Tortoise copies docstrings into the schema as comments, and a ";" there breaks the script."""

    def __new__(cls, name: str, bases: tuple[type, ...], attrs: dict[str, Any]) -> Any:
        model: Any = super().__new__(cls, name, bases, attrs)
        model._meta.table_description = ""
        return model


class Model(TortoiseModel, metaclass=_Undescribed):
    """Base of every model; a plugin's tables are named `<plugin>_…`."""

    class Meta:
        abstract = True


def models_in(modules: Iterable[str]) -> Iterator[type[Model]]:
    """Model classes defined in (not merely imported into) the modules."""
    for name in modules:
        module = importlib.import_module(name)
        for value in vars(module).values():
            if (
                isinstance(value, type)
                and issubclass(value, Model)
                and value.__module__ == name
                and not value._meta.abstract
            ):
                yield value


def names_in(plugin: str, modules: Iterable[str]) -> list[str]:
    """Table names; each must begin with the plugin's name, so that no two can meet."""
    names = []
    for model in models_in(modules):
        table = model._meta.db_table
        if not table.startswith(f"{plugin}_"):
            raise PluginError(
                f"插件“{plugin}”的模型 {model.__name__} 要写明表名，并以“{plugin}_”开头。"
            )
        names.append(table)
    return names
