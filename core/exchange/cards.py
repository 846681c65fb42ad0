"""What plugins declare of their imports and exports."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from core.errors import PluginError
from core.sheets import FORMATS, Choice, Column, Event, Row

if TYPE_CHECKING:
    from core.permissions import Viewer

Outcome = Literal["new", "changed", "same"]
#: What was asked for, as in the address of the list that is exported.
Asked: TypeAlias = Mapping[str, str]
Parts: TypeAlias = AsyncIterator[Sequence[Mapping[str, Any]]]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What would come of a line. `problems`: by column, "" for the whole; with any, nothing.

    `plan`: what was looked up on the way, for the writing.
    """

    outcome: Outcome = "new"
    problems: Mapping[str, str] = field(default_factory=dict)
    plan: Any = None


@dataclass(frozen=True, kw_only=True)
class Import:
    """A table that can be brought in, by whoever holds `permission`.

    `key`: the column by which a line is known again; the same line again changes nothing.
    `check(viewer, rows)` tells what would come of each, in a fixed number of queries; it writes
    nothing. `write(viewer, pairs)` does it, in the caller's transaction, for rows that were checked
    in it. `choices()`: what may stand in a column, where the database says it.
    """

    name: str
    title: str
    permission: str
    columns: tuple[Column, ...]
    key: str
    check: "Callable[[Viewer, Sequence[Row]], Awaitable[Sequence[Verdict]]]"
    write: "Callable[[Viewer, Sequence[tuple[Row, Verdict]]], Awaitable[None]]"
    choices: "Callable[[], Awaitable[Mapping[str, Sequence[Choice]]]] | None" = None
    hint: str = ""
    back: str = ""

    @property
    def personal(self) -> bool:
        return any(column.personal for column in self.columns)


@dataclass(frozen=True, kw_only=True)
class Export:
    """A list that can be taken out, by whoever holds `permission`.

    `parts(viewer, asked)` gives what this viewer may see, part by part; `count` how much that is.
    `point`: the columns with longitude and latitude (WGS-84), for GeoJSON. `event`: a row as an
    entry of a calendar. `personal`: it tells of persons, and a reason is asked for.
    """

    name: str
    title: str
    permission: str
    columns: tuple[Column, ...]
    count: "Callable[[Viewer, Asked], Awaitable[int]]"
    parts: "Callable[[Viewer, Asked], Parts]"
    point: tuple[str, str] | None = None
    event: Callable[[Mapping[str, Any]], Event | None] | None = None
    personal: bool = False
    hint: str = ""
    back: str = ""

    @property
    def formats(self) -> tuple[str, ...]:
        has = {"geojson": self.point, "ics": self.event}
        return tuple(name for name in FORMATS if has.get(name, True))


def check_exchange(
    name: str,
    imports: Sequence[Import],
    exports: Sequence[Export],
    permissions: frozenset[str],
) -> None:
    """Refuse a plugin whose imports and exports do not hold together."""
    tables: list[Import | Export] = [*imports, *exports]
    for one in tables:
        if problem := _problem(name, one, permissions):
            raise PluginError(f"插件“{name}”的表格“{one.title}”{problem}。")


def _problem(name: str, one: Import | Export, permissions: frozenset[str]) -> str:
    columns = [column.name for column in one.columns]
    if not one.name.startswith(f"{name}."):
        return f"的代号 {one.name} 要以“{name}.”开头"
    if one.permission not in permissions:
        return f"要的权限 {one.permission} 没有声明"
    if len(set(columns)) < len(columns):
        return "有两列同名"
    if isinstance(one, Import) and one.key not in columns:
        return f"没有 {one.key} 这一列，认不出同一行"
    if isinstance(one, Export) and not set(one.point or ()) <= set(columns):
        return "没有经纬度的两列"
    return ""
