"""Any point lies in exactly one grid on any day, whatever was split, merged and moved before."""

import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liuhe import Area, BadInput
from plugins.places.actions import (
    Opening,
    Site,
    check_ground,
    create_compound,
    create_point,
    draw_division,
    locate,
    located_at,
    resolve,
    shapes_on,
    succeed,
    today,
)
from plugins.places.models import Division, FormerShape
from plugins.places.rules.shapes import contains, grains, polygon

FIRST, LATER = date(2021, 4, 9), date(2024, 1, 1)
BEFORE = LATER - timedelta(days=1)
WIDE = 64  # steps
SEEDS = (3, 7, 11)


def step(x: int, y: int) -> tuple[float, float]:
    """In the west community of the ground, which is 0.1 degrees wide and high."""
    return round(120 + x * 0.1 / WIDE, 7), round(30 + y * 0.1 / WIDE, 7)


def block(west: int, south: int, east: int, north: int) -> dict[str, Any]:
    corners = [step(west, south), step(east, south), step(east, north), step(west, north)]
    return polygon([grains(*corner) for corner in corners])


@dataclass
class Story:
    """A community of rectangles that are split and merged at random; pure, for many examples."""

    lives: list[tuple[tuple[int, int, int, int], int, int]] = field(default_factory=list)
    days: int = 0


def story(seed: int) -> Story:
    """Lives are (rectangle, first day, first day without it); days count from 0."""
    dice = random.Random(seed)
    standing: list[tuple[tuple[int, int, int, int], int]] = [((0, 0, WIDE, WIDE), 0)]
    told = Story()
    for day in range(1, dice.randint(2, 7)):
        told.days = day
        if dice.random() < 0.4 and (pair := neighbours(standing)):
            told.lives += [(*one, day) for one in pair]
            standing = [one for one in standing if one not in pair]
            standing.append((around(*(rectangle for rectangle, _ in pair)), day))
            continue
        one = dice.choice(standing)
        (west, south, east, north), begun = one
        across = dice.random() < 0.5
        low, high = (west, east) if across else (south, north)
        if high - low < 2:
            continue
        standing.remove(one)
        told.lives.append((one[0], begun, day))
        at = dice.randint(low + 1, high - 1)
        halves = (
            [(west, south, at, north), (at, south, east, north)]
            if across
            else [(west, south, east, at), (west, at, east, north)]
        )
        standing += [(half, day) for half in halves]
    told.lives += [(rectangle, begun, 10**6) for rectangle, begun in standing]
    return told


Rectangle = tuple[int, int, int, int]


def around(one: Rectangle, other: Rectangle) -> Rectangle:
    return (
        min(one[0], other[0]),
        min(one[1], other[1]),
        max(one[2], other[2]),
        max(one[3], other[3]),
    )


def size(one: Rectangle) -> int:
    return (one[2] - one[0]) * (one[3] - one[1])


def neighbours(standing: list[tuple[Rectangle, int]]) -> list[tuple[Rectangle, int]]:
    """Two that make one rectangle together, if there are."""
    for one, other in combinations(standing, 2):
        if size(around(one[0], other[0])) == size(one[0]) + size(other[0]):
            return [one, other]
    return []


def test_the_histories_split_and_merge() -> None:
    kinds = {kind for seed in SEEDS for kind in changes(story(seed))}
    assert kinds == {"split", "merge"}


def changes(told: Story) -> list[str]:
    ended = [[end for _, _, end in told.lives].count(day) for day in range(1, told.days + 1)]
    return [{1: "split", 2: "merge"}[count] for count in ended if count]


@given(
    st.integers(0, 10_000),
    st.tuples(st.booleans(), st.integers(0, WIDE)),
    st.tuples(st.booleans(), st.integers(0, WIDE)),
    st.integers(0, 8),
)
def test_a_point_has_one_grid_on_each_day_of_a_random_history(
    seed: int, across: tuple[bool, int], along: tuple[bool, int], day: int
) -> None:
    """Every other point is on a border or in a corner: there one could be in two, or in none."""
    standing = [one for one, begun, ended in story(seed).lives if begun <= day < ended]
    x = placed(across, [edge for one in standing for edge in (one[0], one[2])])
    y = placed(along, [edge for one in standing for edge in (one[1], one[3])])
    found = [one for one in standing if contains(block(*one), grains(*step(x, y)))]
    assert len(found) == (1 if x < WIDE and y < WIDE else 0)  # the far borders are a neighbour's


def placed(wish: tuple[bool, int], borders: list[int]) -> int:
    """A step, or one of these borders."""
    on_border, number = wish
    return borders[number % len(borders)] if on_border else number


async def open_grids(ground: Any, *blocks: tuple[int, int, int, int]) -> list[Area]:
    return [
        await ground.open(
            ground.west, f"3301050030010{number:02}", f"第{number}网格", polygon=block(*one)
        )
        for number, one in enumerate(blocks, 1)
    ]


@pytest.mark.parametrize("seed", SEEDS)
async def test_the_actions_tell_the_same_history(ground: Any, seed: int) -> None:
    """Splits and mergers written by `succeed`, asked of `locate` on every day, borders included."""
    told = story(seed)
    numbers = iter(range(1, 100))
    grids: dict[tuple[Rectangle, int], Area] = {}  # by ground and first day

    def opening(one: tuple[int, int, int, int]) -> Opening:
        number = next(numbers)
        return Opening(
            code=f"3301050030010{number:02}",
            name=f"第{number}网格",
            level="grid",
            parent=ground.west,
            polygon=block(*one),
        )

    [(first, _, _)] = [life for life in told.lives if life[1] == 0]
    [area] = await open_grids(ground, first)
    next(numbers)
    grids[first, 0] = area
    for day in range(1, told.days + 1):
        ended = [(one, begun) for one, begun, end in told.lives if end == day]
        opened = [one for one, begun, _ in told.lives if begun == day]
        if ended:
            new = await succeed(
                ground.admin,
                [grids[one] for one in ended],
                [opening(one) for one in opened],
                kind="split" if len(ended) == 1 else "merge",
                on=FIRST + timedelta(days=day),
            )
            grids |= {(one, day): area for one, area in zip(opened, new, strict=True)}
    dice = random.Random(seed)
    for _ in range(25):
        x, y, day = dice.randrange(WIDE), dice.randrange(WIDE), dice.randrange(told.days + 2)
        [expected] = [
            grids[one, begun]
            for one, begun, ended in told.lives
            if begun <= day < ended and one[0] <= x < one[2] and one[1] <= y < one[3]
        ]
        assert await locate(*step(x, y), FIRST + timedelta(days=day)) == expected
    for day in range(told.days + 1):
        flaws = await check_ground(ground.admin, FIRST + timedelta(days=day))
        assert [flaw.sentence for flaw in flaws if flaw.areas[0].level == "grid"] == []


async def test_a_moved_border_counts_from_its_day_only(ground: Any) -> None:
    left, right = await open_grids(ground, (0, 0, 32, 64), (32, 0, 64, 64))
    await draw_division(ground.admin, left, block(0, 0, 16, 64), on=LATER)
    await draw_division(ground.admin, right, block(16, 0, 64, 64), on=LATER)
    between = step(20, 20)
    assert [await locate(*between, day) for day in (BEFORE, LATER, None)] == [left, right, right]
    assert await shapes_on(BEFORE, [left.id]) == {left.id: block(0, 0, 32, 64)}
    assert await shapes_on(LATER, [left.id]) == {left.id: block(0, 0, 16, 64)}
    former = await FormerShape.get(area_id=left.id)
    assert (former.valid_from, former.valid_to) == (None, LATER)


async def test_a_corrected_drawing_counts_from_the_beginning(ground: Any) -> None:
    [grid] = await open_grids(ground, (0, 0, 32, 64))
    await draw_division(ground.admin, grid, block(0, 0, 16, 64))
    assert await locate(*step(20, 20), FIRST) == ground.west
    assert await FormerShape.all().count() == 0
    assert (await Division.get(area_id=grid.id)).drawn_from is None


async def test_a_border_is_not_moved_before_its_last_move(ground: Any) -> None:
    [grid] = await open_grids(ground, (0, 0, 32, 64))
    await draw_division(ground.admin, grid, block(0, 0, 16, 64), on=LATER)
    for day in (BEFORE, today() + timedelta(days=1), FIRST - timedelta(days=1)):
        with pytest.raises(BadInput) as refused:
            await draw_division(ground.admin, grid, block(0, 0, 8, 64), on=day)
        assert refused.value.field == "on"


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        (block(31, 0, 64, 64), "polygon: overlap"),
        (block(40, 0, 90, 64), "polygon: outside"),
        (block(32, 0, 64, 64), ""),
    ],
)
async def test_what_overlaps_or_leaves_the_parent_is_not_opened(
    ground: Any, shape: dict[str, Any], reason: str
) -> None:
    await open_grids(ground, (0, 0, 32, 64))

    async def another() -> str:
        try:
            await ground.open(ground.west, "330105003001009", "第九网格", polygon=shape)
        except BadInput as error:
            return f"{error.field}: {error.reason}"
        return ""

    assert await another() == reason
    assert await Area.filter(code="330105003001009").exists() is (reason == "")


async def test_an_area_is_not_drawn_smaller_than_what_lies_in_it(ground: Any) -> None:
    await open_grids(ground, (0, 0, 64, 64))
    with pytest.raises(BadInput, match="第1网格") as refused:
        await draw_division(ground.admin, ground.west, block(0, 0, 32, 64))
    assert refused.value.reason == "children"


async def test_the_check_tells_of_holes_overlaps_and_what_is_not_drawn(ground: Any) -> None:
    left, _ = await open_grids(ground, (0, 0, 32, 64), (32, 0, 48, 64))
    await ground.open(ground.east, "330105003002001", "第一网格")
    await Division.filter(area_id=left.id).update(polygon=block(0, 0, 40, 64))
    flaws = await check_ground(ground.admin, today())
    told = [(flaw.kind, [area.name for area in flaw.areas]) for flaw in flaws]
    assert told == [
        ("undrawn", ["拱墅区"]),
        ("overlap", ["第1网格", "第2网格"]),
        ("hole", ["长征桥社区"]),
        ("undrawn", ["第一网格"]),
    ]
    assert all(flaw.sentence.endswith("。") for flaw in flaws)
    assert await check_ground(ground.admin, FIRST - timedelta(days=1)) == []


async def test_where_two_drawings_overlap_the_lower_code_has_the_point(ground: Any) -> None:
    left, right = await open_grids(ground, (0, 0, 32, 64), (32, 0, 64, 64))
    await Division.filter(area_id=right.id).update(polygon=block(30, 0, 64, 64), west=120.04)
    assert await locate(*step(31, 5)) == left


async def test_the_grid_of_a_point_is_found_above_its_microgrid(ground: Any) -> None:
    [grid] = await open_grids(ground, (0, 0, 64, 64))
    micro = await ground.open(grid, "33010500300100101", "微网格", polygon=block(0, 0, 32, 64))
    assert await locate(*step(5, 5)) == micro
    assert await located_at(*step(5, 5), "grid") == grid
    assert await located_at(*step(40, 5), "microgrid") is None
    assert await located_at(*step(5, 5), "street", FIRST) == ground.street


async def test_an_address_is_resolved_to_the_division_of_its_day(ground: Any) -> None:
    left, right = await open_grids(ground, (0, 0, 32, 64), (32, 0, 64, 64))
    longitude, latitude = step(40, 5)
    site = Site(
        name="长征桥花园",
        kind="residential",
        longitude=longitude,
        latitude=latitude,
        address="桥弄街 8 号",
    )
    await create_compound(ground.admin, site, on=FIRST)
    await draw_division(ground.admin, right, block(48, 0, 64, 64), on=LATER)
    await draw_division(ground.admin, left, block(0, 0, 48, 64), on=LATER)
    for text in ("拱墅区 长征桥花园3幢2单元", "桥弄街8号", "桥弄街 ８号"):
        found = [await resolve(ground.admin, text, day) for day in (BEFORE, LATER)]
        assert [one and one.area for one in found] == [right, left]
    assert await resolve(ground.admin, "长征桥花园", FIRST - timedelta(days=1)) is None
    assert await resolve(ground.admin, "没有这个地方") is None


async def test_the_longest_name_wins_and_doubt_is_said(ground: Any) -> None:
    [grid] = await open_grids(ground, (0, 0, 64, 64))
    for name, x in (("和睦新村", 5), ("和睦新村东区", 10)):
        longitude, latitude = step(x, 5)
        await create_point(ground.admin, name=name, longitude=longitude, latitude=latitude)
    await create_point(ground.admin, name="和睦新村", longitude=120.15, latitude=30.05)
    found = await resolve(ground.admin, "和睦新村东区 3 幢")
    assert (found and found.name, found and found.area) == ("和睦新村东区", grid)
    with pytest.raises(BadInput, match="都叫这个名字") as refused:
        await resolve(ground.admin, "和睦新村 3 幢")
    assert refused.value.reason == "ambiguous"
    told = await resolve(ground.admin, "塘河社区和睦新村 3 幢")
    assert told
    assert told.area == ground.east
