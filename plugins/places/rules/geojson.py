"""Reading and writing a GeoJSON FeatureCollection of divisions; what is wrong is told by row."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from liuhe import LEVEL_LABELS, LEVELS
from plugins.places.rules.codes import SIGNIFICANT, STATISTICAL, code_problem
from plugins.places.rules.shapes import Shape, degrees, doubled_area, far_away, rings
from plugins.places.rules.validity import shape_problem

MOST_BYTES = 20_000_000
MOST_FEATURES = 3_000
MOST_PARTS = 20
#: Names of reference systems that are WGS-84, or as good as that.
GOOD_CRS = ("CRS84", "EPSG:4326", "EPSG::4326", "EPSG:4490", "EPSG::4490")
_LEVELS = {**{level: level for level in LEVELS}, **{v: k for k, v in LEVEL_LABELS.items()}}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One feature, from 1. `problem`: what is wrong with it by itself; then the rest may be ""."""

    number: int
    code: str = ""
    name: str = ""
    level: str = ""
    parent_code: str = ""
    kind: str | None = None
    note: str | None = None
    valid_from: date | None = None
    polygon: Shape | None = None
    problem: str = ""


def read_text(data: bytes) -> tuple[str, str]:
    """The text, or a sentence about the encoding."""
    if len(data) > MOST_BYTES:
        return "", f"文件最大 {MOST_BYTES // 1_000_000} MB，请按街道分开导入。"
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "", "文件是 UTF-16 编码，请另存为 UTF-8 再导入。"
    try:
        return data.decode("utf-8-sig"), ""
    except UnicodeDecodeError:
        pass
    try:
        data.decode("gb18030")
    except UnicodeDecodeError:
        return "", "文件不是文本，请导出成 UTF-8 编码的 GeoJSON。"
    return "", "文件看起来是 GBK 编码，请另存为 UTF-8 再导入。"


def read_rows(data: bytes) -> tuple[list[Row], str]:
    """All rows, or a sentence about the whole file."""
    text, problem = read_text(data)
    if problem:
        return [], problem
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        return [], "文件不是 JSON，请导出成 GeoJSON。"
    features = whole.get("features") if isinstance(whole, dict) else None
    if not isinstance(features, list) or whole.get("type") != "FeatureCollection":
        return [], "文件要是 GeoJSON 的 FeatureCollection。"
    if problem := _crs_problem(whole.get("crs")):
        return [], problem
    if not 1 <= len(features) <= MOST_FEATURES:
        return [], f"一个文件要有 1 到 {MOST_FEATURES} 个区划，请按街道分开导入。"
    return [_row(number, feature) for number, feature in enumerate(features, 1)], ""


def read_shapes(text: str) -> tuple[list[tuple[dict[str, str], Shape]], str]:
    """Polygons with their code and name, of whatever kind of GeoJSON was pasted; or a sentence."""
    try:
        whole = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return [], "这不是 JSON，请贴 GeoJSON。"
    if not isinstance(whole, dict):
        return [], "请贴 GeoJSON 的 Polygon、Feature 或 FeatureCollection。"
    if problem := _crs_problem(whole.get("crs")):
        return [], problem
    listed = whole.get("features") if whole.get("type") == "FeatureCollection" else [whole]
    if not isinstance(listed, list) or not 1 <= len(listed) <= MOST_PARTS:
        return [], f"一次要有 1 到 {MOST_PARTS} 个范围。"
    found = []
    for number, one in enumerate(listed, 1):
        is_feature = isinstance(one, dict) and one.get("type") == "Feature"
        shape, problem = _shape(one.get("geometry") if is_feature else one)
        if problem or shape is None:
            return [], f"第 {number} 个：{problem or '没有范围。'}"
        given = one.get("properties") if is_feature else None
        words = given if isinstance(given, dict) else {}
        found.append(({key: _word(words.get(key)) for key in ("code", "name")}, shape))
    return found, ""


def _crs_problem(crs: object) -> str:
    if crs is None:
        return ""
    named = str(crs.get("properties", {}).get("name", "")) if isinstance(crs, dict) else "?"
    if named.endswith(GOOD_CRS):
        return ""
    return f"坐标系是 {named[:60]}，请转换成 WGS-84（或 CGCS2000）的经纬度再导入。"


def _row(number: int, feature: object) -> Row:
    """Never raises: whatever stands in the file becomes a row or a sentence."""
    if not isinstance(feature, Mapping) or feature.get("type") != "Feature":
        return Row(number=number, problem="这一项不是 Feature。")
    given = feature.get("properties")
    if not isinstance(given, Mapping):
        return Row(number=number, problem="缺少 properties：至少要有 code、name 和 level。")
    words = {key: _word(given.get(key)) for key in ("code", "name", "level", "parent_code")}
    level = _LEVELS.get(words["level"], "")
    kind, note = _optional(given.get("kind")), _optional(given.get("note"))
    day, day_problem = _day(given.get("valid_from"))
    shape, shape_trouble = _shape(feature.get("geometry"))
    problem = (
        _level_problem(words["level"], level)
        or code_problem(words["code"], level)
        or ("" if 1 <= len(words["name"]) <= 60 else "name（名称）要有 1 到 60 个字。")
        or ("备注最多 200 个字。" if note and len(note) > 200 else "")
        or day_problem
        or shape_trouble
    )
    return Row(
        number=number,
        code=words["code"][:24],
        name=words["name"][:60],
        level=level,
        parent_code="" if problem else words["parent_code"] or parent_code_of(words["code"], level),
        kind=kind,
        note=note,
        valid_from=day,
        polygon=None if problem else shape,
        problem=problem,
    )


def _level_problem(written: str, level: str) -> str:
    if level:
        return ""
    known = "、".join(f"{key}（{label}）" for key, label in LEVEL_LABELS.items())
    return f"level（层级）要是 {known} 之一。"


def _word(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)  # codes are often written as numbers
    return value.strip() if isinstance(value, str) else ""


def _optional(value: object) -> str | None:
    return None if value is None else _word(value)


def _day(value: object) -> tuple[date | None, str]:
    if value in (None, ""):
        return None, ""
    try:
        return date.fromisoformat(str(value)[:10].replace("/", "-")), ""
    except ValueError:
        return None, "valid_from（设立日期）要写成 2026-03-01 这样。"


def parent_code_of(code: str, level: str) -> str:
    """The code of the next level up, by the digits; "" for the highest."""
    index = LEVELS.index(level)
    if index == 0:
        return ""
    above = LEVELS[index - 1]
    return code[: SIGNIFICANT[above]].ljust(max(SIGNIFICANT[above], STATISTICAL), "0")


def _shape(geometry: object) -> tuple[Shape | None, str]:
    if geometry is None:
        return None, ""
    if problem := _position_trouble(geometry) or shape_problem(geometry):
        return None, problem
    assert isinstance(geometry, Mapping)
    shape = cleaned(geometry)
    return shape, far_away(shape)


def _position_trouble(geometry: object) -> str:
    """What the first position betrays: metres, or latitude before longitude."""
    at: Any = geometry.get("coordinates") if isinstance(geometry, Mapping) else None
    while isinstance(at, list) and at and isinstance(at[0], list):
        at = at[0]
    if not (isinstance(at, list) and len(at) >= 2 and all(map(_is_number, at[:2]))):
        return ""
    x, y = at[:2]
    if abs(x) > 1_000 or abs(y) > 1_000:
        return "坐标看起来是投影后的米，请转换成 WGS-84 的经纬度再导入。"
    if 73 <= y <= 136 and 3 <= x <= 54:
        return "经度和纬度写反了：GeoJSON 里先经度，后纬度。"
    return ""


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def cleaned(shape: Shape) -> dict[str, Any]:
    """The same in whole grains, without heights and repeated points."""
    many = shape["type"] == "MultiPolygon"
    parts = shape["coordinates"] if many else [shape["coordinates"]]
    written = []
    for part in parts:
        outline = rings({"type": "Polygon", "coordinates": part})
        written.append([[list(degrees(p)) for p in [*ring, ring[0]]] for ring in outline])
    return {"type": shape["type"], "coordinates": written if many else written[0]}


def same_shape(one: Shape | None, other: Shape | None) -> bool:
    """Whether two drawings are of the same rings, wherever these begin and whichever way round."""
    if one is None or other is None:
        return one is other
    return sorted(_turned(one)) == sorted(_turned(other))


def _turned(shape: Shape) -> Iterator[tuple[tuple[int, int], ...]]:
    for ring in rings(shape):
        walk = ring if doubled_area(ring) > 0 else ring[::-1]
        start = walk.index(min(walk))
        yield tuple(walk[start:] + walk[:start])


def feature(properties: Mapping[str, Any], polygon: Shape | None) -> dict[str, Any]:
    return {"type": "Feature", "properties": dict(properties), "geometry": polygon}
