"""GraphQL for plugins. Types come from `strawberry` itself; from here come pages, ids, loaders.

    from collections.abc import AsyncGenerator
    from typing import Annotated

    import strawberry
    from tortoise.queryset import QuerySet

    from liuhe import Extension, Viewer, hookimpl, within
    from liuhe.graphql import (
        After, Before, Connection, First, Info, Last, Node, Payload,
        connection, facts_stream, mutation, reads,
    )

    @strawberry.type(description="一棵树")
    class Tree(Node):                       # `id: ID!` comes with Node
        row: strawberry.Private[models.Tree]
        species: str = strawberry.field(description="树种")    # reads row.species

        @classmethod
        def seen_by(cls, viewer: Viewer) -> QuerySet[models.Tree]:
            return models.Tree.filter(within(viewer, "trees.see", SCOPE))

        # What it reads of the row: lists with such fields alone are one statement, without objects.
        @strawberry.field(description="栽下多少年", metadata=reads("planted_at"))
        def age(self, info: Info) -> int:
            return info.context.now.year - self.row.planted_at.year

    @strawberry.type
    class TreeQueries:                      # hung on Query below
        @strawberry.field(description="看得到的树，新栽的在前")
        async def trees(
            self, info: Info,
            first: First = None, after: After = None, last: Last = None, before: Before = None,
        ) -> Connection[Tree]:
            return connection(
                Tree.seen_by(info.context.viewer), Tree.of, order=["-planted_at"],
                first=first, after=after, last=last, before=before,
            )

        @strawberry.field(description="一棵树")
        async def tree(
            self, info: Info,
            id: Annotated[strawberry.ID, strawberry.argument(description="全局标识")],
        ) -> Tree | None:
            return await Tree.at(info, id)

    @strawberry.type
    class CaseTrees:                        # hung on a neighbour's type: self is the Case
        @strawberry.field(description="这件事关系到的树")
        async def trees(self, info: Info) -> list[Tree]:
            rows = await info.context.loaders.load_many(models.Tree, "case_id", self.row.id)
            return [Tree.of(row) for row in rows]

    @strawberry.input(description="栽一棵树")
    class PlantTreeInput:
        species: str = strawberry.field(description="树种")

    @strawberry.type(description="栽树的结果")
    class PlantTreePayload(Payload):        # `errors` comes with Payload
        tree: Tree | None = strawberry.field(default=None, description="栽下的树")

    @strawberry.type
    class TreeMutations:
        @mutation(description="栽一棵树")     # BadInput becomes `errors`
        async def plant_tree(
            self, info: Info,
            input: Annotated[PlantTreeInput, strawberry.argument(description="栽什么")],
        ) -> PlantTreePayload:
            row = await actions.plant_tree(info.context.viewer, species=input.species)
            return PlantTreePayload(tree=Tree.of(row))

    @strawberry.type
    class TreeSubscriptions:
        @strawberry.subscription(description="有树栽下")
        async def tree_planted(self, info: Info) -> AsyncGenerator[Tree, None]:
            async for fact in facts_stream(info, TreePlanted):
                if tree := await Tree.find(info, fact.tree_id):
                    yield tree

    @hookimpl
    def add_graphql() -> list[Extension]:
        return [
            Extension("Query", TreeQueries),
            Extension("Mutation", TreeMutations),
            Extension("Subscription", TreeSubscriptions),
            Extension("Case", CaseTrees),
        ]

Every type, field, argument and enum value needs a description. Root fields are only reached
signed in, unless they carry `metadata=PUBLIC`.
"""

from web.graphql.connections import (
    After,
    Before,
    Connection,
    Edge,
    First,
    Last,
    PageInfo,
    connection,
)
from web.graphql.context import Context, Info, Loaders
from web.graphql.fast.shapes import follows, reads
from web.graphql.live import facts_stream
from web.graphql.nodes import Node, found, global_id
from web.graphql.payloads import Payload, UserError, mutation
from web.graphql.roots import PUBLIC

__all__ = [
    "PUBLIC",
    "After",
    "Before",
    "Connection",
    "Context",
    "Edge",
    "First",
    "Info",
    "Last",
    "Loaders",
    "Node",
    "PageInfo",
    "Payload",
    "UserError",
    "connection",
    "facts_stream",
    "follows",
    "found",
    "global_id",
    "mutation",
    "reads",
]
