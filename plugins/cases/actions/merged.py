"""Where merged cases are handled now, and what was merged into a case, however many steps away."""

from collections.abc import Collection

from plugins.cases.models import Case

#: Steps that are followed; a case is merged into one that is under way, so they cannot be a circle.
MOST_STEPS = 50


async def leading_cases(case_ids: Collection[int]) -> dict[int, Case]:
    """By the id asked for: the case itself, or that into which it was merged in the end."""
    found = {case.id: case for case in await Case.filter(id__in=list(case_ids))}
    for _ in range(MOST_STEPS):
        into = {case.merged_into_id for case in found.values() if case.merged_into_id}
        if not into:
            break
        next_ones = {case.id: case for case in await Case.filter(id__in=list(into))}
        found = {id: next_ones.get(case.merged_into_id or 0, case) for id, case in found.items()}
    return found


async def merged_with(case_id: int) -> list[int]:
    """The case, and all that were merged into it, or into one that was."""
    found, latest = {case_id}, {case_id}
    for _ in range(MOST_STEPS):
        latest = {case.id for case in await Case.filter(merged_into_id__in=list(latest))} - found
        if not latest:
            break
        found |= latest
    return sorted(found)
