"""Live: cases that were opened, have moved, or become due."""

# mypy: disallow-untyped-decorators=False
# (strawberry.field, used with brackets, is published without a type)

from collections.abc import AsyncGenerator
from typing import Annotated

import strawberry

from liuhe.graphql import Info, facts_stream
from plugins.cases.facts import (
    CaseDueSoon,
    CaseFact,
    CaseMoved,
    CaseOpened,
    CaseOverdue,
    TaskCalled,
    TaskDueSoon,
    TaskMoved,
    TaskOverdue,
)
from plugins.cases.schema.nodes import Case

KINDS: tuple[type[CaseFact], ...] = (
    CaseOpened,
    CaseMoved,
    CaseDueSoon,
    CaseOverdue,
    TaskCalled,
    TaskMoved,
    TaskDueSoon,
    TaskOverdue,
)


@strawberry.type
class CaseSubscriptions:
    @strawberry.subscription(
        description="案件或它的协办有变化，每次按当时的权限给 · a case that I may see has changed"
    )
    async def case_changed(
        self,
        info: Info,
        id: Annotated[
            strawberry.ID | None, strawberry.argument(description="只要这一件 · only this one")
        ] = None,
    ) -> AsyncGenerator[Case, None]:
        only = None if id is None else Case.key(id)
        async for fact in facts_stream(info, *KINDS):
            if only in (None, fact.case_id) and (case := await Case.find(info, fact.case_id)):
                yield case
