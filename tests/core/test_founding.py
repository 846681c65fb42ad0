"""A new district begins with one account, made at the machine, and goes on with the pages."""

from datetime import date
from typing import Any

import pytest

from core.areas import Area
from core.audit import AuditRow
from core.errors import BadInput, Conflict
from core.founding import Founding, found_district, keepers
from core.house import house
from core.people import Person, Post, check_password
from core.permissions import Viewer
from core.staff import Wanted, create_person, give_post, set_active
from core.viewers import load_viewer
from plugins.places.actions import import_divisions, today
from tests.plugins.places.test_importing import file, one, square

ASKED = Founding(code="330105", district="拱墅区", username="zhang", name="张三")
CODE = "330105000000"


async def signed_in(username: str) -> Viewer:
    return await load_viewer(await Person.get(username=username), house().roster)


async def test_the_first_account_keeps_the_accounts_of_the_whole_district(kernel: Any) -> None:
    assert not await keepers()
    password = await found_district(ASKED)
    person = await Person.get(username="zhang")
    assert await check_password(person, password)
    assert person.must_change, "what stood on a screen is not kept"
    area = await Area.get()
    assert (area.code, area.level, area.name, area.parent_id) == (CODE, "district", "拱墅区", None)
    assert (await signed_in("zhang")).holds_everywhere("people.manage")
    told = await AuditRow.all().order_by("seq").values_list("action", "person_id")
    assert told == [("people.create", None), ("people.give_post", None)]


async def test_it_is_given_once_until_nobody_is_left_who_keeps_accounts(kernel: Any) -> None:
    await found_district(ASKED)
    again = Founding(code=CODE, district="拱墅区", username="li", name="李四")
    with pytest.raises(Conflict, match="已经有安全管理员了"):
        await found_district(again)
    assert await Person.all().count() == 1
    await Post.all().update(valid_until=date(2026, 1, 1))  # all are gone: the machine decides
    await found_district(again)
    assert await Area.all().count() == 1
    await Person.all().update(active=False)
    other = Founding(code="330106", district="西湖区", username="wang", name="王五")
    with pytest.raises(Conflict, match=r"已经有区划：拱墅区（330105000000）"):
        await found_district(other)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"code": "33010"}, "区的代码是 6 位数字"),
        ({"code": "330100"}, "区的代码是 6 位数字"),
        ({"code": "330105001000"}, "区的代码是 6 位数字"),
        ({"code": "３３０１０５"}, "区的代码是 6 位数字"),
        ({"username": "张三"}, "账号用 2 到 40 个字母"),
        ({"district": " "}, "区名要有 1 到 60 个字"),
        ({"name": "名" * 41}, "姓名要有 1 到 40 个字"),
    ],
)
async def test_what_cannot_be_is_said_and_nothing_is_written(
    kernel: Any, changed: dict[str, str], said: str
) -> None:
    wrong = Founding(
        **{"code": "330105", "district": "区", "username": "zh", "name": "张"} | changed
    )
    with pytest.raises(BadInput, match=said):
        await found_district(wrong)
    assert (await Person.all().count(), await Area.all().count()) == (0, 0)


async def test_from_there_the_district_is_set_up_without_the_machine(kernel_on: Any) -> None:
    async with kernel_on() as _:
        await Person.filter(username="zhang").delete()
        await found_district(ASKED)
        keeper, area = await signed_in("zhang"), await Area.get(code=CODE)
        admin, _ = await create_person(keeper, username="li", name="李四")
        await give_post(keeper, admin.id, Wanted(role="admin", area_id=area.id))
        second, _ = await create_person(keeper, username="wang", name="王五")
        await give_post(keeper, second.id, Wanted(role="security", area_id=area.id))
        whole = square(120, 30, 120.1, 30.1)
        data = file(
            one(whole, code=CODE, name="拱墅区", level="district"),
            one(whole, code="330105003000", name="湖墅街道", level="street"),
        )
        plan = await import_divisions(await signed_in("li"), data, today())
        assert plan.errors == 0
        assert await Area.filter(parent_id=area.id, name="湖墅街道").exists()
        await set_active(await signed_in("wang"), keeper.person_id, False)
        assert await keepers(), "the second goes on"
