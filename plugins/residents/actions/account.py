"""The account in whose name all reports of residents stand. Nobody can sign in with it.

It has no post; what it may do is said here, for one piece of work at a time, after the door has
checked the tracking code. So a case of a resident has a reporter like any other: steps, pictures,
the blur and the separation of duties work as they do for everybody.
"""

from liuhe import Person, Post, Viewer, atomic
from plugins.residents.permissions import OWN
from plugins.residents.rules import CHANNEL_LABELS, Channel

#: No account that people make begins so, and staff pages leave such accounts alone.
USERNAME = "@residents"
NAME = "居民（网页）"
NO_PASSWORD = "!"  # noqa: S105 - no hash reads so


@atomic
async def ensure_account() -> Person:
    """The account as it is to be: shut, and without posts."""
    person = Person(username=USERNAME, name=NAME, password=NO_PASSWORD, active=False)
    await Person.bulk_create([person], ignore_conflicts=True)
    kept = await Person.get(username=USERNAME)
    if kept.active or kept.password != NO_PASSWORD:
        kept.active, kept.password = False, NO_PASSWORD
        await kept.save(update_fields=["active", "password"])
    await Post.filter(person_id=kept.id).delete()
    return kept


async def prepare_account() -> None:
    await ensure_account()


async def acting(channel: Channel = Channel.WEB) -> Viewer:
    """The resident at this door; the timeline names the door."""
    person = await Person.get_or_none(username=USERNAME) or await ensure_account()
    name = f"居民（{CHANNEL_LABELS[channel]}）"
    return Viewer(person_id=person.id, username=person.username, name=name, grants=(OWN,))
