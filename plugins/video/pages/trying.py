"""What came of trying a zone out, as the page of zones shows it."""

from collections import Counter
from typing import Any

from gpu.messages import FOUND
from plugins.video import actions
from plugins.video.rules.labels import object_label, rule_sentence

MOST_SHOWN = 12


def tried_view(given: actions.ZoneInput, tried: actions.Tried | None) -> dict[str, Any]:
    """In words, one row for each rule; `rows` is empty where nothing could be tried."""
    if tried is None:
        return {"name": given.name, "rules": len(given.watches), "rows": []}
    counts = Counter(each.watch for each in tried.raised)
    rows = [
        {
            "rule": rule_sentence(watch),
            "count": counts[place],
            "seen": watch.kind not in FOUND,  # in tracks
        }
        for place, watch in enumerate(given.watches)
    ]
    moments = [{"at": one.at, "object": object_label(one.object)} for one in tried.raised]
    return {
        "name": given.name,
        "rules": len(rows),
        "rows": rows,
        "total": len(tried.raised),
        "since": tried.since,
        "until": tried.until,
        "hours": f"{tried.hours:.1f}" if tried.hours >= 1 else "",
        "minutes": max(1, round(tried.hours * 60)),
        "moments": moments[:MOST_SHOWN],
    }
