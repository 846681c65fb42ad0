"""An observation becomes a finding, or joins the one that its place has already."""

from liuhe import announce, atomic, settings_of
from plugins.city_eye.facts import FindingRaised
from plugins.city_eye.models import Finding, Scene, Sighting
from plugins.city_eye.rules import State, is_quiet, place_key
from plugins.city_eye.settings import CityEyeSettings
from plugins.video.actions import keep_evidence
from plugins.video.facts import ObservationStarted


@atomic
async def take_sighting(fact: ObservationStarted) -> None:
    """Every observation of a known scene ends up with exactly one finding. Nobody is told yet
    but the officers who look at findings."""
    scene = await Scene.get_or_none(code=fact.scene, active=True)
    if scene is None or await Sighting.exists(observation_id=fact.observation_id):
        return
    key = place_key(fact.camera_id, fact.zone_id, scene.code)
    finding = await Finding.select_for_update().get_or_none(place_key=key)
    if finding is None and (hushed := await _hushed(fact, scene)):
        await _join(hushed, fact, quiet=True)
        return
    if finding is None:
        finding = await _raise(fact, scene, key)
    if finding.observation_id != fact.observation_id:
        await _join(finding, fact)
        return
    await Sighting.create(observation_id=fact.observation_id, finding=finding, at=fact.at)
    await keep_evidence(fact.observation_id)
    await announce(
        FindingRaised(
            area_path=fact.area_path,
            finding_id=finding.id,
            camera_id=fact.camera_id,
            scene=scene.code,
            on_trial=finding.on_trial,
        )
    )


async def _hushed(fact: ObservationStarted, scene: Scene) -> Finding | None:
    """The last finding of this place, where its discarding still asks for silence."""
    decided = Finding.filter(camera_id=fact.camera_id, zone_id=fact.zone_id, scene_id=scene.id)
    latest = decided.filter(state=State.DISCARDED).order_by("-decided_at")
    last = await latest.select_for_update().first()
    quiet = settings_of(CityEyeSettings).quiet
    return last if last and is_quiet(last.reason, last.decided_at, fact.at, quiet) else None


async def _raise(fact: ObservationStarted, scene: Scene, key: str) -> Finding:
    """The finding of this place: a new one, unless another was quicker."""
    new = Finding(
        scene=scene,
        camera_id=fact.camera_id,
        zone_id=fact.zone_id,
        observation_id=fact.observation_id,
        area_id=fact.area_id,
        at=fact.at,
        last_seen_at=fact.at,
        picture_id=fact.evidence or None,
        object=fact.object,
        score=fact.score,
        count=fact.count,
        on_trial=scene.on_trial,
        place_key=key,
    )
    await Finding.bulk_create([new], ignore_conflicts=True)
    return await Finding.select_for_update().get(place_key=key)


async def _join(finding: Finding, fact: ObservationStarted, *, quiet: bool = False) -> None:
    """One more observation of the same matter."""
    finding.joined += 1
    finding.at = min(finding.at, fact.at)
    finding.last_seen_at = max(finding.last_seen_at, fact.at)
    finding.count = max(finding.count, fact.count)
    if finding.picture_id is None and fact.evidence and finding.state == State.PENDING:
        finding.picture_id = fact.evidence
        await keep_evidence(fact.observation_id)
    await finding.save(
        update_fields=["joined", "at", "last_seen_at", "count", "picture_id"],
    )
    await Sighting.create(
        observation_id=fact.observation_id, finding=finding, at=fact.at, quiet=quiet
    )
