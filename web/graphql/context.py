"""What every resolver has at hand: the viewer, the time, and loaders that batch."""

import uuid
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, TypeAlias, TypeVar

import strawberry
from starlette.requests import HTTPConnection
from strawberry.dataloader import DataLoader
from tortoise.models import Model

from core.audit import Thing, named, record_reading
from core.errors import NotSignedIn
from core.kernel import Kernel
from core.permissions import Viewer
from web.hub import Hub

M = TypeVar("M", bound=Model)
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_BATCH = 500


class Loaders:
    """Rows by key, gathered from all the fields of one step into one query.

    Answers are kept for the request; a mutation forgets them.
    """

    def __init__(self) -> None:
        self._made: dict[Hashable, DataLoader[Any, Any]] = {}

    def clear(self) -> None:
        self._made.clear()

    def batch(
        self, name: Hashable, load: Callable[[list[K]], Awaitable[Sequence[V]]]
    ) -> DataLoader[K, V]:
        """One's own loader: `load` gives a value for each key, in the order of the keys."""
        if name not in self._made:
            self._made[name] = DataLoader(load, max_batch_size=_BATCH)
        return self._made[name]

    async def load_one(self, model: type[M], key: Any, *, field: str = "") -> M | None:
        """The row whose primary key (or unique `field`) is `key`; None for None."""
        if key is None:
            return None
        field = field or model._meta.pk_attr

        async def load(keys: list[Any]) -> list[M | None]:
            rows = await model.filter(**{f"{field}__in": keys})
            found = {getattr(row, field): row for row in rows}
            return [found.get(key) for key in keys]

        return await self.batch(("one", model, field), load).load(key)

    async def load_many(
        self, model: type[M], field: str, key: Any, *, order: Sequence[str] = ()
    ) -> list[M]:
        """The rows whose `field` is `key` ("case_id", 7), in `order` (else by primary key)."""
        order = (*order, model._meta.pk_attr)

        async def load(keys: list[Any]) -> list[list[M]]:
            found: dict[Any, list[M]] = {key: [] for key in keys}
            for row in await model.filter(**{f"{field}__in": keys}).order_by(*order):
                found[getattr(row, field)].append(row)
            return [found[key] for key in keys]

        return await self.batch(("many", model, field, order), load).load(key)


@dataclass
class Caller:
    """Who is asking; shared by all operations of a socket, and looked at again while it is open.

    `token` and `kind` are what the viewer was found by. `lagging` ends the socket.
    """

    viewer: Viewer | None
    token: str = ""
    kind: str = "api"
    lagging: bool = False


@dataclass(kw_only=True)
class Context:
    """`info.context`: one for each operation."""

    kernel: Kernel
    hub: Hub
    caller: Caller
    request: HTTPConnection | None = None
    request_id: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    connection_params: dict[str, Any] = field(default_factory=dict)  # of a socket
    loaders: Loaders = field(default_factory=Loaders)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    readings: dict[str, set[tuple[str, str]]] = field(default_factory=dict)

    @property
    def viewer(self) -> Viewer:
        """The person signed in. (Fields are only reached signed in, unless they are PUBLIC.)"""
        if self.caller.viewer is None:
            raise NotSignedIn()
        return self.caller.viewer

    @property
    def viewer_if_any(self) -> Viewer | None:
        return self.caller.viewer

    def anew(self) -> "Context":
        """The same caller with nothing remembered and the present time."""
        return replace(self, loaders=Loaders(), now=datetime.now(UTC), readings={})

    def note_reading(self, action: str, *about: Thing) -> None:
        """For resolvers that give personal data: what is read, for the audit.

        All readings of one answer become one row for each action, before the answer is sent.
        """
        self.readings.setdefault(action, set()).update(named(about))

    async def write_readings(self) -> None:
        readings, self.readings = self.readings, {}
        for action, things in readings.items():
            await record_reading(self.viewer, action, *things)

    def refresh(self) -> None:
        """Forget what was loaded, take the present time: before each turn of a subscription."""
        self.loaders.clear()
        self.now = datetime.now(UTC)


Info: TypeAlias = strawberry.Info[Context, None]
