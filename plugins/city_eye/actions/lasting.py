"""What happens to findings as time goes by."""

from datetime import UTC, datetime

from liuhe import announce, atomic, settings_of
from plugins.cases.facts import CaseMoved
from plugins.city_eye.actions.deciding import decided, release
from plugins.city_eye.models import Finding
from plugins.city_eye.rules import CASE_ENDS, State
from plugins.city_eye.settings import CityEyeSettings

A_ROUND = 200


@atomic
async def free_place(fact: CaseMoved) -> None:
    """When its case has ended, a place may give a new finding."""
    if fact.to_stage in CASE_ENDS:
        await Finding.filter(case_id=fact.case_id).update(place_key=None)


@atomic
async def expire_findings() -> int:
    """Put aside what nobody has looked at for too long; how many."""
    now = datetime.now(UTC)
    before = now - settings_of(CityEyeSettings).patience
    old = Finding.filter(state=State.PENDING, last_seen_at__lt=before).order_by("id").limit(A_ROUND)
    rows = await old.select_related("area", "scene").select_for_update(of=("city_eye_finding",))
    await release(rows)
    for finding in rows:
        finding.state, finding.place_key, finding.decided_at = State.EXPIRED, None, now
        await finding.save(update_fields=["state", "place_key", "decided_at"])
        await announce(decided(finding))
    return len(rows)
