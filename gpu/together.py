"""Several things at once, and no longer than somebody waits for them."""

import threading
from collections.abc import Callable, Iterable


def together(works: Iterable[Callable[[], None]], patience: float) -> None:
    """Each on a thread of its own; what takes longer than `patience` seconds is left behind."""
    threads = [threading.Thread(target=work, daemon=True) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(patience)
