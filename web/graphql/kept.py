"""What was worked out once and is asked for again: so many, the longest unused goes first."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

V = TypeVar("V")


class Kept(Generic[V]):
    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, tuple[V, Any]] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], V], *, holding: Any = None) -> V:
        """`holding`: what must live as long as the key, which names it by its `id()`."""
        if (known := self._kept.get(key)) is not None:
            self._kept.move_to_end(key)
            return known[0]
        value = make()
        self._kept[key] = value, holding
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return value
