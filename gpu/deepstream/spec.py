"""What a shard's graph is made of: elements, links, files, and what is known of its model."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gpu.deepstream.table import PropertyError, Value, checked


@dataclass(frozen=True, kw_only=True)
class Network:
    """What nvinfer must know of a model; `classes` maps its class numbers to our names."""

    tag: str
    onnx: Path
    engine: Path
    labels: tuple[str, ...]
    classes: tuple[tuple[int, str], ...]
    parser: str
    width: int
    height: int
    scale: float = 1.0
    offset: float = 0.0
    colours: str = "RGB"
    letterbox: bool = False
    score: float = 0.5
    keep: float = 0.3
    overlap: float | None = None  # of one class; None: the graph has suppressed already


@dataclass(frozen=True, kw_only=True)
class Recording:
    """Smart record 触发录像: seconds before and after what happens, kept in `folder`.

    These are originals: the folder is for who may see them, and stays on this machine. The oldest
    go after so many days, or when all together are larger than so much.
    """

    folder: Path
    before: int = 10
    after: int = 20
    days: float = 30.0
    gigabytes: float = 50.0


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Of this machine, the same for all shards."""

    gpu: int = 0
    precision: str = "fp16"
    recording: Recording | None = None


@dataclass(frozen=True, kw_only=True)
class Node:
    element: str
    name: str
    properties: Mapping[str, Value] = field(default_factory=dict)

    def native(self) -> dict[str, Value]:
        """Checked, as the element takes them."""
        return checked(self.element, self.properties)


@dataclass(frozen=True, kw_only=True)
class Link:
    """`pads`: names or templates; empty where an element has one only."""

    source: str
    sink: str
    pads: tuple[str, str] = ("", "")


@dataclass(frozen=True, kw_only=True)
class Graph:
    """`files`: names and what they hold."""

    nodes: tuple[Node, ...]
    links: tuple[Link, ...]
    files: Mapping[str, str]

    def check(self) -> None:
        """Raises PropertyError for a property, a name or a link that cannot be."""
        names = [node.name for node in self.nodes]
        if len(set(names)) != len(names):
            raise PropertyError(f"Two elements have one name among {sorted(names)}.")
        for node in self.nodes:
            node.native()
        for link in self.links:
            if link.source not in names or link.sink not in names:
                raise PropertyError(f"{link.source} -> {link.sink}: there is no such element.")
