"""Who is in post today: whether anybody is there to do a thing, and who else does the same."""

from collections.abc import Iterable

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from core.house import house
from core.people import Post, in_force, today


def on_duty(permission: str) -> QuerySet[Post]:
    """Posts that let somebody do this today."""
    roles = house().roster.roles_with(permission)
    return Post.filter(in_force(today()), role__in=roles, person__active=True)


async def companions(posts: Iterable[Post]) -> dict[int, int]:
    """For each post, how many others do the same there, or over an area around it; areas loaded."""
    held = list(posts)
    above = {int(step) for post in held if post.area for step in post.area.path.split(".") if step}
    near = Q(unit_id__in=[post.unit_id for post in held if post.unit_id] or [0])
    near |= Q(area_id__in=sorted(above) or [0])
    same = Post.filter(in_force(today()), near, person__active=True)
    others = await same.filter(role__in=[post.role for post in held]).select_related("area")
    return {
        post.id: len({other.person_id for other in others if _does_the_same(other, post)})
        for post in held
    }


def _does_the_same(other: Post, post: Post) -> bool:
    if other.role != post.role or other.person_id == post.person_id:
        return False
    if post.area:
        return other.area is not None and post.area.path.startswith(other.area.path)
    return other.unit_id == post.unit_id
