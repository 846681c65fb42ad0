"""Two accounts of the same pictures, laid side by side; pure."""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from gpu.geometry import overlap
from gpu.messages import Box

ALIKE = 0.5  # so much two boxes share that mean the same thing


@dataclass(frozen=True, kw_only=True)
class Named:
    """A box and whose it is: a person with a name, a track with a number."""

    who: Hashable
    box: Box


def pairs(one: Sequence[Box], other: Sequence[Box], least: float = ALIKE) -> list[tuple[int, int]]:
    """Each box with at most one of the other side, so that all together share the most."""
    if not one or not other:
        return []
    shared = np.array([[overlap(a, b) for b in other] for a in one])
    worth = np.where(shared >= least, shared + len(one) + len(other), 0.0)  # more pairs first
    rows, columns = linear_sum_assignment(worth, maximize=True)
    return [(int(r), int(c)) for r, c in zip(rows, columns, strict=True) if shared[r, c] >= least]


@dataclass(frozen=True, kw_only=True)
class Followed:
    """How well tracks keep to whom they belong."""

    idf1: float
    switches: int


def followed(truth: Mapping[int, Sequence[Named]], told: Mapping[int, Sequence[Named]]) -> Followed:
    """IDF1 and changes of identity over the frames of `truth`.

    IDF1: give each person at most one track for the whole clip, the best way for all; the share of
    boxes that are then with the right one.
    """
    together: Counter[tuple[Hashable, Hashable]] = Counter()
    last: dict[Hashable, Hashable] = {}
    switches = 0
    for frame in sorted(truth):
        people, tracks = truth[frame], told.get(frame, ())
        for p, t in pairs([each.box for each in people], [each.box for each in tracks]):
            who, track = people[p].who, tracks[t].who
            together[who, track] += 1
            switches += last.get(who, track) != track
            last[who] = track
    boxes = sum(map(len, truth.values())) + sum(len(told.get(frame, ())) for frame in truth)
    return Followed(idf1=2 * _best_sum(together) / boxes if boxes else 1.0, switches=switches)


def _best_sum(together: Mapping[tuple[Hashable, Hashable], int]) -> int:
    people = list(dict.fromkeys(who for who, _ in together))
    tracks = list(dict.fromkeys(track for _, track in together))
    table = np.zeros((len(people), len(tracks)), int)
    for (who, track), count in together.items():
        table[people.index(who), tracks.index(track)] = count
    rows, columns = linear_sum_assignment(table, maximize=True)
    return int(table[rows, columns].sum())
