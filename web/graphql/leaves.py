"""A shortcut for the plainest fields: text, numbers and the like, read off an object at once.

Most of a list's time goes into preparing, for each single value, what only resolvers with
arguments need. Whatever is not plain, or goes wrong, takes graphql-core's own way.
"""

from collections.abc import Awaitable, Callable
from operator import attrgetter
from typing import Any, Final, cast

from graphql import GraphQLField, GraphQLNonNull, GraphQLObjectType, is_leaf_type
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types.field import StrawberryField

from web.graphql.connections import Listing
from web.graphql.fast.plans import answer_of

_LEAF: Final = "liuhe.leaf"
_MISSED: Final = object()

Read = Callable[[Any], Any]


def mark_leaves(kind: GraphQLObjectType) -> None:
    """Find the plain fields of a type. Not for root types: those are guarded in their resolvers."""
    for field in kind.fields.values():
        if read := _plain(field):
            field.extensions[_LEAF] = read


def _plain(field: GraphQLField) -> Read | None:
    definition = field.extensions.get("strawberry-definition")
    required = isinstance(field.type, GraphQLNonNull)
    kind: Any = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
    if not isinstance(definition, StrawberryField) or not is_leaf_type(kind) or field.args:
        return None
    get = _getter(definition)
    return None if get is None else _reader(get, kind.coerce_output_value, required)


def _getter(definition: StrawberryField) -> Read | None:
    """The attribute, or a plain method with nothing but `self`."""
    if definition.is_basic_field:
        return attrgetter(definition.python_name)
    resolver = definition.base_resolver
    if resolver is None or definition.extensions or resolver.is_async:
        return None
    if not resolver.self_parameter or len(resolver.signature.parameters) != 1:
        return None
    return cast(Read, resolver.wrapped_func)


def _reader(get: Read, coerce: Read, required: bool) -> Read:
    def read(source: Any) -> Any:
        value = get(source)
        if value is None:
            return _MISSED if required else None
        value = coerce(value)
        return _MISSED if value is None else value

    return read


class Executor(StrawberryGraphQLCoreExecutionContext):
    """graphql-core's executor with the shortcut, and with lists straight from SQL."""

    def complete_object_value(
        self,
        return_type: GraphQLObjectType,
        field_details_list: Any,
        info: Any,
        path: Any,
        result: Any,
        position_context: Any,
    ) -> Any:
        if isinstance(result, Listing):
            return self._listed(
                return_type, field_details_list, info, path, result, position_context
            )
        return super().complete_object_value(
            return_type, field_details_list, info, path, result, position_context
        )

    async def _listed(
        self, kind: GraphQLObjectType, details: Any, info: Any, path: Any, listing: Any, at: Any
    ) -> Any:
        if (answer := await answer_of(self, kind, details, info, listing)) is not None:
            return answer
        fetched = await listing.fetch()
        completed: Any = super().complete_object_value(kind, details, info, path, fetched, at)
        return await completed if self.is_awaitable(completed) else completed

    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Any,
        grouped_field_set: Any,
        position_context: Any,
    ) -> Any:
        results: dict[str, Any] = {}
        rest = {}
        fields = parent_type.fields
        for name, details in grouped_field_set.items():
            value = _read(fields.get(details[0].node.name.value), source_value)
            results[name] = value
            if value is _MISSED:
                rest[name] = details
        if not rest:
            return results
        others: Any = super().execute_fields(
            parent_type, source_value, path, rest, position_context
        )
        if self.is_awaitable(others):
            return _filled(results, others)
        results.update(others)
        return results


def _read(field: GraphQLField | None, source: Any) -> Any:
    read = field.extensions.get(_LEAF) if field is not None else None
    if read is None:
        return _MISSED
    try:
        return read(source)
    except Exception:
        return _MISSED  # graphql-core meets the same failure and tells where it was


async def _filled(results: dict[str, Any], others: Awaitable[dict[str, Any]]) -> dict[str, Any]:
    results.update(await others)
    return results
