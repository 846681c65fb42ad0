"""Queries straight to the executor.

Strawberry leads every operation through its extensions, which read and validate the document. Ours
is prepared by then and no extension has another word in it, so a query needs none of that.
"""

from inspect import isawaitable
from typing import Any, cast

from graphql import DocumentNode, GraphQLSchema, OperationType, execute
from strawberry.execution import optimized_is_awaitable
from strawberry.types import ExecutionResult

from web.graphql.documents import Prepared
from web.graphql.leaves import Executor


def is_query(prepared: Prepared, name: str | None) -> bool:
    operation = prepared.operation(name)
    return operation is not None and operation.operation is OperationType.QUERY


async def ask(
    schema: GraphQLSchema,
    document: DocumentNode,
    variables: dict[str, Any] | None,
    context: Any,
    name: str | None,
) -> ExecutionResult:
    """The answer of a query whose document is in order."""
    result: Any = execute(
        schema,
        document,
        context_value=context,
        variable_values=variables,
        operation_name=name,
        executor_class=Executor,
        is_awaitable=cast(Any, optimized_is_awaitable),
    )
    result = await result if isawaitable(result) else result
    return ExecutionResult(data=result.data, errors=result.errors)
