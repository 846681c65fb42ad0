"""An area knows its place in the tree and the days on which it stood."""

from datetime import date

import pytest

from core.areas import Area, create_area
from core.testing import make_area


async def test_a_path_is_the_chain_of_ids(kernel):
    district = await make_area("330105", "拱墅区")
    street = await make_area("330105001", "米市巷街道", "street", parent=district)
    grid = await make_area("330105001001", "一网格", "grid", parent=street)
    assert district.path == f"{district.id}."
    assert grid.path == f"{district.id}.{street.id}.{grid.id}."
    inside = await Area.filter(path__startswith=district.path).order_by("id")
    assert [one.id for one in inside] == [district.id, street.id, grid.id]


@pytest.mark.parametrize(
    ("day", "stood"),
    [
        (date(2021, 4, 8), False),
        (date(2021, 4, 9), True),
        (date(2025, 12, 31), True),
        (date(2026, 1, 1), False),
    ],
)
def test_the_last_day_is_the_one_before_its_end(day, stood):
    area = Area(code="1", valid_from=date(2021, 4, 9), valid_to=date(2026, 1, 1))
    assert area.stood(day) is stood


async def test_a_code_may_come_back_later_but_not_on_the_same_day(kernel):
    await make_area("330103", "下城区")
    again = {"code": "330103", "name": "新区", "level": "district", "parent": None}
    await create_area(**again, valid_from=date(2030, 1, 1))
    with pytest.raises(Exception, match=r"(?i)unique"):
        await create_area(**again, valid_from=date(2030, 1, 1))
