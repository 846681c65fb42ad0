"""The fields that every house has: who asks, what is installed, anything by its id."""

# mypy: disallow-untyped-decorators=False
# (strawberry.field, used with brackets, is published without a type)

from collections.abc import Mapping
from typing import Annotated, Any, Final

import strawberry

from core.manifest import Manifest
from web.graphql.context import Info
from web.graphql.nodes import Node, split_id

#: `strawberry.field(metadata=PUBLIC)`: a root field that is answered without signing in.
PUBLIC: Final[Mapping[str, bool]] = {"liuhe.public": True}


@strawberry.type(name="Role", description="一个人担任的角色 · a role that somebody holds")
class RoleHeld:
    name: str = strawberry.field(description="角色的代号 · short name")
    title: str = strawberry.field(description="角色的名称 · title")


@strawberry.type(name="Viewer", description="发出请求的人 · the person who asks")
class ViewerNode:
    name: str = strawberry.field(description="姓名 · name")
    username: str = strawberry.field(description="账号 · user name")
    roles: list[RoleHeld] = strawberry.field(description="担任的角色 · roles held")
    permissions: list[str] = strawberry.field(
        description="在任何范围内持有的权限 · permissions held anywhere"
    )


@strawberry.type(name="Plugin", description="一个插件 · a plugin")
class PluginCard:
    name: str = strawberry.field(description="代号 · short name")
    title: str = strawberry.field(description="名称 · title")
    version: str | None = strawberry.field(description="版本；读不到时为空 · version, if readable")
    enabled: bool = strawberry.field(description="是否在运行 · whether it runs")
    requires: list[str] = strawberry.field(description="需要的其他插件 · plugins that it needs")
    reason: str | None = strawberry.field(description="没有运行的原因 · why it does not run")


@strawberry.type(description="读取 · what can be read")
class Query:
    @strawberry.field(description="发出请求的人 · the person who asks")
    def viewer(self, info: Info) -> ViewerNode | None:
        viewer = info.context.viewer
        titles = {role.name: role.title for role in info.context.kernel.roles}
        return ViewerNode(
            name=viewer.name,
            username=viewer.username,
            roles=[RoleHeld(name=n, title=titles.get(n, n)) for n in sorted(viewer.roles)],
            permissions=sorted({name for grant in viewer.grants for name in grant.names}),
        )

    @strawberry.field(description="装有的插件 · the plugins that are installed")
    def plugins(self, info: Info) -> list[PluginCard]:
        return [*_running(info), *_off(info), *_failed(info)]

    @strawberry.field(
        description="任何有全局标识的事物；没有或无权查看时为空 · anything by its global id"
    )
    async def node(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="全局标识 · global id")],
    ) -> Node | None:
        name, _ = split_id(id)
        definition: Any = info.schema.get_type_by_name(name)
        kind = getattr(definition, "origin", None)
        if not (isinstance(kind, type) and issubclass(kind, Node)) or kind is Node:
            return None
        return await kind.at(info, id)


def _running(info: Info) -> list[PluginCard]:
    return [_card(one.manifest) for one in info.context.kernel.plugins.values()]


def _off(info: Info) -> list[PluginCard]:
    return [_card(card, "已停用。") for card in info.context.kernel.off.values()]


def _failed(info: Info) -> list[PluginCard]:
    """Of a plugin that could not be loaded only its name and the reason are known."""
    return [
        PluginCard(name=name, title=name, version=None, enabled=False, requires=[], reason=reason)
        for name, reason in info.context.kernel.failed.items()
    ]


def _card(card: Manifest, reason: str | None = None) -> PluginCard:
    return PluginCard(
        name=card.name,
        title=card.title,
        version=card.version,
        enabled=reason is None,
        requires=list(card.requires),
        reason=reason,
    )
