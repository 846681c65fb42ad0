"""离岗 departures: plugins hear when a post is over or an account is closed, to hand work over.

A post ends because security ends it, or because its last day is past; nobody is there to say the
latter, so a job looks for such posts.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from tortoise.expressions import Q

from core.database import atomic
from core.facts import Fact, announce
from core.people import Person, Post, today

AT_ONCE = 500


@dataclass(frozen=True, kw_only=True)
class PostOver(Fact):
    """A person does not hold this post any more, and may hold another like it."""

    name: ClassVar[str] = "people.post_over"
    post_id: int
    person_id: int
    role: str
    unit_id: int | None


@dataclass(frozen=True, kw_only=True)
class PersonLeft(Fact):
    """An account was closed; it may be opened again."""

    name: ClassVar[str] = "people.left"
    person_id: int


FACTS = (PostOver, PersonLeft)


async def tell_posts_over(_: dict[str, Any]) -> None:
    """Those whose last day is past."""
    while await tell_over(Q()) == AT_ONCE:
        pass


@atomic
async def tell_over(these: Q) -> int:
    """Announce each of these posts that is over, once; how many were."""
    over = Post.filter(these, valid_until__lt=today(), end_told=False)
    posts = await over.order_by("id").limit(AT_ONCE).select_for_update()
    await Post.filter(id__in=[post.id for post in posts]).update(end_told=True)
    for post in posts:
        await announce(
            PostOver(
                post_id=post.id, person_id=post.person_id, role=post.role, unit_id=post.unit_id
            )
        )
    return len(posts)


async def tell_left(person: Person) -> None:
    """Announce it; in the transaction that closes the account."""
    await announce(PersonLeft(person_id=person.id))
