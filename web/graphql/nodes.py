"""Things with a global id: thin types over rows."""

# mypy: disallow-untyped-decorators=False
# (strawberry.field, used with brackets, is published without a type)

import base64
import re
from collections.abc import Hashable
from functools import lru_cache
from typing import Any, ClassVar, Self, TypeVar, cast

import strawberry
from strawberry.types.base import StrawberryObjectDefinition
from tortoise.queryset import QuerySet

from core.errors import BadInput, NotFound
from core.permissions import Viewer
from web.graphql.context import Info

N = TypeVar("N", bound="Node")

_INTEGER = re.compile(r"[0-9]{1,18}")


@lru_cache(20_000, typed=True)
def global_id(type_name: str, key: Hashable) -> strawberry.ID:
    return strawberry.ID(base64.urlsafe_b64encode(f"{type_name}:{key}".encode()).decode())


def split_id(value: str, field: str = "id") -> tuple[str, str]:
    """Type name and key behind a global id, or BadInput."""
    try:
        text = base64.b64decode(value.encode("ascii"), altchars=b"-_", validate=True).decode()
        type_name, key = text.split(":", 1)
    except ValueError as error:
        raise BadInput(f"{field} 不是一个标识。", field=field, reason="id") from error
    return type_name, key


@strawberry.interface(description="有全局标识的事物 · anything with a global id")
class Node:
    """A type over a row: fields without a resolver read the row's attribute of the same name.

    A subclass tells what a viewer may see in `seen_by`; `node(id:)`, `find` and `at` ask it.
    Its fields have no defaults. Where the key is no number, set `key_type` (UUID, say).
    """

    row: strawberry.Private[Any]
    key_type: ClassVar[type] = int

    @strawberry.field(description="全局唯一的标识，可以交给 node(id:) · global id")
    def id(self) -> strawberry.ID:
        return global_id(type_name(type(self)), self.row.pk)

    def __getattr__(self, name: str) -> Any:
        if name == "row" or name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.row, name)

    @classmethod
    def of(cls, row: Any) -> Self:
        """The type over a row. Whoever calls it has made sure that the viewer may see the row."""
        node = object.__new__(cls)
        node.row = row
        return node

    @classmethod
    def of_any(cls, row: Any | None) -> Self | None:
        return None if row is None else cls.of(row)

    @classmethod
    def seen_by(cls, viewer: Viewer) -> "QuerySet[Any]":
        """The rows that this viewer may see."""
        raise NotImplementedError(f"{cls.__name__}.seen_by")

    @classmethod
    async def find(cls, info: Info, key: Any, *, field: str = "pk") -> Self | None:
        """By primary key (or a unique `field`), if the viewer may see it; many at once cost one
        query."""
        viewer = info.context.viewer

        async def load(keys: list[Any]) -> list[Any]:
            rows = await cls.seen_by(viewer).filter(**{f"{field}__in": keys})
            found = {getattr(row, field): row for row in rows}
            return [found.get(key) for key in keys]

        return cls.of_any(await info.context.loaders.batch(("node", cls, field), load).load(key))

    @classmethod
    async def at(cls, info: Info, id: strawberry.ID) -> Self | None:
        """By global id, if the viewer may see it: the resolver of `case(id:)`."""
        return await cls.find(info, cls.key(id))

    @classmethod
    def key(cls, id: strawberry.ID, field: str = "id") -> Any:
        """The primary key behind a global id of this type; BadInput for another's."""
        name, key = split_id(id, field)
        if name != type_name(cls):
            raise BadInput(
                f"{field} 要的是 {type_name(cls)}，给的是别的东西。", field=field, reason="type"
            )
        try:
            if cls.key_type is int and not _INTEGER.fullmatch(key):
                raise ValueError(key)
            return cls.key_type(key)
        except (ValueError, TypeError) as error:
            raise BadInput(f"{field} 不是一个标识。", field=field, reason="id") from error


def type_name(kind: type) -> str:
    """The name in GraphQL."""
    return cast(StrawberryObjectDefinition, kind.__strawberry_definition__).name  # type: ignore[attr-defined]


def found(node: N | None) -> N:
    """For resolvers that may not answer null."""
    if node is None:
        raise NotFound()
    return node
