"""事项 services: which case types are offered to other programs, under which name, asking what."""

from collections.abc import Sequence
from dataclasses import dataclass

from liuhe import BadInput, NotFound, Viewer, atomic, demand_everywhere, record
from plugins.cases.actions import event_types
from plugins.open311.models import Answering, Service
from plugins.open311.permissions import MANAGE, SERVICE_CHANGED
from plugins.open311.rules import MOST_ATTRIBUTES, Attribute, attributes_from
from plugins.open311.rules.asking import LISTS, LONGEST_QUESTION, LONGEST_VALUE, MOST_VALUES


@dataclass(frozen=True, kw_only=True)
class Offered:
    """A service as it is offered today. `group`: the class of the type."""

    code: str
    name: str
    description: str
    keywords: str
    group: str
    answering: Answering
    attributes: tuple[Attribute, ...]


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A service as somebody wants it to be."""

    offered: bool
    name: str = ""
    description: str = ""
    keywords: str = ""
    answering: str = Answering.REALTIME.value
    attributes: Sequence[Attribute] = ()


async def services() -> list[Offered]:
    """What is offered, of the types in use; two queries."""
    rows = {row.type_code: row for row in await Service.filter(offered=True)}
    return [
        Offered(
            code=kind.code,
            name=row.name,
            description=row.description or kind.name,
            keywords=row.keywords,
            group=kind.class_name,
            answering=row.answering,
            attributes=attributes_from(row.attributes),
        )
        for kind in await event_types()
        if (row := rows.get(kind.code))
    ]


async def known_service(code: str) -> Offered:
    found = next((one for one in await services() if one.code == code), None)
    if found is None:
        raise NotFound(f"没有编号是 {code[:20]} 的事项，请查 services。")
    return found


@atomic
async def save_service(viewer: Viewer | None, code: str, wish: Wish) -> Service:
    """Offer a case type, change how it is offered, or offer it no more."""
    viewer = demand_everywhere(viewer, MANAGE)
    kind = next((one for one in await event_types() if one.code == code), None)
    if kind is None:
        raise NotFound()
    _check(wish)
    row = await Service.filter(type_code=code).select_for_update().first()
    row = row or Service(type_code=code)
    row.name, row.description = wish.name.strip() or kind.name, wish.description.strip()
    row.keywords, row.answering = wish.keywords.strip(), Answering(wish.answering)
    row.attributes = [one.kept for one in wish.attributes]
    row.offered = wish.offered
    await row.save()
    await record(viewer, SERVICE_CHANGED, row, details={"type": code, "offered": wish.offered})
    return row


def _check(wish: Wish) -> None:
    for name, text, most in (
        ("name", wish.name, 40),
        ("description", wish.description, 300),
        ("keywords", wish.keywords, 200),
    ):
        if len(text) > most:
            raise BadInput(f"最多 {most} 个字。", field=name, reason="too_long")
    if wish.answering not in {one.value for one in Answering}:
        raise BadInput("请选择怎么答复。", field="answering", reason="required")
    if len(wish.attributes) > MOST_ATTRIBUTES:
        raise BadInput(f"最多问 {MOST_ATTRIBUTES} 项。", field="question1", reason="too_many")
    for number, one in enumerate(wish.attributes, 1):
        _check_attribute(number, one)


def _check_attribute(number: int, one: Attribute) -> None:
    if len(one.question) > LONGEST_QUESTION:
        words = f"最多 {LONGEST_QUESTION} 个字。"
        raise BadInput(words, field=f"question{number}", reason="too_long")
    if one.datatype in LISTS and not 2 <= len(set(one.values)) <= MOST_VALUES:
        words = f"请写 2 到 {MOST_VALUES} 个选项，一行一个。"
        raise BadInput(words, field=f"values{number}", reason="required")
    if any(len(value) > LONGEST_VALUE for value in one.values):
        words = f"每个选项最多 {LONGEST_VALUE} 个字。"
        raise BadInput(words, field=f"values{number}", reason="too_long")
