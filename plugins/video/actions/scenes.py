"""What the scenes that a rule names are called: a neighbour tells it at the seam `SCENES`."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from liuhe import offered

SCENES = "video.scenes"


@dataclass(frozen=True, kw_only=True)
class NamedScene:
    """场景: the code that rules name, what it is called, and how it is used at present."""

    code: str
    title: str
    state: str


@dataclass(frozen=True, kw_only=True)
class SceneBook:
    """`read()` gives all scenes that one neighbour judges by."""

    name: str
    read: Callable[[], Awaitable[Sequence[NamedScene]]]


async def named_scenes() -> list[NamedScene]:
    return [scene for book in offered(SCENES) for scene in await book.read()]
