"""How good a model is on the labelled clip: detections, tracks and zone events.

The truth lies beside the clip (`campus.truth.json`): boxes drawn by hand in every twentieth frame,
each with whose it is, and what should happen in the clip's zones. The model is asked as a camera
asks it: every n-th frame is detected, tracks go on between. Detections count as told where their
score reaches the manifest's `score`.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import av
from av.video.reformatter import VideoReformatter

from gpu import pipeline
from gpu.cpu.motion import small
from gpu.cpu.network import Network
from gpu.cpu.track import Tracker
from gpu.geometry import overlap
from gpu.manifests import Model
from gpu.matching import Named, followed, pairs
from gpu.messages import Box, Camera, Quality, Share
from gpu.pipeline import CLIPS, Seen
from gpu.spells import Change, Track
from gpu.zones import Zones

TRUTH = CLIPS / "campus.truth.json"
FILE = "quality.json"  # beside the manifest
GROUPS = {"person": "person", "car": "vehicle", "bus": "vehicle", "truck": "vehicle"}
SAME_PLACE = 0.3  # of an event's box: a van may be told by its lower half

Boxes = Mapping[str, Sequence[Named]]  # by group


@dataclass(frozen=True, kw_only=True)
class Event:
    watch: str
    start: float
    end: float
    box: Box | None = None

    def means(self, other: "Event") -> bool:
        """Whether both tell of the same: the same rule, at the same time, in the same place."""
        at_once = min(self.end, other.end) > max(self.start, other.start)
        there = self.box is None or other.box is None or overlap(self.box, other.box) >= SAME_PLACE
        return self.watch == other.watch and at_once and there


@dataclass(frozen=True, kw_only=True)
class Truth:
    """`objects` and `ignored` by frame; who is mostly hidden counts neither as there nor not."""

    clip: Path
    objects: Mapping[int, Boxes]
    ignored: Mapping[int, Sequence[Box]]
    events: Sequence[Event]


@dataclass(frozen=True, kw_only=True)
class Told:
    seen: Mapping[int, Sequence[Seen]]
    tracks: Mapping[int, Sequence[Track]]
    events: Sequence[Event]


def truth(path: Path = TRUTH) -> Truth:
    data = json.loads(path.read_text("utf-8"))
    clip = path.with_name(data["clip"])
    if hashlib.sha256(clip.read_bytes()).hexdigest() != data["sha256"]:
        raise ValueError(f"{clip} is not the clip that {path.name} was made for; fetch it anew.")
    width, height = data["size"]

    def box(pixels: Sequence[float]) -> Box:
        x1, y1, x2, y2 = pixels
        return x1 / width, y1 / height, x2 / width, y2 / height

    objects: dict[int, dict[str, list[Named]]] = {}
    for frame in data["frames"]:
        there = objects.setdefault(frame["frame"], {"person": [], "vehicle": []})
        for who, group, *pixels in frame["objects"]:
            there[group].append(Named(who=who, box=box(pixels)))
    return Truth(
        clip=clip,
        objects=objects,
        ignored={each["frame"]: [box(one) for one in each["ignore"]] for each in data["frames"]},
        events=[
            Event(
                watch=each["watch"],
                start=each["from"],
                end=each["to"],
                box=box(each["box"]) if "box" in each else None,
            )
            for each in data["events"]
        ],
    )


def measure(network: Network, labelled: Truth) -> Quality:
    model = network.model
    return judge(labelled, watch(network, labelled), model.tag, model.manifest.output.score)


def judge(labelled: Truth, told: Told, tag: str, least: float) -> Quality:
    shares = {
        group: _detections(labelled, told.seen, group, least) for group in ("person", "vehicle")
    }
    people = {n: there["person"] for n, there in labelled.objects.items()}
    tracks = {n: _people(told.tracks[n], people[n], labelled.ignored[n]) for n in labelled.objects}
    identity = followed(people, tracks)
    return Quality(
        model=tag,
        clip=labelled.clip.name,
        frames=len(labelled.objects),
        people=shares["person"],
        vehicles=shares["vehicle"],
        events=_events(labelled.events, told.events),
        idf1=round(identity.idf1, 4),
        switches=identity.switches,
        measured_at=datetime.now(UTC).replace(microsecond=0),
    )


def watch(network: Network, labelled: Truth) -> Told:
    """The whole clip as a camera is watched, and the labelled frames looked at besides."""
    camera = Camera.from_json(labelled.clip.with_suffix(".json").read_bytes())
    tools, zones = VideoReformatter(), Zones(camera.zones)
    tracker: Tracker | None = None
    seen: dict[int, Sequence[Seen]] = {}
    tracks: dict[int, Sequence[Track]] = {}
    changes: list[Change] = []
    now = 0.0
    for number, (picture, rate) in enumerate(_frames(labelled.clip)):
        now = number / rate
        if tracker is None:
            output = network.model.manifest.output
            tracker = Tracker(pipeline.Track(), output, rate / camera.detect_every)
        detected = number % camera.detect_every == 0
        looked = (
            network.look(network.prepare(picture, tools))
            if (detected or number in labelled.objects)
            else ()
        )
        grey = small(picture, tools)
        told = tracker.follow(now, looked, grey) if detected else tracker.skip(now, grey)
        for then, here in told:
            changes += zones.look(then, here)
            tracks[round(then * rate)] = here
        if number in labelled.objects:
            seen[number] = looked
    changes += zones.reconfigure((), now)
    return Told(seen=seen, tracks=tracks, events=_spans(changes))


def _frames(clip: Path) -> Iterator[tuple[av.VideoFrame, float]]:
    with av.open(str(clip)) as container:
        rate = float(container.streams.video[0].average_rate or 25)
        for picture in container.decode(video=0):
            yield picture, rate


def _spans(changes: Sequence[Change]) -> list[Event]:
    open_: dict[str, Event] = {}
    for change in changes:
        event = Event(
            watch=change.watch_id,
            start=change.started_at,
            end=change.at if change.ended_at is None else change.ended_at,
            box=change.track.box if change.kind != "crowd" else None,
        )
        known = open_.get(change.observation_id)
        open_[change.observation_id] = replace(known, end=event.end) if known else event
    return list(open_.values())


def _people(tracks: Sequence[Track], truly: Sequence[Named], ignored: Sequence[Box]) -> list[Named]:
    there = [Named(who=each.id, box=each.box) for each in tracks if each.object == "person"]
    matched = pairs([each.box for each in truly], [each.box for each in there])
    found = {place for _, place in matched}
    return [
        each
        for place, each in enumerate(there)
        if place in found or not _is_ignored(each.box, ignored)
    ]


def _detections(
    labelled: Truth, seen: Mapping[int, Sequence[Seen]], group: str, least: float
) -> Share:
    right = wrong = missed = 0
    for frame, there in labelled.objects.items():
        truly = [each.box for each in there[group]]
        told = [s.box for s in seen[frame] if GROUPS.get(s.object) == group and s.score >= least]
        matched = pairs(truly, told)
        found = {place for _, place in matched}
        others = [box for place, box in enumerate(told) if place not in found]
        right += len(matched)
        missed += len(truly) - len(matched)
        wrong += sum(not _is_ignored(box, labelled.ignored[frame]) for box in others)
    return Share(right=right, wrong=wrong, missed=missed)


def _is_ignored(box: Box, ignored: Sequence[Box]) -> bool:
    return any(overlap(box, each) >= SAME_PLACE for each in ignored)


def _events(truly: Sequence[Event], told: Sequence[Event]) -> Share:
    """Each true event with one that was told; a second telling of the same is wrong."""
    left = list(told)
    for event in truly:
        if match := next((each for each in left if event.means(each)), None):
            left.remove(match)
    right = len(told) - len(left)
    return Share(right=right, wrong=len(left), missed=len(truly) - right)


# ---------------------------------------------------------------------------------- kept results


def keep(quality: Quality, model: Model) -> Path:
    """Beside the manifest, where the model's card finds it."""
    path = model.path.with_name(FILE)
    words = json.dumps(quality.to_json(), ensure_ascii=False, indent=2)
    path.write_text(f"{words}\n", "utf-8")
    return path


def kept(model: Model) -> Quality | None:
    """What was measured with exactly these weights, if anything was."""
    try:
        quality = Quality.from_json(model.path.with_name(FILE).read_bytes())
    except (OSError, ValueError):
        return None
    return quality if quality.model == model.tag else None


def report(quality: Quality) -> list[str]:
    def line(noun: str, share: Share) -> str:
        return (
            f"{noun}: precision {share.precision:.3f}, recall {share.recall:.3f} "
            f"({share.right} right, {share.wrong} wrong, {share.missed} missed)"
        )

    return [
        f"{quality.model} on {quality.clip}, {quality.frames} labelled frames",
        line("people", quality.people),
        line("vehicles", quality.vehicles),
        f"tracks of people: IDF1 {quality.idf1:.3f}, {quality.switches} changes of identity",
        line("zone events", quality.events),
    ]
