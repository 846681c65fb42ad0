"""统一登录的绑定 identities: which person of an identity provider is which account here.

The provider's own number of a person (`sub`) never changes hands; an account name may. So the
name counts at the first sign-in only, and from then on the number.
"""

from tortoise import fields

from core.audit import record
from core.database import atomic
from core.errors import NotSignedIn
from core.people import Person, oneself
from core.permissions import Viewer, demand_held
from core.tables import Model


class Identity(Model):
    """One account as one provider knows it."""

    id = fields.BigIntField(primary_key=True)
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "core.Person", related_name="identities", on_delete=fields.CASCADE, db_index=True
    )
    person_id: int
    issuer = fields.CharField(max_length=200)
    subject = fields.CharField(max_length=255)
    linked_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "core_identity"
        unique_together = (("issuer", "subject"), ("person_id", "issuer"))


async def known(issuer: str, subject: str) -> Person | None:
    found = Identity.filter(issuer=issuer, subject=subject).select_related("person")
    identity = await found.first()
    return identity.person if identity else None


@atomic
async def link(person: Person, issuer: str, subject: str) -> None:
    """From now on this is who the provider means; an account has one of each provider."""
    await Person.filter(id=person.id).select_for_update()
    other = await Identity.get_or_none(person_id=person.id, issuer=issuer)
    if other is not None and other.subject == subject:
        return
    if other is not None:
        raise NotSignedIn(
            "这个账号已经绑定了统一登录的另一个人。如果是您换了统一登录的账号，"
            "请安全管理员先解除绑定。"
        )
    await Identity.create(person_id=person.id, issuer=issuer, subject=subject)
    await record(oneself(person.id), "people.link", person)


async def is_linked(person_id: int) -> bool:
    return await Identity.exists(person_id=person_id)


@atomic
async def unlink(viewer: Viewer | None, person_id: int) -> None:
    """Forget it; the account name counts again at the next sign-in."""
    demand_held(viewer, "people.manage")
    await Identity.filter(person_id=person_id).delete()
    await record(viewer, "people.unlink", ("core.Person", person_id))
