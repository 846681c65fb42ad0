"""What the audit shows in words: rows hold only ids and codes."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from core.areas import Area
from core.contributions import Audited
from core.house import house
from core.kernel import Kernel
from core.people import Person, Unit
from core.permissions import ROLES

PEOPLE = "core.Person"
#: What the kernel's own things are called; others are called as their plugin says.
OWN_KINDS = {
    PEOPLE: "账号",
    "core.Unit": "单位",
    "core.Area": "区划",
    "core.Post": "岗位",
    "core.Session": "登录",
    "core.File": "图片",
    "core.Personal": "加密保存的个人信息",
    "core.Hold": "保全",
    "core.Certificate": "销毁证明",
    "core.Assessment": "影响评估",
}
#: What is often told, whoever tells it.
WORDS = {
    **{role.name: role.title for role in ROLES},
    "person": "人",
    "unit": "单位",
    "unit_id": "单位",
    "area": "区域",
    "area_id": "区域",
    "role": "岗位",
    "by": "通过",
    "browser": "网页",
    "api": "接口",
    "code": "验证码",
    "oidc": "统一登录",
    "from": "从",
    "until": "到",
    "on": "日期",
    "day": "日期",
    "times": "时间",
    "begins": "从几点",
    "ends": "到几点",
    "number": "编号",
    "count": "条数",
    "change": "改动",
    "before": "以前",
    "after": "以后",
    "removed": "去掉",
    "rule": "规则",
    "plugin": "插件",
    "kind": "种类",
    "reason": "原因",
    "days": "天数",
    "scopes": "能做的事",
    "session": "登录",
    "sessions": "登录数",
    "renamed": "改名",
    "active": "在用",
    "stands_in_for": "代谁的岗位",
    "switched_on": "启用",
    "switched_off": "停用",
    "name": "账号名",
    "address": "地址",
}
NAMED = {
    "person": Person,
    "unit": Unit,
    "unit_id": Unit,
    "area": Area,
    "area_id": Area,
}
#: Minutes since midnight.
MINUTES = ("times", "begins", "ends")

Names = Mapping[tuple[str, int], str]


def kinds(kernel: Kernel) -> dict[str, str]:
    """What each kind of thing is called, for looking for it and for showing it."""
    held = {rule.name: rule.thing for rule in house().retentions if rule.thing}
    said = {name: title for one in kernel.audited for name, title in one.kinds.items()}
    return {**OWN_KINDS, **said, **held}


async def names_in(details: Iterable[Mapping[str, Any]]) -> Names:
    """The names of the persons, units and areas of which only the ids are told."""
    wanted: dict[type[Any], set[int]] = {}
    for key, value in (pair for one in details for pair in _pairs(one)):
        if key in NAMED and isinstance(value, int):
            wanted.setdefault(NAMED[key], set()).add(value)
    found: dict[tuple[str, int], str] = {}
    for model, ids in wanted.items():
        known = dict(await model.filter(id__in=ids).values_list("id", "name"))
        found |= {(key, id): known[id] for key in NAMED if NAMED[key] is model for id in known}
    return found


def _pairs(details: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in details.items():
        if isinstance(value, Mapping):
            yield from _pairs(value)
        else:
            yield key, value


def told(known: Audited | None, details: Mapping[str, Any], names: Names) -> str:
    """One line; what has no word yet is shown as it was written down."""
    words = {**WORDS, **(known.words if known else {})}
    return _line(details, words, names)


def _line(details: Mapping[str, Any], words: Mapping[str, str], names: Names) -> str:
    parts = []
    # In the order of the words: PostgreSQL keeps none of its own.
    known = {key: place for place, key in enumerate(words)}
    for key, value in sorted(details.items(), key=lambda one: (known.get(one[0], 999), one[0])):
        if value is not None and value not in ("", [], {}):
            parts.append(f"{words.get(key, key)} {_value(key, value, words, names)}")
    return "，".join(parts)


def _value(key: str, value: Any, words: Mapping[str, str], names: Names) -> str:
    if isinstance(value, Mapping):
        return f"（{_line(value, words, names)}）"
    if isinstance(value, list):
        return "、".join(_value(key, one, words, names) for one in value)
    if isinstance(value, bool) or value is None:
        return {True: "是", False: "否", None: "没有"}[value]
    if isinstance(value, int) and key in MINUTES:
        return f"{value // 60:02}:{value % 60:02}"
    if isinstance(value, int):
        return names.get((key, value), str(value))
    return words.get(value, str(value))
