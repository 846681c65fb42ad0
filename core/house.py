"""The running house: what actions need of the assembled kernel, without a handle to pass around.

One process runs one house. It is set when the process starts and only read afterwards; tests set
their own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from core.contributions import Audited, PersonalKind, Retention
    from core.exchange.cards import Export, Import
    from core.files import Keeper
    from core.indicators import Indicator
    from core.jobs import Job
    from core.people import Roster
    from core.settings import Section, Settings

S = TypeVar("S", bound="Section")


@dataclass(frozen=True, kw_only=True)
class House:
    """`listeners` maps a fact's name to the jobs that deliver it; `audited` and `personal` are by
    name, `offers` by the name of the seam; `plugins` are the versions of those that are on."""

    settings: "Settings"
    sections: "Mapping[type[Section], Section]"
    listeners: Mapping[str, tuple[str, ...]]
    jobs: "Mapping[str, Job]"
    keepers: "Mapping[str, Keeper]"
    roster: "Roster"
    audited: "Mapping[str, Audited]"
    offers: Mapping[str, tuple[Any, ...]]
    personal: "Mapping[str, PersonalKind]" = field(default_factory=dict)
    retentions: "tuple[Retention, ...]" = ()
    plugins: Mapping[str, str] = field(default_factory=dict)
    indicators: "Mapping[str, Indicator]" = field(default_factory=dict)
    imports: "Mapping[str, Import]" = field(default_factory=dict)
    exports: "Mapping[str, Export]" = field(default_factory=dict)


_current: list[House] = []


def enter(house: House) -> None:
    """Make `house` the running one."""
    _current[:] = [house]


def house() -> House:
    if not _current:
        raise RuntimeError("no house is running: call house.enter() first")
    return _current[0]


def settings_of(kind: type[S]) -> S:
    """A plugin's own settings section."""
    return cast(S, house().sections[kind])


def offered(seam: str) -> tuple[Any, ...]:
    """What the plugins of this house have hung on a seam, the owner's own things first."""
    return house().offers.get(seam, ())
