"""Writing the ground over GraphQL: importing divisions, after a dry run."""

# mypy: disallow-untyped-decorators=False

import json
from datetime import date
from typing import Annotated, Any

import strawberry
from strawberry.scalars import JSON

from liuhe.graphql import Info, Payload, mutation
from plugins.places.actions import Line, Plan, import_divisions, plan_import, today


@strawberry.input(description="导入区划 · divisions to import")
class ImportDivisionsInput:
    geojson: JSON = strawberry.field(
        description="GeoJSON FeatureCollection，WGS-84；properties：code、name、level、"
        "parent_code、kind、note、valid_from · the divisions"
    )
    on: date | None = strawberry.field(
        default=None, description="从哪一天起，默认今天 · from which day, else today"
    )
    dry_run: bool = strawberry.field(
        default=True, description="只试算，不写 · tell only, write nothing"
    )
    correction: bool = strawberry.field(
        default=False,
        description="范围不同是因为原来画错了，不是界线调整 · differing shapes were drawn wrong",
    )


@strawberry.type(description="导入文件里的一项 · one feature of an import")
class ImportLine:
    line: strawberry.Private[Line]

    @strawberry.field(description="第几项，从 1 起 · which feature")
    def number(self) -> int:
        return self.line.row.number

    @strawberry.field(description="区划代码 · code")
    def code(self) -> str:
        return self.line.row.code

    @strawberry.field(description="名称 · name")
    def name(self) -> str:
        return self.line.row.name

    @strawberry.field(
        description="会变什么：new、shape、name、class；空表示没有变化 · what would change"
    )
    def changes(self) -> list[str]:
        return list(self.line.changes)

    @strawberry.field(description="哪里不对、怎么改；没有就为空 · what is wrong, and what to do")
    def problem(self) -> str | None:
        return self.line.problem or None


@strawberry.type(description="导入的结果 · what an import did, or would do")
class ImportDivisionsPayload(Payload):
    plan: strawberry.Private[Plan | None] = None
    done: bool = strawberry.field(default=False, description="已经写入 · whether it was written")

    @strawberry.field(description="每一项，按文件的顺序 · each feature")
    def lines(self) -> list[ImportLine]:
        return [ImportLine(line=line) for line in self.plan.lines] if self.plan else []

    @strawberry.field(description="不妨碍导入、但要留意的 · what to look at")
    def warnings(self) -> list[str]:
        return list(self.plan.warnings) if self.plan else []


@strawberry.type
class PlaceMutations:
    @mutation(description="导入区划：先试算，再整批写入，或者一项也不写 · import divisions")
    async def import_divisions(
        self,
        info: Info,
        input: Annotated[ImportDivisionsInput, strawberry.argument(description="文件 · the file")],
    ) -> ImportDivisionsPayload:
        data = json.dumps(input.geojson, ensure_ascii=False).encode()
        viewer, on = info.context.viewer, input.on or today()
        plan: Any = await plan_import(viewer, data, on)
        if input.dry_run or plan.errors:
            return ImportDivisionsPayload(plan=plan)
        plan = await import_divisions(viewer, data, on, moved=not input.correction)
        return ImportDivisionsPayload(plan=plan, done=True)
