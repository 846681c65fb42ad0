"""Documents read once: parsed, measured and validated, then kept by their text.

(Strawberry's ParserCache and ValidationCache do the same in two steps, but hash the whole
document for the second and let a subscription's syntax error escape.)
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    parse,
    recommended_rules,
    specified_rules,
    validate,
)
from graphql.utilities import get_operation_ast
from strawberry.extensions import SchemaExtension
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from core.errors import TooCostly
from web.graphql.kept import Kept
from web.graphql.limits import Cost, Limits, check_shape, numbers_of

RULES = (
    *specified_rules,
    *recommended_rules,
    MaybeNullValidationRule,
    OneOfInputValidationRule,
)


@dataclass(frozen=True)
class Prepared:
    """A document, and what is wrong with it whatever the variables are."""

    document: DocumentNode
    errors: tuple[GraphQLError, ...] = ()
    _costs: Kept[int] = field(default_factory=lambda: Kept(32), compare=False)

    def operation(self, name: str | None) -> OperationDefinitionNode | None:
        return get_operation_ast(self.document, name)

    def cost(
        self,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any] | None,
    ) -> int:
        """Of one of its operations; counted once for the same page sizes."""
        numbers = numbers_of(operation, variables)
        name = operation.name.value if operation.name else None

        def counted() -> int:
            return Cost(schema, self.document, numbers).of_operation(operation)

        return self._costs.get((name, numbers), counted)


def prepare(text: str, schema: GraphQLSchema, limits: Limits, introspection: bool) -> Prepared:
    try:
        document = _parse(text, limits)
        check_shape(document, limits)
    except GraphQLError as error:
        return Prepared(DocumentNode(), (error,))
    except TooCostly as error:
        return Prepared(DocumentNode(), (GraphQLError(error.message, original_error=error),))
    rules = RULES if introspection else (*RULES, NoSchemaIntrospectionCustomRule)
    errors = validate(schema, document, rules, hide_suggestions=not introspection)
    return Prepared(document, tuple(errors))


def _parse(text: str, limits: Limits) -> DocumentNode:
    if len(text) > limits.length:
        raise TooCostly(
            f"查询有 {len(text)} 个字符，最多 {limits.length} 个；请把值放进 variables。"
        )
    try:
        return parse(text, max_tokens=limits.tokens)
    except GraphQLSyntaxError as error:
        if "tokens. Parsing aborted" in error.message:
            raise TooCostly(f"查询超过 {limits.tokens} 个记号，请分几次查询。") from error
        raise


class UsePrepared(SchemaExtension):
    """Lets Strawberry take the prepared document instead of reading it again."""

    def on_parse(self) -> Iterator[None]:
        context = self.execution_context
        if context.query is not None:
            context.graphql_document = cast(Any, context.schema).prepared(context.query).document
        yield

    def on_validate(self) -> Iterator[None]:
        context = self.execution_context
        if context.query is not None:
            prepared = cast(Any, context.schema).prepared(context.query)
            context.pre_execution_errors = list(prepared.errors)
        yield
