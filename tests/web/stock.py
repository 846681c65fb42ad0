"""The executor without any shortcut: what every answer is compared with."""

from typing import Any

from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from web.graphql.connections import Listing


class Stock(StrawberryGraphQLCoreExecutionContext):
    """graphql-core's own, which is handed lists with their rows already fetched."""

    def complete_object_value(
        self, return_type: Any, details: Any, info: Any, path: Any, result: Any, context: Any
    ) -> Any:
        complete = super().complete_object_value
        if not isinstance(result, Listing):
            return complete(return_type, details, info, path, result, context)

        async def fetched() -> Any:
            rows = await result.fetch()
            completed: Any = complete(return_type, details, info, path, rows, context)
            return await completed if self.is_awaitable(completed) else completed

        return fetched()


def in_order(data: Any) -> Any:
    """Dictionaries as lists of pairs, so that the order counts."""
    if isinstance(data, dict):
        return [(name, in_order(value)) for name, value in data.items()]
    return [in_order(one) for one in data] if isinstance(data, list) else data
