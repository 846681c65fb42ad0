"""A schema from the plugins that fit together; who does not fit is named and left out."""

import re
from collections.abc import Mapping

from strawberry.exceptions.duplicated_type_name import DuplicatedTypeName

from core.errors import PluginError
from core.gathering import Plugin
from core.kernel import Kernel
from core.ordering import missing
from web.graphql.schema import FieldClash, Schema, UnknownType

HOUSE = "liuhe"


def build_schema(kernel: Kernel) -> Schema:
    """The schema of all enabled plugins, or a PluginError that names who does not fit.

    Build it once for a process.
    """
    schema, refused = sound_schema(kernel)
    for sentence in refused.values():
        raise PluginError(sentence)
    return schema


def sound_schema(kernel: Kernel) -> tuple[Schema, dict[str, str]]:
    """The schema of those that fit, and the others' names with the reasons.

    With a reason in hand, load the kernel again with `refused=`: a plugin goes as a whole.
    """
    plugins = list(kernel.plugins.values())
    try:
        return _schema(kernel, plugins), {}
    except Exception:  # somebody does not fit: let them in one by one and see who
        return _one_by_one(kernel, plugins)


def _schema(kernel: Kernel, plugins: list[Plugin]) -> Schema:
    return Schema(plugins, introspection=kernel.settings.introspection)


def _one_by_one(kernel: Kernel, plugins: list[Plugin]) -> tuple[Schema, dict[str, str]]:
    sound: list[Plugin] = []
    refused: dict[str, str] = {}
    schema = _schema(kernel, [])
    owners = dict.fromkeys(_things(schema), HOUSE)
    for plugin in plugins:
        gone = next((need for need in plugin.manifest.requires if need in refused), None)
        if gone is not None:
            refused[plugin.name] = missing(plugin.name, gone, refused, kernel.off)
            continue
        try:
            schema = _schema(kernel, [*sound, plugin])
        except Exception as error:
            refused[plugin.name] = _sentence(plugin.name, _first(error), owners)
        else:
            sound.append(plugin)
            owners = {**dict.fromkeys(_things(schema), plugin.name), **owners}
    return schema, refused


def _things(schema: Schema) -> set[str]:
    """All types, as "Case", and their fields, as "Case.title"."""
    types = schema._schema.type_map
    fields = {
        f"{name}.{field}" for name, kind in types.items() for field in getattr(kind, "fields", ())
    }
    return {*types, *fields}


def _first(error: BaseException) -> BaseException:
    """What was raised first; graphql-core wraps what happens while it resolves a type."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def _sentence(name: str, error: BaseException, owners: Mapping[str, str]) -> str:
    if isinstance(error, UnknownType):
        return (
            f"插件“{name}”要扩展 GraphQL 类型“{error.type_name}”，而没有这个类型；"
            f"定义它的插件要写在 requires 里。"
        )
    if isinstance(error, FieldClash):
        return _clash(name, "字段", f"{error.type_name}.{error.field}", owners)
    if isinstance(error, DuplicatedTypeName):
        found = re.search(r"Type (\w+) ", error.message)
        return _clash(name, "类型", found[1] if found else "?", owners)
    return f"插件“{name}”的 GraphQL 建不起来：{type(error).__name__}: {error}"


def _clash(name: str, kind: str, thing: str, owners: Mapping[str, str]) -> str:
    other = owners.get(thing, name)
    return (
        f"插件“{name}”和“{other}”都定义了 GraphQL {kind}“{thing}”，"
        f"“{name}”没有装载；请改名或停用其中一个。"
    )
