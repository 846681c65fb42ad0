"""What may exist once only, by kind."""

import re
from collections import Counter
from collections.abc import Iterable

from core import audit, departures, facts
from core.contributions import Page
from core.errors import PluginError
from core.gathering import Plugin
from core.jobs import Job
from core.permissions import PERMISSIONS, ROLES
from core.tables import names_in

#: As long as their columns are.
LONGEST_NAME = {
    "任务": 160,
    "事实": 60,
    "角色": 30,
    "文件类别": 30,
    "审计动作": 60,
    "个人信息类别": 60,
}

#: What the kernel itself defines, besides its jobs.
OWN = {
    "权限": [permission.name for permission in PERMISSIONS],
    "角色": [role.name for role in ROLES],
    "审计动作": [one.name for one in audit.AUDITED],
    "事实": [fact.name for fact in departures.FACTS],
}


def check_clashes(plugin: Plugin, others: Iterable[Plugin], own_jobs: Iterable[Job]) -> None:
    """Refuse what is defined twice, naming both who did."""
    own = {**OWN, "任务": [job.name for job in own_jobs]}
    taken = [("liuhe", own), *((other.name, claims(other)) for other in others)]
    for kind, names in claims(plugin).items():
        for name, times in sorted(Counter(names).items()):
            if times > 1:
                raise PluginError(f"插件“{plugin.name}”把{kind}“{name}”定义了两次。")
            if len(name) > LONGEST_NAME.get(kind, 200):
                raise PluginError(f"插件“{plugin.name}”的{kind}“{name}”名字太长。")
            for other, theirs in taken:
                if name in theirs.get(kind, ()):
                    raise PluginError(
                        f"插件“{plugin.name}”和“{other}”都定义了{kind}“{name}”，"
                        f"“{plugin.name}”没有装载；请改名或停用其中一个。"
                    )


def claims(plugin: Plugin) -> dict[str, list[str]]:
    """Everything that may exist once only, by what it is called in a sentence."""
    return {
        "GraphQL 字段": [
            f"{extension.type_name}.{name}"
            for extension in plugin.graphql
            for name in _field_names(extension.fields)
        ],
        "数据表": table_names(plugin),
        "导入": [one.name for one in plugin.imports],
        "导出": [one.name for one in plugin.exports],
        "设置类": [f"{one.__module__}.{one.__qualname__}" for one in [plugin.settings] if one],
        "页面地址": [address for page in plugin.pages for address in _addresses(plugin, page)],
        "菜单": [entry.href for entry in plugin.menu],
        "权限": [permission.name for permission in plugin.permissions],
        "角色": [role.name for role in plugin.roles],
        "任务": [
            *(job.name for job in plugin.jobs),
            *(facts.delivery_name(listener) for listener in plugin.listeners),
        ],
        "审计动作": [one.name for one in plugin.audited],
        "个人信息类别": kind_names(plugin),
        "事实": [fact.name for fact in plugin.facts],
        "地图图层": [layer.name for layer in plugin.map_layers],
        "指标": [one.code for one in plugin.indicators],
        "机器指标": [gauge.name for gauge in plugin.gauges],
        "接缝": [seam.name for seam in plugin.seams],
        "文件类别": [keeper.kind for keeper in plugin.keepers],
    }


def _addresses(plugin: Plugin, page: Page) -> Iterable[str]:
    address = f"{'' if page.public else '/admin'}/{plugin.name}{getattr(page.route, 'path', '')}"
    for method in sorted(getattr(page.route, "methods", None) or [""]):
        yield f"{method} {address}".strip()


def _field_names(fields: type) -> Iterable[str]:
    definition = getattr(fields, "__strawberry_definition__", None)
    if definition is None:
        raise PluginError(f"{fields.__name__} 要加上 @strawberry.type 才能扩展 GraphQL。")
    return [one.graphql_name or _camel(one.python_name) for one in definition.fields]


def _camel(name: str) -> str:
    """As Strawberry writes a Python name."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() or "_" for part in rest)


def kind_names(plugin: Plugin) -> list[str]:
    """Kinds of personal values; each begins with the plugin's name, as a table does."""
    names = [one.name for one in plugin.personal]
    for name in names:
        if not re.fullmatch(rf"{plugin.name}\.[a-z][a-z0-9_]*", name):
            raise PluginError(
                f"插件“{plugin.name}”的个人信息类别“{name}”要以“{plugin.name}.”开头，"
                "后面只用小写字母、数字和下划线。"
            )
    return names


def table_names(plugin: Plugin) -> list[str]:
    return names_in(plugin.name, plugin.tables.modules) if plugin.tables else []
