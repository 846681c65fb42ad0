"""The district and whoever keeps its accounts: made once, by whoever holds the machine.

Everybody else's account is made on the pages, by somebody who keeps accounts; the first has nobody.
"""

from dataclasses import dataclass
from datetime import date

from core.areas import Area, create_area
from core.audit import record
from core.database import atomic
from core.errors import BadInput, Conflict
from core.people import Person, Post, hash_password, today
from core.staff import in_codes, sound_username, start_password

KEEPER = "security"
CODE, SIGNIFICANT = 12, 6  # digits of 统计用区划代码, and those of them that tell a district


@dataclass(frozen=True, kw_only=True)
class Founding:
    """`code`: of the district, 6 or 12 digits. `since`: the day from which it stands, or today."""

    code: str
    district: str
    username: str
    name: str
    since: date | None = None


async def keepers() -> bool:
    """Whether somebody who can sign in keeps accounts for good."""
    lasting = Post.filter(role=KEEPER, valid_until__isnull=True, person__active=True)
    return await lasting.exists()


async def found_district(asked: Founding) -> str:
    """The start password of the first account; it is shown once and must be changed."""
    _check(asked)
    password = start_password()
    await _found(asked, await hash_password(password))
    return password


def _check(asked: Founding) -> None:
    code = asked.code
    sound = code.isascii() and code.isdigit() and len(code) in (SIGNIFICANT, CODE)
    if not sound or code[SIGNIFICANT - 2 : SIGNIFICANT] == "00" or int(code[SIGNIFICANT:] or 0):
        message = "区的代码是 6 位数字，或者 12 位、后面六个 0，比如 330105000000。"
        raise BadInput(message, field="district", reason="code")
    if not sound_username(asked.username):
        message = "账号用 2 到 40 个字母、数字、点、横线，以字母或数字开头。"
        raise BadInput(message, field="username", reason="malformed")
    for title, text, longest in (("区名", asked.district, 60), ("姓名", asked.name, 40)):
        if not 1 <= len(text.strip()) <= longest:
            raise BadInput(f"{title}要有 1 到 {longest} 个字。", field="name", reason="length")


@atomic
async def _found(asked: Founding, hashed: str) -> None:
    if await keepers():
        raise Conflict("已经有安全管理员了：请由他在“账号”页面上建立别的账号。")
    if await Person.exists(username__iexact=asked.username):
        raise BadInput("这个账号已经有人用了。", field="username", reason="taken")
    area = await _district(asked)
    person = await Person.create(
        username=asked.username, name=asked.name.strip(), password=hashed, must_change=True
    )
    post = await Post.create(person=person, role=KEEPER, area=area)
    await record(None, "people.create", person)
    await record(None, "people.give_post", person, post, details=in_codes(post))


async def _district(asked: Founding) -> Area:
    """The one that is there, or a new one: its streets are imported by whoever keeps the ground."""
    code = asked.code.ljust(CODE, "0")
    there = await Area.filter(parent_id__isnull=True, valid_to__isnull=True).order_by("id")
    if not there:
        name = asked.district.strip()
        since = asked.since or today()
        return await create_area(
            code=code, name=name, level="district", parent=None, valid_from=since
        )
    if found := next((area for area in there if area.code == code), None):
        return found
    names = "、".join(f"{area.name}（{area.code}）" for area in there[:3])
    raise Conflict(f"这里已经有区划：{names}。请写它的代码。")
