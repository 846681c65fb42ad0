"""交接: whoever leaves a unit has nothing in hand there any more; the unit still has all of it."""

from liuhe import PersonLeft, PostOver, on_duty
from plugins.cases.models import Case
from plugins.cases.permissions import IN_HAND


async def release_post(fact: PostOver) -> None:
    """Hear that a post is over; another one in the same unit keeps what is in hand."""
    if fact.unit_id is None:
        return
    same = on_duty("cases.handle").filter(person_id=fact.person_id, unit_id=fact.unit_id)
    if not await same.exists():
        mine = Case.filter(IN_HAND, handler_id=fact.person_id, unit_id=fact.unit_id)
        await mine.update(handler_id=None)


async def release_person(fact: PersonLeft) -> None:
    """Hear that an account was closed; if it was opened again meanwhile, nothing is taken."""
    if not await on_duty("cases.handle").filter(person_id=fact.person_id).exists():
        await Case.filter(IN_HAND, handler_id=fact.person_id).update(handler_id=None)
