"""Who is behind a token: the first question of every request, asked in one statement."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import orjson
from tortoise.expressions import Q

from core.database import dialect, rows
from core.errors import Unavailable
from core.house import house
from core.people import Person, Post, Roster, Session, in_force, today, token_hash
from core.permissions import Viewer, narrow

SEEN_EVERY = timedelta(minutes=1)

#: A session, its person and the posts that hold today, as `in_force` says.
_SEATED = """
SELECT s.id AS session_id, s.scopes, p.id AS person_id, p.username, p.name,
    s.last_seen_at IS NULL OR s.last_seen_at <= $4 AS unseen,
    o.role, o.unit_id, a.path AS area_path
FROM core_session s JOIN core_person p ON p.id = s.person_id
LEFT JOIN core_post o ON o.person_id = p.id
    AND (o.valid_from IS NULL OR o.valid_from <= $5)
    AND (o.valid_until IS NULL OR o.valid_until >= $5)
LEFT JOIN core_area a ON a.id = o.area_id
WHERE s.token_hash = $1 AND s.kind = $2 AND s.expires_at > $3 AND p.active
ORDER BY o.id
"""


async def viewer_of(token: str, kind: str, roster: Roster) -> Viewer | None:
    """The person behind a token, with grants; None when unknown, ended or expired."""
    now, day = datetime.now(UTC), today()
    on = day.isoformat() if dialect() == "sqlite" else day
    found = await rows(_SEATED, token_hash(token), kind, now, now - SEEN_EVERY, on)
    if not found:
        return None
    seat = found[0]
    if seat["unseen"]:
        await _touch(seat["session_id"], now)
    scopes = seat["scopes"]
    grants = (
        roster.grant(one["role"], one["area_path"] or "", one["unit_id"])
        for one in found
        if one["role"] is not None
    )
    return Viewer(
        person_id=seat["person_id"],
        username=seat["username"],
        name=seat["name"],
        grants=narrow(grants, orjson.loads(scopes) if isinstance(scopes, str) else scopes),
        session_id=seat["session_id"],
    )


async def _touch(session_id: int, now: datetime) -> None:
    """Note that the session is in use, once a minute; no reason to fail if that cannot be."""
    due = Q(last_seen_at__isnull=True) | Q(last_seen_at__lte=now - SEEN_EVERY)
    with suppress(Unavailable):
        await Session.filter(due, id=session_id).update(last_seen_at=now)


async def load_viewer(
    person: Person,
    roster: Roster,
    session_id: int | None = None,
    scopes: Sequence[str] | None = None,
) -> Viewer:
    held = Post.filter(in_force(today()), person_id=person.id)
    posts = await held.order_by("id").select_related("area")
    grants = (
        roster.grant(post.role, post.area.path if post.area else "", post.unit_id) for post in posts
    )
    return Viewer(
        person_id=person.id,
        username=person.username,
        name=person.name,
        grants=narrow(grants, scopes),
        session_id=session_id,
    )


async def demo_viewer(username: str) -> Viewer | None:
    """One of the invented people, for invented data that is made through the real actions."""
    person = await Person.get_or_none(username=username)
    return await load_viewer(person, house().roster) if person else None
