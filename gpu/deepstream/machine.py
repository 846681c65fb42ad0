"""What we ask of a program that runs a graph; pyservicemaker in production, another in tests."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, Protocol

from gpu.deepstream.spec import Graph
from gpu.deepstream.table import Value

Metadata = Callable[[Any], None]  # gets a batch's metadata, on a streaming thread: be quick
Buffers = Callable[[Any], None]  # gets a batch's buffer, likewise
Ended = Literal["eos", "error"]


class Machine(Protocol):
    """One pipeline. Elements are added and linked before `start`.

    `wait` returns when it ends or cannot play, but not for an error: then nothing comes any more.
    """

    def add(self, element: str, name: str, properties: Mapping[str, Value]) -> None: ...

    def link(self, source: str, sink: str, pads: tuple[str, str]) -> None: ...

    def watch_metadata(self, name: str, take: Metadata) -> None:
        """Call `take` with each batch that leaves the element."""

    def watch_buffers(self, name: str, take: Buffers) -> None: ...

    def set(self, name: str, properties: Mapping[str, Value]) -> None:
        """While it runs: only what the table calls live."""

    def record(self, name: str, before: int, after: int) -> None:
        """Smart record on one camera: from so many seconds before now until so many after."""

    def start(self) -> None: ...

    def wait(self) -> Ended: ...

    def stop(self) -> None: ...


def build(machine: Machine, graph: Graph) -> None:
    """All elements with what is set on them, then all links."""
    graph.check()
    for node in graph.nodes:
        machine.add(node.element, node.name, node.native())
    for link in graph.links:
        machine.link(link.source, link.sink, link.pads)


def frames_of(metadata: Any) -> Iterator[Any]:
    """Once only: NVIDIA's iterators are empty the second time."""
    yield from metadata.frame_items
