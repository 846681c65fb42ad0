"""Divisions come from GeoJSON: first looked at, then all of them or none, and once only."""

import json
from datetime import date, timedelta
from typing import Any

import pytest

from core.audit import AuditRow
from core.testing import make_viewer
from liuhe import Area, BadInput, Conflict, Forbidden, atomic
from plugins.places.actions import (
    draw_division,
    export_divisions,
    import_divisions,
    locate,
    plan_import,
    rename_division,
    today,
)
from plugins.places.models import Division, FormerShape, Succession
from plugins.places.rules.datum import from_gcj02, to_gcj02
from plugins.places.rules.geojson import read_rows, same_shape
from plugins.places.seeds.ground import draw_district

FIRST, LATER = date(2021, 4, 9), date(2024, 1, 1)


def square(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


LEFT, RIGHT = square(120, 30, 120.05, 30.1), square(120.05, 30, 120.1, 30.1)
GRID = {"code": "330105003001001", "name": "第一网格", "level": "grid"}


def one(shape: Any = None, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": {**GRID, **properties}, "geometry": shape}


def file(*features: Any, **more: Any) -> bytes:
    whole = {"type": "FeatureCollection", "features": features, **more}
    return json.dumps(whole, ensure_ascii=False).encode()


SECOND = one(RIGHT, code="330105003001002", name="第二网格")


async def told(ground: Any, data: bytes, on: date = LATER) -> list[str]:
    """What the plan says of each feature: the problem, or the changes."""
    plan = await plan_import(ground.admin, data, on)
    return [line.problem or line.words for line in plan.lines]


async def test_new_grids_are_told_then_opened_then_nothing_is_left_to_do(ground: Any) -> None:
    data = file(one(LEFT), SECOND)
    plan = await plan_import(ground.admin, data, LATER)
    assert [(line.words, line.problem) for line in plan.lines] == [("新设", "")] * 2
    assert (plan.errors, plan.counts["new"], plan.untouched) == (0, 2, 4)
    assert await Area.filter(level="grid").count() == 0

    await import_divisions(ground.admin, data, LATER, digest=plan.digest)
    grid = await Area.get(code=GRID["code"])
    assert (grid.parent_id, grid.valid_from, grid.path) == (
        ground.west.id,
        LATER,
        f"{ground.west.path}{grid.id}.",
    )
    assert await locate(120.02, 30.05, LATER) == grid
    rows = await AuditRow.filter(action="places.import").count()

    again = await import_divisions(ground.admin, data, LATER)
    assert again.counts == {"new": 0, "shape": 0, "name": 0, "class": 0, "same": 2}
    assert await AuditRow.filter(action="places.import").count() == rows == 1


async def test_what_differs_from_what_stands_is_named(ground: Any) -> None:
    await import_divisions(ground.admin, file(one(LEFT), SECOND), FIRST)
    changed = file(
        one(square(120, 30, 120.04, 30.1), name="运河网格", kind="112"),
        one(square(120.04, 30, 120.1, 30.1), code="330105003001002", name="第二网格"),
    )
    assert await told(ground, changed) == ["范围变了、更名、分类或备注变了", "范围变了"]
    await import_divisions(ground.admin, changed, LATER)
    grid = await Area.get(code=GRID["code"])
    tie = await Succession.get(kind="rename")
    assert (grid.name, tie.former_name, tie.on) == ("运河网格", "第一网格", LATER)
    assert (await Division.get(area_id=grid.id)).kind == "112"
    before = LATER - timedelta(days=1)
    names = [(await locate(120.045, 30.05, day)) for day in (before, LATER)]
    assert [area and area.code for area in names] == ["330105003001001", "330105003001002"]


async def test_a_correction_leaves_no_former_shape(ground: Any) -> None:
    await import_divisions(ground.admin, file(one(LEFT)), FIRST)
    narrow = file(one(square(120, 30, 120.04, 30.1)))
    await import_divisions(ground.admin, narrow, LATER, moved=False)
    assert await FormerShape.all().count() == 0
    assert await locate(120.045, 30.05, FIRST) == ground.west


async def test_a_first_drawing_counts_from_the_beginning(ground: Any) -> None:
    await import_divisions(ground.admin, file(one(None)), FIRST)
    await import_divisions(ground.admin, file(one(LEFT)), LATER)
    grid = await Area.get(code=GRID["code"])
    assert await locate(120.02, 30.05, FIRST) == grid


async def test_a_whole_district_is_imported_into_an_empty_house(places: Any) -> None:
    await atomic(draw_district)()
    admin = await make_viewer("admin", "admin", area=await Area.get(level="district"))
    exported = await export_divisions(admin, today())
    data = json.dumps(exported).encode()
    codes = [one["properties"]["code"] for one in exported["features"]]
    for model in (Succession, Division, FormerShape):
        await model.all().delete()
    from plugins.places.models import Compound, Point

    await Point.all().delete()
    await Compound.all().delete()
    for area in await Area.all().order_by("-path"):
        if area.level != "district":
            await area.delete()
    plan = await import_divisions(admin, data, today())
    assert plan.counts["new"] == len(codes) - 1
    assert [line.words for line in plan.lines if "new" not in line.changes] == [
        "范围变了、分类或备注变了"
    ]
    again = await plan_import(admin, data, today())
    assert again.counts["same"] == len(codes)


async def test_an_export_of_any_day_is_unchanged_when_it_is_imported(places: Any) -> None:
    await atomic(draw_district)()
    admin = await make_viewer("admin", "admin", area=await Area.get(level="district"))
    grid = await Area.get(code="330105003001001")
    await rename_division(admin, grid, "桥头网格", on=date(2025, 3, 1))
    part = (await Division.get(area_id=grid.id)).polygon
    await draw_division(admin, grid, part, on=date(2025, 5, 1))
    for day in (FIRST, date(2023, 12, 31), LATER, date(2025, 3, 1), today()):
        exported = await export_divisions(admin, day)
        plan = await plan_import(admin, json.dumps(exported).encode(), day)
        assert (plan.errors, plan.counts["same"]) == (0, len(exported["features"])), day
    names = {
        day: next(
            one["properties"]["name"]
            for one in (await export_divisions(admin, day))["features"]
            if one["properties"]["code"] == grid.code
        )
        for day in (LATER, today())
    }
    assert list(names.values()) == ["长征桥第一网格", "桥头网格"]


GCJ = {
    "type": "Polygon",
    "coordinates": [[list(to_gcj02(x, y)) for x, y in LEFT["coordinates"][0]]],
}


@pytest.mark.parametrize(
    ("feature", "sentence"),
    [
        (one(LEFT, code="33010500300100"), "代码要是 15 位数字"),
        (one(LEFT, code=3301), "代码要是"),
        (one(LEFT, name=" "), "名称"),
        (one(LEFT, level="village"), "level（层级）要是"),
        (one(LEFT, kind="999"), "城乡分类代码"),
        (one(LEFT, code="330105009001001"), "找不到上级 330105009001"),
        (one(LEFT, parent_code="330105003002"), "代码要以上级的 330105003002 开头"),
        (one(LEFT, valid_from="去年"), "2026-03-01"),
        (one(LEFT, valid_from="2020-01-01"), "上级从 2021-04-09 起才有"),
        (one(LEFT, valid_from="2025-01-01"), "晚于导入日期"),
        (one({"type": "Point", "coordinates": [120, 30]}), "Polygon"),
        (one(square(30, 120, 30.05, 120.1)), "写反"),
        (one(square(500_000, 3_300_000, 500_100, 3_300_100)), "投影后的米"),
        (one(square(10, 50, 11, 51)), "中国境内"),
        (one(square(120.06, 30, 120.16, 30.1)), "在上级长征桥社区之外"),
        (one(GCJ), "GCJ-02"),
        ({"type": "Feature", "geometry": LEFT}, "properties"),
        ("x", "不是 Feature"),
        (
            one(LEFT, code="330105003001", level="community", name="x", valid_from="2022-01-01"),
            "请去掉 valid_from",
        ),
        (
            one(LEFT, code="330105003001", level="社区", parent_code="330105009000", name="x"),
            "换上级请用“划转”",
        ),
    ],
)
async def test_a_wrong_feature_is_told_with_what_to_do(
    ground: Any, feature: Any, sentence: str
) -> None:
    [said] = await told(ground, file(feature))
    assert sentence in said
    with pytest.raises(BadInput, match="什么也没有导入"):
        await import_divisions(ground.admin, file(feature), LATER)
    assert await Area.all().count() == 4


async def test_duplicates_and_overlaps_are_told_on_both(ground: Any) -> None:
    double = await told(ground, file(one(LEFT), one(RIGHT)))
    assert double == ["新设", "代码和第 1 项重复，请只留一项。"]
    overlapping = await told(
        ground,
        file(one(square(120, 30, 120.06, 30.1)), SECOND),
    )
    assert ["和第二网格重叠" in overlapping[0], "和第一网格重叠" in overlapping[1]] == [True, True]


async def test_a_hole_is_a_warning_only(ground: Any) -> None:
    plan = await plan_import(ground.admin, file(one(LEFT)), LATER)
    assert (plan.errors, len(plan.warnings)) == (0, 1)
    assert "长征桥社区里有" in plan.warnings[0]


async def test_one_wrong_feature_keeps_all_out(ground: Any) -> None:
    with pytest.raises(BadInput):
        await import_divisions(ground.admin, file(one(LEFT), one(None, code="1")), LATER)
    assert await Area.all().count() == 4


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (file(one(LEFT)).decode().encode("utf-16"), "UTF-16"),
        (file(one(LEFT)).decode().encode("gbk"), "GBK"),
        (b"\xff\x00\xfe\x81", "不是文本"),
        (b"{", "不是 JSON"),
        (b"[" * 100_000, "不是 JSON"),
        (b"[]", "FeatureCollection"),
        (b'{"type": "FeatureCollection", "features": []}', "1 到"),
        (file(one(LEFT), crs={"properties": {"name": "urn:ogc:def:crs:EPSG::4549"}}), "4549"),
    ],
)
async def test_a_file_that_cannot_be_read_is_told(ground: Any, data: bytes, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence) as refused:
        await plan_import(ground.admin, data, LATER)
    assert refused.value.field == "file"


def test_a_byte_order_mark_and_a_known_reference_system_do_no_harm() -> None:
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    rows, problem = read_rows(b"\xef\xbb\xbf" + file(one(LEFT), crs=crs))
    assert (problem, [row.problem for row in rows]) == ("", [""])


def test_a_ring_may_begin_anywhere_and_run_either_way() -> None:
    [ring] = LEFT["coordinates"]
    turned = {"type": "Polygon", "coordinates": [[*ring[2:], *ring[1:3]][::-1]]}
    assert same_shape(LEFT, turned)
    assert not same_shape(LEFT, RIGHT)


def test_gcj02_is_half_a_kilometre_off_and_comes_back() -> None:
    there = to_gcj02(120.15, 30.3)
    assert there[0] - 120.15 == pytest.approx(0.0047, abs=0.0005)
    assert from_gcj02(*there) == pytest.approx((120.15, 30.3), abs=3e-5)


async def test_only_who_may_edit_there_imports(ground: Any) -> None:
    dispatcher = await make_viewer("dispatcher", "dispatcher", area=ground.street)
    with pytest.raises(Forbidden):
        await plan_import(dispatcher, file(one(LEFT)), LATER)
    other = await make_viewer("other", "admin", area=ground.east)
    plan = await plan_import(other, file(one(LEFT)), LATER)
    assert [line.problem for line in plan.lines] == ["您无权调整长征桥社区。"]


async def test_only_who_edits_everywhere_opens_what_lies_in_nothing_that_stands(
    ground: Any,
) -> None:
    district = one(None, code="330106000000", name="别的区", level="district")
    street = one(None, code="330106001000", name="街道", level="street", parent_code="330106000000")
    other = await make_viewer("other", "admin", area=ground.east)
    plan = await plan_import(other, file(district, street), LATER)
    assert [line.problem for line in plan.lines] == ["您无权设立区划。"] * 2
    assert await told(ground, file(district, street)) == ["新设", "新设"]


async def test_a_plan_that_no_longer_holds_is_not_carried_out(ground: Any) -> None:
    data = file(one(LEFT))
    plan = await plan_import(ground.admin, data, LATER)
    await import_divisions(ground.admin, data, LATER)
    with pytest.raises(Conflict, match="再试算"):
        await import_divisions(ground.admin, data, LATER, digest=plan.digest)
