"""In which order plugins are let in, and what one needs of the others.

Ground comes before what stands on it; among equals the plugins of this house come first, then by
name, so that the order never varies.
"""

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from heapq import heappop, heappush

from core.discovery import Found
from core.manifest import Manifest


def order(found: Mapping[str, Found], failed: dict[str, str]) -> list[str]:
    """Names so that what is required comes first; members of a circle go to `failed`."""
    remaining = {name: found[name] for name in sorted(found)}
    while True:
        sorter: TopologicalSorter[str] = TopologicalSorter(
            {
                name: sorted(need for need in one.card.requires if need in remaining)
                for name, one in remaining.items()
            }
        )
        try:
            sorter.prepare()
        except CycleError as error:
            circle = sorted(set(error.args[1]))
            for name in circle:
                failed[name] = f"插件互相依赖成环：{'、'.join(circle)}。"
                del remaining[name]
            continue
        return _stable(sorter, remaining)


def _stable(sorter: "TopologicalSorter[str]", found: Mapping[str, Found]) -> list[str]:
    """One after another, of what is ready first those of this house, then by name."""
    ready: list[tuple[bool, str]] = []
    result: list[str] = []
    while sorter.is_active():
        for name in sorter.get_ready():
            heappush(ready, (found[name].third_party, name))
        _, first = heappop(ready)
        result.append(first)
        sorter.done(first)
    return result


def closure_down(found: Mapping[str, Found], names: set[str]) -> set[str]:
    """The names with all that they require."""
    todo, result = list(names), set[str]()
    while todo:
        name = todo.pop()
        if name in found and name not in result:
            result.add(name)
            todo.extend(found[name].card.requires)
    return result


def closure_up(found: Mapping[str, Found], names: set[str]) -> set[str]:
    """The names with all that require them."""
    result = set(names)
    while more := {
        name for name, one in found.items() if name not in result and result & {*one.card.requires}
    }:
        result |= more
    return result


def missing(name: str, need: str, failed: Mapping[str, str], off: Mapping[str, Manifest]) -> str:
    if need in failed:
        return f"插件“{name}”需要的“{need}”没能装载：{failed[need]}"
    if need in off:
        return f"插件“{name}”需要“{need}”，而它已停用。"
    return f"插件“{name}”需要“{need}”，而它没有安装。"
