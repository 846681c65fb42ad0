"""The base of all models, and the tables of a plugin, checked before the database sees them."""

import importlib
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from tortoise.fields import Field
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


F = TypeVar("F", bound="Field[Any]")


def personal(field: F) -> F:
    """Mark a field that holds a person's own data: `phone = personal(fields.CharField(…))`.

    A plugin with such a field declares in its manifest what the data is used for.
    """
    field.personal = True  # type: ignore[attr-defined]
    return field


def personal_in(modules: Iterable[str]) -> Iterator[str]:
    """Fields that are marked so, and links to a person: "Note.author"."""
    for model in models_in(modules):
        for name, field in model._meta.fields_map.items():
            linked = getattr(field, "model_name", None) == "core.Person"
            if linked or getattr(field, "personal", False):
                yield f"{model.__name__}.{name}"


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
