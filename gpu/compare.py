"""Two models on the same recording: what one sees and the other does not, with pictures.

A folder with `index.html`, `compare.json` and pictures of the frames that differ most, at most one
of each two seconds. People and plates in them are covered by whatever either model or the bundled
one makes out, however faintly.
"""

import json
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

import cv2
from av.video.reformatter import VideoReformatter

from gpu import blur
from gpu.cpu.decode import Frame, Stream
from gpu.cpu.network import Network
from gpu.cpu.pictures import pixels_within
from gpu.matching import pairs
from gpu.pipeline import Decode, Seen, Source

WIDTH = 1280  # of a picture, at most
APART = 2.0  # seconds of which one picture is kept
ONLY_A, ONLY_B, BOTH = (255, 140, 0), (30, 110, 255), (235, 235, 235)  # orange, blue, grey
STYLE = """
body{font:16px/1.6 system-ui,sans-serif;margin:2rem auto;max-width:82rem;padding:0 1rem}
table{border-collapse:collapse}td,th{border:1px solid #888;padding:.3rem .7rem;text-align:right}
th:first-child{text-align:left}figure{margin:1.5rem 0}img{max-width:100%;height:auto}
"""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One frame: what both see, and what only one does."""

    number: int
    seconds: float
    both: tuple[Seen, ...]
    only_a: tuple[Seen, ...]
    only_b: tuple[Seen, ...]

    @property
    def weight(self) -> float:
        return sum(each.score for each in (*self.only_a, *self.only_b))


@dataclass(frozen=True, kw_only=True)
class Kept:
    difference: Difference
    frame: Frame
    seen: tuple[Seen, ...]


@dataclass(kw_only=True)
class Tally:
    """`worst` by pieces of APART seconds; never more than twice as many as are wanted."""

    most: int
    frames: int = 0
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    worst: dict[int, Kept] = field(default_factory=dict)

    def add(self, kept: Kept) -> None:
        found = kept.difference
        self.frames += 1
        for side, seen in (("both", found.both), ("a", found.only_a), ("b", found.only_b)):
            self.counts.update((each.object, side) for each in seen)
        piece = int(found.seconds / APART)
        before = self.worst.get(piece)
        if found.weight > (before.difference.weight if before else 0.0):
            self.worst[piece] = kept
        if len(self.worst) > 2 * self.most:
            self.worst = {int(k.difference.seconds / APART): k for k in self.best()}

    def best(self) -> list[Kept]:
        ordered = sorted(self.worst.values(), key=lambda each: -each.difference.weight)
        return ordered[: self.most]


@dataclass(frozen=True, kw_only=True)
class Pair:
    """The two, and the bundled one that covers people besides."""

    a: Network
    b: Network
    cover: Network


def compare(
    clip: Path, pair: Pair, out: Path, *, every: int = 5, most: int = 24
) -> dict[str, object]:
    """Look at every n-th frame; keep at most `most` pictures. What is written as JSON."""
    tally, tools, began = Tally(most=most), VideoReformatter(), None
    source = Source(camera_id="compare", address=str(clip), loop=False)
    stream = Stream(source, Decode(live=False), threading.Event())
    for number, frame in enumerate(stream.frames()):
        began = frame.at if began is None else began
        if number % every:
            continue
        a, b = (each.look(each.prepare(frame.picture, tools)) for each in (pair.a, pair.b))
        found = difference(number, frame.at - began, _sure(pair.a, a), _sure(pair.b, b))
        tally.add(Kept(difference=found, frame=frame, seen=(*a, *b)))
    return _write(out, clip, pair, tally)


def difference(number: int, seconds: float, a: Sequence[Seen], b: Sequence[Seen]) -> Difference:
    """Boxes of the same object that share half of both are the same."""
    left, right, both = list(a), list(b), []
    for name in sorted({each.object for each in a}):
        here, there = ([s for s in side if s.object == name] for side in (a, b))
        for one, other in pairs([each.box for each in here], [each.box for each in there]):
            both.append(here[one])
            left.remove(here[one])
            right.remove(there[other])
    return Difference(
        number=number, seconds=seconds, both=tuple(both), only_a=tuple(left), only_b=tuple(right)
    )


def _sure(network: Network, seen: Sequence[Seen]) -> list[Seen]:
    return [each for each in seen if each.score >= network.model.manifest.output.score]


# ---------------------------------------------------------------------------------------- pictures


def picture(kept: Kept, cover: Network) -> bytes:
    """A JPEG: people and plates covered first, then the boxes."""
    pixels = pixels_within(kept.frame.picture, WIDTH)
    blur.cover(pixels, kept.seen, cover.find)
    found = kept.difference
    for seen, colour in ((found.both, BOTH), (found.only_a, ONLY_A), (found.only_b, ONLY_B)):
        for each in seen:
            _mark(pixels, each, colour)
    return blur.jpeg(pixels)


def _mark(pixels: blur.Pixels, seen: Seen, colour: tuple[int, int, int]) -> None:
    height, width = pixels.shape[:2]
    x1, y1, x2, y2 = (round(v * s) for v, s in zip(seen.box, (width, height) * 2, strict=True))
    cv2.rectangle(pixels, (x1, y1), (x2, y2), colour, 2)
    words = f"{seen.object} {seen.score:.2f}"
    cv2.putText(pixels, words, (x1, max(y1 - 4, 10)), cv2.FONT_HERSHEY_SIMPLEX, 0.4, colour, 1)


# ------------------------------------------------------------------------------------------ report


def _write(out: Path, clip: Path, pair: Pair, tally: Tally) -> dict[str, object]:
    out.mkdir(parents=True, exist_ok=True)
    shown = tally.best()
    for each in shown:
        (out / _name(each)).write_bytes(picture(each, pair.cover))
    names = sorted({name for name, _ in tally.counts})
    report: dict[str, object] = {
        "clip": clip.name,
        "a": pair.a.model.tag,
        "b": pair.b.model.tag,
        "frames": tally.frames,
        "milliseconds": {"a": pair.a.milliseconds, "b": pair.b.milliseconds},
        "objects": {n: {s: tally.counts[n, s] for s in ("both", "a", "b")} for n in names},
        "pictures": [_name(each) for each in shown],
    }
    words = json.dumps(report, ensure_ascii=False, indent=2)
    (out / "compare.json").write_text(f"{words}\n", "utf-8")
    (out / "index.html").write_text(_page(report, names, tally, shown), "utf-8")
    return report


def _name(kept: Kept) -> str:
    return f"{kept.difference.number:07d}.jpg"


def _page(
    report: dict[str, object], names: Sequence[str], tally: Tally, shown: Sequence[Kept]
) -> str:
    a, b, clip = (escape(str(report[name])) for name in ("a", "b", "clip"))
    rows = "".join(
        f"<tr><th>{escape(n)}</th>"
        + "".join(f"<td>{tally.counts[n, side]}</td>" for side in ("both", "a", "b"))
        + "</tr>"
        for n in names
    )
    figures = "".join(_figure(each) for each in sorted(shown, key=lambda k: k.difference.number))
    return (
        f'<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>{clip}：{a} 和 {b}</title>'
        f"<style>{STYLE}</style><h1>两个模型看同一段录像</h1>"
        f"<p>{clip}，看了 {tally.frames} 帧。A 是 {a}（橙色：只有它看到），B 是 {b}"
        "（蓝色：只有它看到）；灰色两个都看到。人和车牌已打码。</p>"
        f"<table><tr><th>目标</th><th>都看到</th><th>只有 A</th><th>只有 B</th></tr>{rows}</table>"
        f"{figures or '<p>没有不同。</p>'}</html>\n"
    )


def _figure(kept: Kept) -> str:
    found = kept.difference
    words = (
        f"第 {found.seconds:.1f} 秒：都看到 {len(found.both)}，"
        f"只有 A {len(found.only_a)}，只有 B {len(found.only_b)}"
    )
    return (
        f'<figure><img src="{_name(kept)}" alt="{words}"><figcaption>{words}</figcaption></figure>'
    )
