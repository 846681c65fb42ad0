"""From cameras to a shard's graph: pure, checked, nothing is started.

    camera-0 (nvurisrcbin) - queue-0 - mux (nvstreammux) - infer - tracker - gate (valve)
    camera-1                 queue-1 /                               |         |
                                             a probe copies numbers here     picture - rgb - end

The gate is shut but for the moments in which somebody wants a picture; those are copied behind
`rgb`. A queue stands before the mux because its source pad is always there: so the pads of the mux
are numbered in our order, while those of nvurisrcbin appear when a camera answers.
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from gpu.deepstream.files import infer_file, mux_file, tracker_file
from gpu.deepstream.records import PREFIX
from gpu.deepstream.spec import Graph, Link, Network, Node, Recording, Settings
from gpu.deepstream.table import PropertyError, Value
from gpu.pipeline import Line

TRACKER_LIBRARY = "/opt/nvidia/deepstream/deepstream/lib/libnvds_nvmultiobjecttracker.so"
AHEAD = 4  # frames of one camera that may wait; then the oldest goes
RECONNECT = 10  # seconds without a packet after which nvurisrcbin calls a camera anew
LATENCY = 200  # milliseconds that packets are waited for; what comes later is dropped
PICTURE = (1280, 720)
TRACKED = (640, 384)  # as in NVIDIA's samples, multiples of 32: what the tracker looks at

#: Where probes sit, and what lets pictures by.
MUX, SCALARS, PICTURES, GATE = "mux", "tracker", "rgb", "gate"


def shard(lines: Sequence[Line], network: Network, folder: Path, settings: Settings) -> Graph:
    """The graph for cameras that share a model and how often it looks; files go into `folder`."""
    every = {line.detect.every for line in lines}
    if len(every) != 1:
        raise PropertyError("The cameras of a shard must detect equally often.")
    sources = [_source(number, line, settings) for number, line in enumerate(lines)]
    trunk = _trunk(len(lines), folder, settings)
    chain = [Link(source=a.name, sink=b.name) for a, b in pairwise(trunk)]
    graph = Graph(
        nodes=(*(node for nodes, _ in sources for node in nodes), *trunk),
        links=(*(link for _, links in sources for link in links), *chain),
        files={
            "infer.txt": infer_file(network, folder, every.pop(), len(lines), settings),
            "labels.txt": "\n".join(network.labels) + "\n",
            "tracker.yml": tracker_file(network, lines[0].track.patience),
            "mux.txt": mux_file(),
        },
    )
    graph.check()
    return graph


def _source(number: int, line: Line, settings: Settings) -> tuple[list[Node], list[Link]]:
    """One camera up to the mux; a file is played at its own speed."""
    camera, queue = f"camera-{number}", f"queue-{number}"
    nodes = [
        Node(
            element="nvurisrcbin",
            name=camera,
            properties={
                "uri": uri(line),
                "gpu-id": settings.gpu,
                "disable-audio": True,
                **(_file(line) if line.source.is_file else _rtsp(line)),
                **_recording(line.source.camera_id, settings.recording),
            },
        ),
        Node(
            element="queue",
            name=queue,
            properties={
                "max-size-buffers": AHEAD,
                "max-size-bytes": 0,
                "max-size-time": 0,
                "leaky": "no" if line.source.is_file else "downstream",
            },
        ),
    ]
    links = [Link(source=camera, sink=queue, pads=("vsrc_%u", ""))]
    if line.source.is_file and line.decode.live:
        pace = f"pace-{number}"
        nodes.append(Node(element="clocksync", name=pace, properties={"sync": True}))
        links.append(Link(source=queue, sink=pace))
    links.append(Link(source=nodes[-1].name, sink=MUX, pads=("", "sink_%u")))
    return nodes, links


def uri(line: Line) -> str:
    return Path(line.source.address).as_uri() if line.source.is_file else line.source.address


def _file(line: Line) -> dict[str, Value]:
    return {"type": "uri", "file-loop": line.source.loop}


def _rtsp(line: Line) -> dict[str, Value]:
    """Called again for ever: at the start, and when no packet came for a while.

    By nvurisrcbin's source all this is for rtsp:// alone. What comes over TLS (rtsps://) would be
    called once, and stay away when it goes: the worker gives us none of it.
    """
    return {
        "type": "rtsp",
        "select-rtp-protocol": "rtp-udp" if line.source.transport == "udp" else "rtp-tcp",
        "latency": LATENCY,
        "drop-on-latency": True,
        "init-rtsp-reconnect-interval": RECONNECT,
        "rtsp-reconnect-interval": RECONNECT,
        "rtsp-reconnect-attempts": -1,
    }


def _recording(camera_id: str, recording: Recording | None) -> dict[str, Value]:
    """Files are called after the camera: all shards write into one folder."""
    if recording is None:
        return {}
    name = re.sub(r"[^A-Za-z0-9-]", "_", camera_id)
    return {
        "smart-record": "smart-rec-multi",
        "smart-rec-container": "smart-rec-mp4",
        "smart-rec-mode": "smart-rec-mode-video",
        "smart-rec-cache": recording.before + 5,
        "smart-rec-default-duration": recording.after,
        "smart-rec-dir-path": str(recording.folder),
        "smart-rec-file-prefix": f"{PREFIX}{name}",
    }


def _trunk(cameras: int, folder: Path, settings: Settings) -> list[Node]:
    width, height = PICTURE
    caps = f"video/x-raw(memory:NVMM), format=RGB, width={width}, height={height}"
    rows: list[tuple[str, str, dict[str, Value]]] = [
        (
            "nvstreammux",
            MUX,
            {"batch-size": cameras, "config-file-path": str(folder / "mux.txt")},
        ),
        ("nvinfer", "infer", {"config-file-path": str(folder / "infer.txt")}),
        ("nvtracker", SCALARS, _tracker(folder, settings)),
        ("valve", GATE, {"drop": True, "drop-mode": "forward-sticky-events"}),
        (
            "nvvideoconvert",
            "picture",
            {
                "gpu-id": settings.gpu,
                "compute-hw": "GPU",
                "nvbuf-memory-type": "nvbuf-mem-cuda-device",
            },
        ),
        ("capsfilter", PICTURES, {"caps": caps}),
        ("fakesink", "end", {"sync": False, "async": False, "enable-last-sample": False}),
    ]
    return [Node(element=a, name=b, properties=c) for a, b, c in rows]


def _tracker(folder: Path, settings: Settings) -> dict[str, Value]:
    return {
        "gpu-id": settings.gpu,
        "ll-lib-file": TRACKER_LIBRARY,
        "ll-config-file": str(folder / "tracker.yml"),
        "tracker-width": TRACKED[0],
        "tracker-height": TRACKED[1],
        "display-tracking-id": False,
    }
