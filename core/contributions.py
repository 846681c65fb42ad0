"""What plugins hand over: small frozen cards, gathered by the kernel."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from datetime import datetime

    from tortoise.expressions import Q

    from core.facts import Fact
    from core.permissions import Viewer
    from core.tables import Model


@dataclass(frozen=True, kw_only=True)
class Tables:
    """Modules with models, and the package with their migrations (`migrations.<name>`)."""

    modules: Sequence[str]
    migrations: str


@dataclass(frozen=True)
class Extension:
    """Fields for a GraphQL type: `Extension("Case", CaseFindings)`.

    `fields` is a class under `@strawberry.type`; its resolvers get the extended object as `self`.
    """

    type_name: str
    fields: type


@dataclass(frozen=True)
class Listener:
    """`hear(fact)` is called after commit, at least once, in a transaction of its own.

    `name` tells one listener of a plugin from another; renaming it loses what waits for it.
    """

    fact: "type[Fact]"
    hear: "Callable[[Any], Awaitable[None]]"
    name: str = ""

    @property
    def key(self) -> str:
        return self.name or f"{self.hear.__module__}.{self.hear.__name__}"


@dataclass(frozen=True, kw_only=True)
class Page:
    """A Starlette route or mount, with paths relative to the plugin's mount.

    Staff pages live under `/admin/<plugin>`, are only reached signed in, and post with a CSRF
    token; `public=True` lives under `/<plugin>` and guards itself (a device's token, say).
    """

    route: Any
    public: bool = False


@dataclass(frozen=True, kw_only=True)
class Menu:
    """A menu entry, shown to whoever holds `permission`.

    `badge(viewer)` gives the number that waits, or None; `order` sorts, small first. `everywhere`:
    only for whoever holds the permission over the whole district.
    """

    title: str
    href: str
    icon: str
    permission: str
    order: int = 50
    everywhere: bool = False
    badge: "Callable[[Viewer], Awaitable[int | None]] | None" = None


@dataclass(frozen=True, kw_only=True)
class Audited:
    """Something that is written to the audit, as `record(viewer, name, …)`; `title` for people.

    `kinds`: what the things are called that it is about ("trees.Tree": "树木"); `words`: the same
    for the keys and codes of its details ("height": "高度").
    """

    name: str
    title: str
    kinds: Mapping[str, str] = field(default_factory=dict, hash=False)
    words: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, kw_only=True)
class PersonalField:
    """One value of a personal record. `search` says how it can be looked up again: not at all, as a
    phone number (its digits count), or as text (case, width and spaces do not)."""

    name: str
    title: str
    search: Literal["", "phone", "text"] = ""


@dataclass(frozen=True, kw_only=True)
class PersonalKind:
    """Values about a person that are kept apart, encrypted: "residents.contact".

    `permission` is what `read_personal` demands; whether the viewer may see the thing that the
    values belong to, the caller has asked before.
    """

    name: str
    title: str
    fields: tuple[PersonalField, ...]
    permission: str


@dataclass(frozen=True, kw_only=True)
class Retention:
    """How long something is kept, on what basis, from when (`starts`, in words), and what happens
    then: the nightly job does it and writes a certificate.

    `of`: a model of the plugin's, or one of its personal kinds. `days`: None is for good ("keep");
    a function where a setting says it. `since`: the column with which the term starts ("created_at"
    of personal values), or `due(cutoff)`: a condition for the rows whose term is over.
    `forget(rows)`: what "anonymise" does, in one transaction with the certificate; afterwards the
    rows are due no more. `covers`: models whose rows go, or stay, with these. `job`: the name of a
    job of its own that deletes them oftener than nightly, without a certificate.
    `thing`: what one of them is called ("案件"), where it can be held for a court; `find(text)`:
    the key of what people call so (a case by its number), where that is not the key itself, and
    `called(keys)`: what they call those of these keys that are still there.
    """

    of: "type[Model] | str"
    title: str
    basis: str
    starts: str
    days: int | Callable[[], int] | None
    action: Literal["delete", "destroy", "anonymise", "keep"]
    since: str = ""
    due: "Callable[[datetime], Q] | None" = None
    forget: "Callable[[Sequence[Any]], Awaitable[None]] | None" = None
    covers: "tuple[type[Model], ...]" = ()
    job: str = ""
    thing: str = ""
    find: "Callable[[str], Awaitable[object | None]] | None" = None
    called: "Callable[[Sequence[str]], Awaitable[Mapping[str, str]]] | None" = None

    @property
    def name(self) -> str:
        """As the audit names the thing: "cases.Case"; the models are initialised."""
        return self.of if isinstance(self.of, str) else self.of._meta.full_name


@dataclass(frozen=True, kw_only=True)
class Slot:
    """A fragment for a named place of another's page, such as "case.after_facts".

    `render(request, thing)` gives HTML that is safe to print (a template's output), or "".
    """

    place: str
    render: "Callable[[Any, Any], Awaitable[str]]"
    order: int = 50


@dataclass(frozen=True, kw_only=True)
class WaitingItem:
    """One thing that waits: a line on the home page."""

    title: str
    meta: str
    href: str
    badge: str = ""
    tone: str = ""


@dataclass(frozen=True, kw_only=True)
class WaitingList:
    """A section of the home page: how many wait, the first few, and a link to all.

    `yours`: False for what is others' to do or only good to know: it is not counted with the rest.
    """

    title: str
    hint: str
    href: str
    count: int
    items: Sequence[WaitingItem] = field(default=())
    empty: str = "现在没有。"
    yours: bool = True


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """Asked on each visit of the home page; None where it does not concern the viewer."""

    look: "Callable[[Viewer], Awaitable[WaitingList | None]]"
    order: int = 50


@dataclass(frozen=True, kw_only=True)
class Known:
    """What a seam's check may look at: the things that hang on it already, and every permission
    that is declared so far, those of the offering plugin included."""

    things: "Sequence[Any]" = ()
    permissions: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Seam:
    """A place where neighbours hang things of one kind, such as "cases.flows".

    `check(thing, known)` tells in a sentence what is wrong with a thing, "" if nothing is; who
    offers a wrong one is not let in. What hangs there: `offered(name)`.
    """

    name: str
    accepts: type
    check: "Callable[[Any, Known], str]" = lambda thing, known: ""


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A thing for a seam of one's own, or of a plugin that one requires."""

    seam: str
    thing: Any


@dataclass(frozen=True, kw_only=True)
class MapBox:
    """The part of the map that is looked at, in degrees (WGS-84)."""

    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True, kw_only=True)
class MapPoint:
    """One thing on the map, and the page that it opens. `tone`: "", "ok", "warn" or "bad"."""

    longitude: float
    latitude: float
    title: str
    href: str
    meta: str = ""
    tone: str = ""


@dataclass(frozen=True, kw_only=True)
class MapPoints:
    """What a layer has in a box: how many in all, and the first of them."""

    total: int
    points: Sequence[MapPoint]


@dataclass(frozen=True, kw_only=True)
class MapLayer:
    """Things that can be shown on the map, to whoever holds `permission`.

    `look(viewer, box, most)` gives what this viewer may see there, `most` points at most.
    """

    name: str
    title: str
    permission: str
    look: "Callable[[Viewer, MapBox, int], Awaitable[MapPoints]]"
    order: int = 50


@dataclass(frozen=True, kw_only=True)
class Gauge:
    """A figure about the machines, for `/metrics`: how many things are in which state.

    `read()` gives counts by a few fixed words; never anything of a person.
    """

    name: str
    title: str
    read: "Callable[[], Awaitable[Mapping[str, float]]]"


@dataclass(frozen=True)
class Preparation:
    """`run()` is awaited once before the processes start, with the database open; idempotent."""

    run: "Callable[[], Awaitable[None]]"


@dataclass(frozen=True, kw_only=True)
class Demo:
    """`make()` writes the plugin's invented data, after those it requires have made theirs.

    `last`: after all others, for what is made of whatever they have written.
    """

    make: "Callable[[], Awaitable[None]]"
    last: bool = False
