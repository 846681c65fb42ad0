"""Every seam on one page: what a plugin may hand to the kernel.

All hooks are called once, at start, for each plugin by itself: a plugin that raises is named
and left out, the rest starts. `from liuhe import hookimpl`, write functions of these names in
`plugin.py`, return what the annotations say. A misspelt hook is refused.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from core.contributions import (
        Audited,
        Demo,
        Extension,
        Gauge,
        Listener,
        MapLayer,
        Menu,
        Offer,
        Page,
        PersonalKind,
        Preparation,
        Retention,
        Seam,
        Slot,
        Tables,
        Waiting,
    )
    from core.exchange.cards import Export, Import
    from core.facts import Fact
    from core.files import Keeper
    from core.indicators import Indicator
    from core.jobs import Job
    from core.permissions import Permission, Role
    from core.settings import Section

PROJECT = "liuhe"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def add_models() -> "Tables":  # type: ignore[empty-body]
    """The modules that hold Tortoise models, and the package that holds their migrations."""


@hookspec
def add_settings() -> "type[Section]":  # type: ignore[empty-body]
    """A strict, typed section: `[name]` in the TOML file, `LIUHE_NAME__KEY` in the environment."""


@hookspec
def add_permissions() -> "Sequence[Permission]":  # type: ignore[empty-body]
    """Names of what can be allowed, and the roles that are allowed it from the start."""


@hookspec
def add_roles() -> "Sequence[Role]":  # type: ignore[empty-body]
    """Roles that only this plugin knows (the kernel has the common ones)."""


@hookspec
def add_audited() -> "Sequence[Audited]":  # type: ignore[empty-body]
    """What is written to the audit: reads of personal data, exports, changes of rules."""


@hookspec
def add_personal() -> "Sequence[PersonalKind]":  # type: ignore[empty-body]
    """Kinds of personal values that are kept apart from the things they belong to, encrypted."""


@hookspec
def add_retention() -> "Sequence[Retention]":  # type: ignore[empty-body]
    """How long each table with personal data, and each kind of personal values, is kept."""


@hookspec
def add_facts() -> "Sequence[type[Fact]]":  # type: ignore[empty-body]
    """The facts that this plugin announces."""


@hookspec
def add_listeners() -> "Sequence[Listener]":  # type: ignore[empty-body]
    """Functions that hear a fact, of one's own or a neighbour's, after it is committed."""


@hookspec
def add_jobs() -> "Sequence[Job]":  # type: ignore[empty-body]
    """Work done by the worker: when asked, later, or every so often."""


@hookspec
def add_graphql() -> "Sequence[Extension]":  # type: ignore[empty-body]
    """Strawberry classes whose fields are hung on Query, Mutation, Subscription or any type."""


@hookspec
def add_pages() -> "Sequence[Page]":  # type: ignore[empty-body]
    """Starlette routes under `/admin/<name>` (staff) or `/<name>` (devices, open interfaces)."""


@hookspec
def add_menu() -> "Sequence[Menu]":  # type: ignore[empty-body]
    """Entries of the side menu."""


@hookspec
def add_slots() -> "Sequence[Slot]":  # type: ignore[empty-body]
    """Fragments for named places on a neighbour's pages."""


@hookspec
def add_map_layers() -> "Sequence[MapLayer]":  # type: ignore[empty-body]
    """Things with a position that the map can show."""


@hookspec
def add_waiting() -> "Sequence[Waiting]":  # type: ignore[empty-body]
    """What waits for a person: the sections of the home page."""


@hookspec
def add_keepers() -> "Sequence[Keeper]":  # type: ignore[empty-body]
    """Who may see the pictures that this plugin has attached to its things."""


@hookspec
def add_indicators() -> "Sequence[Indicator]":  # type: ignore[empty-body]
    """Figures: what they mean and how they are counted."""


@hookspec
def add_imports() -> "Sequence[Import]":  # type: ignore[empty-body]
    """Tables that can be brought in, with their columns, a check and a writing of each line."""


@hookspec
def add_exports() -> "Sequence[Export]":  # type: ignore[empty-body]
    """Lists that can be taken out as a file, by whoever may see them."""


@hookspec
def add_seams() -> "Sequence[Seam]":  # type: ignore[empty-body]
    """Places where those that require this plugin may hang things of its kind."""


@hookspec
def add_offers() -> "Sequence[Offer]":  # type: ignore[empty-body]
    """Things for the seams of plugins that this one requires; each is checked at start."""


@hookspec
def add_gauges() -> "Sequence[Gauge]":  # type: ignore[empty-body]
    """Figures about the machines, for who watches them at `/metrics`."""


@hookspec
def add_preparations() -> "Sequence[Preparation]":  # type: ignore[empty-body]
    """What this machine needs before each start, after the migrations and whatever was chosen."""


@hookspec
def add_demo() -> "Demo":  # type: ignore[empty-body]
    """Invented data for a first look, made once and only on an empty installation."""
