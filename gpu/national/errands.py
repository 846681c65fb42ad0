"""The registrar's way to the server: who may register comes, who is here goes."""

from typing import Protocol

from gpu.national.messages import Presences, Registry

ASK_WAIT = 25.0  # seconds that the server holds the question
REST = 0.2
TELL_EVERY = 5.0


class Desk(Protocol):
    """What of the line to the server is needed here."""

    def registry(self, known: str | None, wait: float) -> Registry | None: ...

    def presences(self, told: Presences) -> None: ...


class Door(Protocol):
    def apply(self, registry: Registry) -> None: ...

    def presences(self) -> Presences: ...

    def told(self, presences: Presences) -> None: ...


class RegistryErrand:
    def __init__(self, desk: Desk, door: Door) -> None:
        self._desk, self._door = desk, door
        self._known: str | None = None

    def round(self) -> float:
        wait = ASK_WAIT if self._known is not None else 0.0
        registry = self._desk.registry(self._known, wait)
        if registry is not None:
            self._door.apply(registry)
            self._known = registry.version
        return REST


class PresenceErrand:
    """Tells nothing while nobody registers: a house without such devices hears none of it."""

    def __init__(self, desk: Desk, door: Door) -> None:
        self._desk, self._door = desk, door
        self._last = Presences()

    def round(self) -> float:
        presences = self._door.presences()
        if presences.devices or presences != self._last:
            self._desk.presences(presences)
            self._door.told(presences)
            self._last = presences
        return TELL_EVERY
