"""One schema from the kernel's own fields and those that plugins hang on any type."""

from collections.abc import AsyncGenerator, Callable, Iterable
from functools import lru_cache
from typing import Any

import strawberry
from graphql import GraphQLError, GraphQLObjectType
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.name_converter import NameConverter
from strawberry.types import ExecutionResult
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.execution import PreExecutionError
from strawberry.types.field import StrawberryField
from strawberry.types.graphql import OperationType
from strawberry.utils.aio import aclosing
from strawberry.utils.str_converters import to_camel_case

from core.errors import BadInput, LiuheError, NotSignedIn
from core.gathering import Plugin
from web.graphql import exchange, straight
from web.graphql.context import Context
from web.graphql.documents import Prepared, UsePrepared, prepare
from web.graphql.errors import present
from web.graphql.leaves import Executor, mark_leaves
from web.graphql.limits import Limits, check_cost
from web.graphql.roots import PUBLIC, Query
from web.graphql.scalars import SCALARS

_KEPT = 128  # documents


@strawberry.type(description="更改 · what can be changed")
class Mutation:
    pass


@strawberry.type(description="订阅 · what can be followed")
class Subscription:
    pass


class Names(NameConverter):
    """Strawberry spells each argument anew with each call; here it does so once."""

    def apply_naming_config(self, name: str) -> str:
        return _spelled(name)


_spelled = lru_cache(4096)(to_camel_case)


class UnknownType(Exception):
    """Fields for a type that is not in the schema."""

    def __init__(self, type_name: str) -> None:
        super().__init__(type_name)
        self.type_name = type_name


class FieldClash(Exception):
    """A field that the type has already."""

    def __init__(self, type_name: str, field: str) -> None:
        super().__init__(f"{type_name}.{field}")
        self.type_name, self.field = type_name, field


class Schema(strawberry.Schema):
    """A schema whose types also carry the fields that plugins hang on them.

    The classes themselves are left as they are: another schema in the same process (in a test,
    with other plugins) sees nothing of it.
    """

    def __init__(
        self,
        plugins: Iterable[Plugin],
        *,
        introspection: bool = True,
        limits: Limits | None = None,
    ) -> None:
        self.introspection, self.limits = introspection, limits or Limits()
        self._hung = _hung(plugins)
        super().__init__(
            query=Query,
            mutation=Mutation,
            subscription=Subscription if "Subscription" in self._hung else None,
            extensions=[UsePrepared],
            execution_context_class=Executor,
            config=StrawberryConfig(
                disable_field_suggestions=not introspection,
                scalar_map=SCALARS,
                name_converter=Names(),
            ),
        )
        for name in self._hung:
            if not isinstance(self._schema.type_map.get(name), GraphQLObjectType):
                raise UnknownType(name)
        self._guard_roots()
        self._mark_leaves()
        self.prepared: Callable[[str], Prepared] = lru_cache(_KEPT)(self._prepare)

    def get_fields(self, type_definition: StrawberryObjectDefinition) -> list[StrawberryField]:
        type_name = self.config.name_converter.from_type(type_definition)
        fields = list(type_definition.fields)
        if hung := self._hung.get(type_name):
            known = {self.config.name_converter.from_field(one) for one in fields}
            for field in hung:
                name = self.config.name_converter.from_field(field)
                if name in known:
                    raise FieldClash(type_name, name)
                known.add(name)
        return [*fields, *hung] if hung else fields

    def _guard_roots(self) -> None:
        """Every root field needs somebody signed in, unless it says otherwise."""
        schema = self._schema
        for root in (schema.query_type, schema.mutation_type, schema.subscription_type):
            for field in root.fields.values() if root else ():
                definition = field.extensions["strawberry-definition"]
                if not PUBLIC.items() <= dict(definition.metadata).items():
                    door = "subscribe" if field.subscribe else "resolve"
                    setattr(field, door, _guarded(getattr(field, door)))

    def _mark_leaves(self) -> None:
        schema = self._schema
        roots = (schema.query_type, schema.mutation_type, schema.subscription_type)
        for kind in schema.type_map.values():
            if isinstance(kind, GraphQLObjectType) and kind not in roots:
                mark_leaves(kind)

    def _prepare(self, text: str) -> Prepared:
        return prepare(text, self._schema, self.limits, self.introspection)

    def refusals(
        self, query: str | None, variables: dict[str, Any] | None, operation_name: str | None
    ) -> list[GraphQLError]:
        """What is wrong with a request before anything of it runs."""
        if not query:
            return [_refusal(BadInput("请求里没有 query。", field="query", reason="required"))]
        prepared = self.prepared(query)
        if prepared.errors:
            return list(prepared.errors)
        operation = prepared.operation(operation_name)
        if operation is None:
            message = "文档里有几个操作，请用 operationName 说明要哪一个；名字要和文档里的一样。"
            return [_refusal(BadInput(message, field="operationName", reason="unknown"))]
        try:
            check_cost(prepared.cost(self._schema, operation, variables), self.limits)
        except LiuheError as error:
            return [_refusal(error)]
        return []

    async def execute(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any | None = None,
        root_value: Any | None = None,
        operation_name: str | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
        operation_extensions: dict[str, Any] | None = None,
    ) -> ExecutionResult:
        if refusals := self.refusals(query, variable_values, operation_name):
            return PreExecutionError(data=None, errors=self._present(refusals, context_value))
        prepared = self.prepared(query or "")
        if self.execution_context_class is Executor and straight.is_query(prepared, operation_name):
            result = await straight.ask(
                self._schema, prepared.document, variable_values, context_value, operation_name
            )
        else:
            result = await super().execute(
                query,
                variable_values,
                context_value,
                root_value,
                operation_name,
                allowed_operation_types,
                operation_extensions,
            )
        if isinstance(context_value, Context):
            await context_value.write_readings()
        result.errors = self._present(result.errors, context_value) or None
        return result

    async def stream(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any | None = None,
        root_value: Any | None = None,
        operation_name: str | None = None,
        operation_extensions: dict[str, Any] | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
    ) -> AsyncGenerator[Any, None]:
        """Over a socket: each operation with a context of its own."""
        context = context_value.anew() if isinstance(context_value, Context) else context_value
        if refusals := self.refusals(query, variable_values, operation_name):
            return _once(PreExecutionError(data=None, errors=self._present(refusals, context)))
        source = await super().stream(
            query,
            variable_values,
            context,
            root_value,
            operation_name,
            operation_extensions,
            allowed_operation_types,
        )
        return self._presented(source, context)

    async def _presented(
        self, source: AsyncGenerator[Any, None], context: Any
    ) -> AsyncGenerator[Any, None]:
        async with aclosing(source):
            async for result in source:
                if isinstance(context, Context):
                    await context.write_readings()
                result.errors = self._present(result.errors, context) or None
                yield result

    def _present(self, errors: Iterable[GraphQLError] | None, context: Any) -> list[GraphQLError]:
        request_id = context.request_id if isinstance(context, Context) else ""
        return present(errors, request_id, suggest=self.introspection)

    def process_errors(self, errors: list[GraphQLError], execution_context: Any = None) -> None:
        """Nothing: `present` logs what is to be logged."""


def _hung(plugins: Iterable[Plugin]) -> dict[str, list[StrawberryField]]:
    hung: dict[str, list[StrawberryField]] = {}
    theirs = (extension for plugin in plugins for extension in plugin.graphql)
    for extension in (*exchange.EXTENSIONS, *theirs):
        definition = extension.fields.__strawberry_definition__  # type: ignore[attr-defined]
        hung.setdefault(extension.type_name, []).extend(definition.fields)
    return hung


def _guarded(resolve: Callable[..., Any]) -> Callable[..., Any]:
    def signed_in(source: Any, info: Any, **arguments: Any) -> Any:
        context: Context = info.context
        if context.viewer_if_any is None:
            raise NotSignedIn()
        return resolve(source, info, **arguments)

    return signed_in


def _refusal(error: LiuheError) -> GraphQLError:
    return GraphQLError(error.message, original_error=error)


async def _once(result: ExecutionResult) -> AsyncGenerator[Any, None]:
    yield result
