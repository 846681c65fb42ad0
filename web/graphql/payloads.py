"""Mutations: what the user can mend comes back in the payload, all else as a GraphQL error."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Self

import strawberry
from strawberry.extensions import FieldExtension

from core.errors import BadInput
from web.graphql.context import Info


@strawberry.type(description="用户可以改正的一处输入 · something that the user can mend")
class UserError:
    field: str = strawberry.field(description="哪一项输入，空表示整体 · which input, empty = whole")
    code: str = strawberry.field(description="机器可读的原因 · a short machine word")
    message: str = strawberry.field(description="给用户看的一句话 · one sentence for the user")


@strawberry.type
class Payload:
    """Base of every mutation's payload; add the changed object, null by default."""

    errors: list[UserError] = strawberry.field(
        default_factory=list, description="需要用户改正的地方，空表示成功 · empty on success"
    )

    @classmethod
    def refused(cls, error: BadInput) -> Self:
        return cls(errors=[UserError(field=error.field, code=error.reason, message=error.message)])


class _Mending(FieldExtension):
    """`BadInput` becomes the payload's `errors`; the loaders forget what was before."""

    async def resolve_async(
        self, next_: Callable[..., Awaitable[Any]], source: Any, info: Info, **kwargs: Any
    ) -> Any:
        try:
            return await next_(source, info, **kwargs)
        except BadInput as error:
            kind = info.return_type
            if not (isinstance(kind, type) and issubclass(kind, Payload)):
                raise
            return kind.refused(error)
        finally:
            info.context.loaders.clear()


def mutation(
    *,
    description: str,
    name: str | None = None,
    deprecation_reason: str | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Any:
    """For an async method with one `input` that returns a `Payload`; `metadata=PUBLIC` for one
    that is reached without signing in and guards itself."""
    return strawberry.mutation(
        name=name,
        description=description,
        deprecation_reason=deprecation_reason,
        metadata=dict(metadata or {}),
        extensions=[_Mending()],
    )
