"""One schema from the kernel's own fields and those that plugins hang on any type."""

from collections.abc import Iterable

import strawberry
from strawberry.schema.config import StrawberryConfig
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from core.kernel import Kernel, Plugin
from web.graphql.roots import Query

HOUSE = "liuhe"


@strawberry.type(description="更改 · what can be changed")
class Mutation:
    pass


@strawberry.type(description="订阅 · what can be followed")
class Subscription:
    pass


class Schema(strawberry.Schema):
    """A schema whose types also carry the fields that plugins hang on them.

    The classes themselves are left as they are: another schema in the same process (in a test,
    with other plugins) sees nothing of it.
    """

    def __init__(self, plugins: Iterable[Plugin], *, introspection: bool = True) -> None:
        self._hung: dict[str, list[StrawberryField]] = {}
        for plugin in plugins:
            for extension in plugin.graphql:
                definition = extension.fields.__strawberry_definition__  # type: ignore[attr-defined]
                self._hung.setdefault(extension.type_name, []).extend(definition.fields)
        super().__init__(
            query=Query,
            mutation=Mutation if "Mutation" in self._hung else None,
            subscription=Subscription if "Subscription" in self._hung else None,
            config=StrawberryConfig(disable_field_suggestions=not introspection),
        )

    def get_fields(self, type_definition: StrawberryObjectDefinition) -> list[StrawberryField]:
        name = self.config.name_converter.from_type(type_definition)
        return [*type_definition.fields, *self._hung.get(name, ())]


def build_schema(kernel: Kernel) -> Schema:
    """The schema of a kernel whose plugins fit together, or a PluginError that names who does not.

    Build it once: it takes a good part of a second.
    """
    return Schema(kernel.plugins.values(), introspection=kernel.settings.introspection)
