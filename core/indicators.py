"""指标 indicators: what a figure means and how it is counted. A plugin declares, others show.

An indicator counts things, so that every figure can be traced to the things behind it.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from core.errors import PluginError
from core.house import house

if TYPE_CHECKING:
    from tortoise.queryset import QuerySet

    from core.permissions import Viewer

#: Ways to break a figure down; never by a natural person.
Dimension = Literal["unit", "area", "type"]
DIMENSIONS: tuple[Dimension, ...] = ("unit", "area", "type")

#: What a number is: reached, aimed at, compared with, or the difference.
FigureKind = Literal["achieved", "target", "baseline", "delta"]


@dataclass(frozen=True, kw_only=True)
class Span:
    """The time from `start` to before `end`, as it stood at `until`."""

    start: datetime
    end: datetime
    until: datetime


@dataclass(frozen=True, kw_only=True)
class Counted:
    """One thing that counts in a span; `part` tells apart several times that the same one does.

    `due_at` and `done_at` are why it counts as it does, to the second.
    """

    thing_id: int
    part: int = 0
    area_id: int
    unit_id: int | None = None
    type_code: str = ""
    numerator: bool
    denominator: bool = True
    due_at: datetime | None = None
    done_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Described:
    """A thing as a line of a list: what it is called, and where it is."""

    title: str
    href: str
    meta: str = ""


@dataclass(frozen=True, kw_only=True)
class Band:
    """A colour from `bound` percent on (up to it, where less is better); None takes the rest.

    `tone`: "ok", "warn", "bad" or "info".
    """

    colour: str
    tone: str
    bound: int | None = None


@dataclass(frozen=True, kw_only=True)
class Scale:
    """色标: colours from best to worst. Each scheme has its own; a changed one is a new version."""

    name: str
    version: int = 1
    bands: tuple[Band, ...]


@dataclass(frozen=True, kw_only=True)
class Things:
    """What an indicator counts. `node`: the GraphQL type, "" for none. `permission`: to see them.

    `seen(viewer)`: those that the viewer may see. `describe(ids)` and `type_names(codes)` give the
    words; nobody is asked there whether somebody may see them.
    """

    title: str
    permission: str
    seen: "Callable[[Viewer], QuerySet[Any]]"
    describe: Callable[[Sequence[int]], Awaitable[Mapping[int, Described]]]
    type_names: Callable[[Iterable[str]], Awaitable[Mapping[str, str]]]
    node: str = ""


@dataclass(frozen=True, kw_only=True)
class Indicator:
    """口径: a rate, as its owner declares it. `code` begins with the owner: "cases.signed".

    `numerator`, `denominator` name the two counts, `…_how` say what is counted. `count(span)` gives
    the things; what changes their number is a new `version`. `refresh`: how old a figure of the
    running month may be. `floor`: cells of fewer are not published. `target` in percent; `better`
    says which way. `beside`: the code of the indicator that is always shown with it.
    """

    code: str
    title: str
    formula: str
    numerator: str
    numerator_how: str
    denominator: str
    denominator_how: str
    things: Things
    count: Callable[[Span], Awaitable[Sequence[Counted]]]
    unit: str = "%"
    dimensions: tuple[Dimension, ...] = DIMENSIONS
    version: int = 1
    refresh: timedelta = timedelta(hours=1)
    floor: int = 5
    kind: FigureKind = "achieved"
    target: int | None = None
    better: Literal["high", "low", "none"] = "high"
    scale: Scale | None = None
    beside: str = ""

    @property
    def owner(self) -> str:
        """The plugin that declares it."""
        return self.code.partition(".")[0]


def indicators() -> Mapping[str, Indicator]:
    """Those of the running house, by code, in the order in which they were declared."""
    return house().indicators


def check_indicators(plugin: str, declared: Sequence[Indicator]) -> None:
    """Refuse an indicator that could not be shown or told from another."""
    codes = {one.code for one in declared}
    for one in declared:
        if problem := _problem(one, plugin, codes):
            raise PluginError(f"插件“{plugin}”的指标“{one.code}”{problem}。")


def _problem(one: Indicator, plugin: str, codes: set[str]) -> str:
    if one.owner != plugin or not one.code.removeprefix(f"{plugin}.").isidentifier():
        return f"的代号要以“{plugin}.”开头，后面只用字母、数字和下划线"
    if len(one.code) > 60:
        return "的代号太长"
    if one.version < 1 or one.floor < 1:
        return "的 version 和 floor 都要从 1 起"
    if not (one.title and one.formula and one.numerator_how and one.denominator_how):
        return "没有写全口径：title、formula、numerator_how、denominator_how 都要写"
    if one.beside and one.beside not in codes:
        return f"要和“{one.beside}”一起显示，而没有这个指标"
    bands = one.scale.bands if one.scale else ()
    if bands and (bands[-1].bound is not None or None in [band.bound for band in bands[:-1]]):
        return "的色标要把其余的留给最后一种颜色：只有它的 bound 是 None"
    return ""
