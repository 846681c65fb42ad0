"""The registrar's way to the server: who is here goes. Who may register comes as any change."""

from typing import Protocol

from gpu.national.messages import Presences

TELL_EVERY = 5.0


class Desk(Protocol):
    """What of the line to the server is needed here."""

    def presences(self, told: Presences) -> None: ...


class Door(Protocol):
    def presences(self) -> Presences: ...

    def told(self, presences: Presences) -> None: ...


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
