"""Tables of other people's programs: what goes out comes in again, and nothing bad gets in."""

import io
import random
import warnings
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import openpyxl
import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl.styles import Font

from core.errors import BadInput
from core.sheets import (
    EXAMPLE,
    Bounds,
    Column,
    Event,
    Line,
    Shape,
    Unfit,
    books,
    forbidden,
    match_headings,
    read_sheets,
    value_of,
    write_template,
    writer_for,
)


def read_lines(data: bytes, bounds: Bounds | None = None) -> Iterator[Line]:
    """Those of the first sheet."""
    return read_sheets(data, bounds)[0].lines


ZONE = ZoneInfo("Asia/Shanghai")
NAIVE = datetime(2026, 1, 31, 8, 30)  # noqa: DTZ001 - as workbooks hold it
COLUMNS = (
    Column(name="key", title="编号", kind="id", required=True, example="2026"),
    Column(name="text", title="情况", most=20_000),
    Column(name="count", title="件数", kind="whole"),
    Column(name="at", title="时间", kind="time"),
)


def shape(**more: Any) -> Shape:
    return Shape(**{"title": "试验", "columns": COLUMNS, "zone": ZONE, **more})


def written(form: str, folder: Path, rows: list[dict[str, Any]], **more: Any) -> bytes:
    path = folder / f"t.{form}"
    writer = writer_for(form, path, shape(**more))
    writer.add(rows)
    writer.close()
    return path.read_bytes()


def book(*rows: list[Any], change: Any = None) -> bytes:
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    if change:
        change(made)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def problem(data: bytes, bounds: Bounds | None = None) -> str:
    with pytest.raises(BadInput) as refused:
        list(read_lines(data, bounds))
    return refused.value.message


NASTY = st.text(
    alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40
).filter(lambda text: len(text) == len(text.strip()))
WRITABLE = st.one_of(
    NASTY,
    st.sampled_from(
        [
            "=1+1",
            "+86",
            "-3",
            "@SUM(A1)",
            "\t=x",
            "'=1",
            "''-2",
            "=cmd|' /C calc'!A0",
            '"',
            "a,b;c\td",
        ]
    ),
)


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@given(texts=st.lists(WRITABLE, min_size=1, max_size=5))
@example(texts=['=HYPERLINK("x")', "_x000D_", "a\r\nb", "　全角　中", "＝１", "0012", "1E5"])
def test_text_that_goes_out_comes_in_as_it_was(
    form: str, texts: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    rows = [{"key": f"k{at}", "text": text} for at, text in enumerate(texts)]
    data = written(form, tmp_path_factory.getbasetemp(), rows)
    _, *lines = read_lines(data)
    assert [line.cells[1] if len(line.cells) > 1 else "" for line in lines] == texts
    assert not any(line.flaws for line in lines)


def test_a_csv_holds_nothing_that_a_spreadsheet_computes_and_its_numbers_stay_numbers(
    tmp_path: Path,
) -> None:
    rows = [{"key": "@x", "text": "=1+1", "count": -5}]
    text = written("csv", tmp_path, rows).decode("utf-8-sig")
    assert text.splitlines()[1] == "'@x,'=1+1,-5,"


def test_a_workbook_holds_text_as_text_and_long_numbers_whole(tmp_path: Path) -> None:
    at = datetime(2026, 1, 31, 0, 30, tzinfo=UTC)
    rows = [{"key": "330105199001010018", "text": "=1+1", "count": 3, "at": at}]
    sheet = openpyxl.load_workbook(io.BytesIO(written("xlsx", tmp_path, rows))).active
    cells = list(sheet[2])
    assert [cell.data_type for cell in cells] == ["s", "s", "n", "d"]
    assert cells[0].value == "330105199001010018"
    assert cells[0].number_format == "@"
    assert cells[3].value == NAIVE  # on the district's clock


def test_geojson_has_a_point_where_one_is_known(tmp_path: Path) -> None:
    columns = (*COLUMNS, Column(name="x", title="经度"), Column(name="y", title="纬度"))
    rows = [{"key": "a", "x": 120.1, "y": 30.2}, {"key": "b", "x": None, "y": None}]
    told = orjson.loads(written("geojson", tmp_path, rows, columns=columns, point=("x", "y")))
    assert [one["geometry"] for one in told["features"]] == [
        {"type": "Point", "coordinates": [120.1, 30.2]},
        None,
    ]
    assert told["features"][0]["properties"]["key"] == "a"
    assert orjson.loads(written("geojson", tmp_path, []))["features"] == []


def test_a_calendar_has_an_entry_for_what_has_a_time(tmp_path: Path) -> None:
    def event(row: Any) -> Event | None:
        at = row["at"]
        return at and Event(uid=row["key"], title="到期；逗号,换行\n", at=at, place="河边")

    at = datetime(2026, 1, 31, 8, tzinfo=ZONE)
    rows = [{"key": "a", "at": at}, {"key": "b", "at": None}, {"key": "c", "at": date(2026, 2, 1)}]
    told = icalendar.Calendar.from_ical(written("ics", tmp_path, rows, event=event))
    entries = told.walk("VEVENT")
    assert [str(one["uid"]) for one in entries] == ["a", "c"]
    assert entries[0].decoded("dtstart") == at
    assert str(entries[0]["summary"]) == "到期；逗号,换行\n"


@pytest.mark.parametrize("name", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_csv_is_read_in_the_usual_encodings_and_with_the_usual_delimiters(
    name: str, delimiter: str
) -> None:
    text = f'编号{delimiter}情况\r\n1{delimiter}"河边, 有;人\t说"\r\n'
    assert [line.cells for line in read_lines(text.encode(name))] == [
        ("编号", "情况"),
        ("1", "河边, 有;人\t说"),
    ]


def test_lines_keep_the_numbers_that_a_spreadsheet_shows() -> None:
    lines = list(read_lines(book(["编号"], [], [], ["7"], [None, "x"])))
    assert [line.number for line in lines] == [1, 4, 5]
    assert lines[2].cells == ("", "x")


def test_a_formula_is_a_flaw_of_its_cell_whatever_value_it_had() -> None:
    lines = list(read_lines(book(["编号", "情况"], ["1", "=1+1"], ["2", "两个"])))
    assert "公式" in lines[1].flaws[1].sentence
    assert lines[1].cells == ("1", "")
    assert not lines[2].flaws


def test_a_number_that_excel_has_rounded_is_a_flaw() -> None:
    lines = list(read_lines(book(["编号"], [330105199001010018], [123456789012345])))
    assert "近似值" in lines[1].flaws[0].sentence
    assert lines[2].cells == ("123456789012345",)
    [_, line] = read_lines("编号\n3.30105E+17\n".encode())
    assert "近似值" in line.flaws[0].sentence


def test_merged_cells_are_told_where_they_cover_lines_and_not_above_the_headings() -> None:
    def merge(made: Any) -> None:
        made.active.merge_cells("A1:B1")
        made.active.merge_cells("A3:A4")

    lines = list(
        read_lines(book(["标题"], ["编号", "情况"], ["1", "x"], [None, "y"], change=merge))
    )
    assert match_headings(lines, COLUMNS).line == 2
    assert [bool(line.merged) for line in lines] == [True, False, True, True]


def test_dates_come_as_people_write_them() -> None:
    data = book(["a"], [NAIVE], [date(2026, 1, 31)], [True], [2.5], [3.0])
    assert [line.cells[0] for line in read_lines(data)][1:] == [
        *("2026-01-31 08:30:00", "2026-01-31", "是", "2.5", "3"),
    ]


def zipped(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as box:
        for name, content in parts.items():
            box.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return out.getvalue()


def bomb() -> bytes:
    return zipped(xl__workbook_dot_xml=b"<x/>", big=b"0" * 5_000_000)


BAD = {
    "empty": (lambda: b"", "空的"),
    "blank": (lambda: b" \r\n\r\n", "空的"),
    "picture": (lambda: b"\x89PNG\r\n\x1a\n" + b"\0" * 20, "不是表格"),
    "pdf": (lambda: b"%PDF-1.7 ...", "不是表格"),
    "old": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "旧格式"),
    "binary": (lambda: bytes(range(256)) * 4, "不是表格"),
    "wrong encoding": (lambda: "编号\n".encode() + b"\xff\x81\xff\n", "第 2 行的文字编码"),
    "quote": (lambda: '编号,情况\n1,"没有完\n'.encode(), "引号"),
    "wide csv": (lambda: b"," * 1_000_000 + b"x", "最多 200 列"),
    "wide book": (lambda: book([None] * 16_000 + ["x"]), "最多 200 列"),
    "long cell": (lambda: ("编号\n" + "长" * 30_000).encode(), "最多 20000 个字"),
    "not a book": (lambda: zipped(readme=b"hello"), "不是 Excel"),
    "ods": (lambda: zipped(mimetype=b"x", content_dot_xml=b"<x/>"), "不是 Excel"),
    "macro": (lambda: zipped(xl__workbook_dot_xml=b"", xl__vbaProject_dot_bin=b"x"), "宏"),
    "bomb": (bomb, "太大"),
    "truncated": (lambda: book(["编号"], ["1"])[:-400], "打不开"),
    "half": (lambda: book(["编号"], *[[str(n)] for n in range(500)])[:3000], "打不开"),
    "entities": (
        lambda: zipped(
            xl__workbook_dot_xml=b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>',
        ),
        "打不开",
    ),
    "gap": (lambda: book(["编号"], *[[]] * 6_000, ["1"]), "空行"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_told_what_it_is(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    make, sentence = BAD[case]
    monkeypatch.setattr(books, "MOST_UNPACKED", 4_000_000)
    assert sentence in problem(make())


def test_too_many_lines_are_too_many() -> None:
    data = "编号\n" + "1\n" * 20
    assert "最多 10 行" in problem(data.encode(), Bounds(lines=10))


def test_what_takes_too_long_is_given_up() -> None:
    assert "太复杂" in problem(b"a\n" * 1_000, Bounds(seconds=-1))


def test_a_file_that_was_damaged_anywhere_is_read_or_refused_in_a_sentence() -> None:
    whole = book(["编号", "情况"], *[[str(n), "话"] for n in range(30)])
    luck, sentences = random.Random(7), set()
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(luck.randrange(1, 6)):
            data[luck.randrange(len(data))] = luck.randrange(256)
        try:
            list(read_lines(bytes(data[: luck.randrange(len(data) // 2, len(data))])))
            list(read_lines(bytes(data)))
        except BadInput as error:
            sentences.add(error.message)
    assert sentences
    assert all(sentence.endswith("。") for sentence in sentences)


def columns(*headings: str) -> list[Line]:
    return [Line(number=1, cells=headings)]


def test_headings_are_known_by_title_name_and_other_words() -> None:
    wanted = (Column(name="no", title="任务号", required=True, also=("工单编号",)),)
    for heading in ("任务号", " 任务号 *（必填）", "NO", "工单 编号："):
        assert match_headings(columns("x", heading), wanted).places == {"no": 1}


def test_headings_that_are_missing_or_twice_are_told() -> None:
    wanted = (Column(name="no", title="任务号", required=True), Column(name="b", title="乙"))
    for cells, sentence in (
        (("甲",), "没有找到表头"),
        (("乙",), "少了：任务号"),
        (("任务号", "任务号"), "写了两次"),
    ):
        with pytest.raises(BadInput) as refused:
            match_headings(columns(*cells), wanted)
        assert sentence in refused.value.message


def test_columns_that_may_not_be_kept_are_dropped_and_the_unknown_are_named() -> None:
    wanted = (Column(name="no", title="任务号", required=True),)
    found = match_headings(
        columns("任务号", "当事人民族", "政治面貌", "NATION", "颜色", "上访次数", "错误"), wanted
    )
    assert found.dropped == ("当事人民族", "政治面貌", "NATION", "上访次数")
    assert found.unknown == ("颜色",)


@pytest.mark.parametrize("heading", ["宗教信仰", "是否吸毒", "hivStatus", "治安处罚记录", "minzu"])
def test_a_heading_of_a_profile_is_seen(heading: str) -> None:
    assert forbidden(heading)


@pytest.mark.parametrize("heading", ["情况说明", "trace", "民警", "partyA", "地址"])
def test_an_ordinary_heading_is_not(heading: str) -> None:
    assert not forbidden(heading)


def value(kind: str, text: str, **more: Any) -> Any:
    exact = more.pop("exact", True)
    return value_of(Column(name="c", title="列", kind=kind, **more), text, ZONE, exact=exact)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        *("2026-01-31 08:30", "2026/1/31 8:30", "2026.1.31 8:30:00", "2026年1月31日 8时30分"),
        *("20260131083000", "2026-01-31T08:30:00", "46053.354166667", "2026-01-31 08:30:00.0"),
    ],
)
def test_a_time_is_read_however_it_is_written(text: str) -> None:
    assert value("time", text) == datetime(2026, 1, 31, 8, 30, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("kind", "text", "sentence"),
    [
        ("day", "昨天", "认不出"),
        ("day", "2026-02-30", "没有"),
        ("time", "2026-01-31 25:00", "没有"),
        ("day", "0001-01-01", "年份"),
        ("whole", "三", "数字"),
        ("whole", "2.5", "整数"),
        ("number", "nan", "太大"),
        ("choice", "丙", "可以填：乙"),
        ("text", "字" * 201, "最多 200 个字"),
        ("text", "a\0", "不能保存"),
        ("text", "", "请填写列"),
    ],
)
def test_what_does_not_fit_is_told(kind: str, text: str, sentence: str) -> None:
    more = {"choices": (("b", "乙"),)} if kind == "choice" else {}
    with pytest.raises(Unfit, match=sentence):
        value(kind, text, required=not text, **more)


def test_a_choice_is_known_by_code_and_by_words() -> None:
    known = {"choices": (("0102", "暴露垃圾"),)}
    for text in ("0102", "暴露垃圾", "0102 暴露垃圾", " 0102暴露垃圾 "):
        assert value("choice", text, **known) == "0102"


def test_eighteen_digits_that_end_in_noughts_are_doubted_in_a_csv_only() -> None:
    assert value("id", "330105199001010000", exact=True) == "330105199001010000"
    with pytest.raises(Unfit, match="近似值"):
        value("id", "330105199001010000", exact=False)
    assert value("id", "330105199001011230", exact=False) == "330105199001011230"


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_template_is_headed_as_it_is_read_and_its_example_is_marked(
    form: str, tmp_path: Path
) -> None:
    write_template(form, tmp_path / "t", shape())
    lines = list(read_lines((tmp_path / "t").read_bytes()))
    assert set(match_headings(lines, COLUMNS).places) == {"key", "text", "count", "at"}
    assert lines[1].cells[0].startswith(f"{EXAMPLE}：")


def test_a_template_explains_what_may_be_chosen(tmp_path: Path) -> None:
    chosen = Column(name="kind", title="种类", kind="choice", choices=(("a", "甲"), ("b", "乙")))
    write_template("xlsx", tmp_path / "t", shape(columns=(*COLUMNS, chosen)))
    explained = openpyxl.load_workbook(io.BytesIO((tmp_path / "t").read_bytes()))["填写说明"]
    words = [cell.value for row in explained.iter_rows() for cell in row]
    assert {"“种类”可以填", "甲", "乙", "必填"} <= set(words)


def test_bold_headings_and_styles_do_not_disturb() -> None:
    def dress(made: Any) -> None:
        made.active["A1"].font = Font(bold=True)

    with warnings.catch_warnings(action="error"):
        assert list(read_lines(book(["编号"], ["1"], change=dress)))[1].cells == ("1",)
