"""Subscriptions are fed by facts."""

from collections.abc import AsyncGenerator
from typing import Any, TypeVar

from pydantic import TypeAdapter

from core.errors import Unavailable
from core.facts import Fact
from web.graphql.context import Info
from web.hub import Lagged

F = TypeVar("F", bound=Fact)


class FellBehind(Unavailable):
    """The client does not read as fast as things happen; its socket is closed."""

    def __init__(self) -> None:
        super().__init__("您的连接跟不上实时消息，请重新连接并重新读取数据。")


async def facts_stream(info: Info, *kinds: type[F]) -> AsyncGenerator[F, None]:
    """Facts of these kinds from now on; the context is fresh (time, loaders) for each of them.

    A fact carries ids only: look the thing up with `find`, and skip it if it is not there, so that
    nobody hears of what they may not see.
    """
    known: dict[str, TypeAdapter[Any]] = {kind.name: TypeAdapter(kind) for kind in kinds}
    async with info.context.hub.listen(*known) as listener:
        async for row in listener:
            if isinstance(row, Lagged):
                info.context.caller.lagging = True
                raise FellBehind()
            info.context.refresh()
            yield known[row.name].validate_python(row.payload)
