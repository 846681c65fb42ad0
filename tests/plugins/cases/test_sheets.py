"""历史案件 in from a table and out again, on pages and in the background."""

import csv
import io
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import icalendar
import openpyxl
import orjson
import pytest

from core.audit import AuditRow
from core.exchange import spool
from core.exchange.batches import ImportBatch, ImportProblem
from core.exchange.exporting import make_export
from core.exchange.going import go_on
from core.exchange.jobs import forget_imports
from core.exchange.returning import wrong_lines
from core.exchange.starting import discard_import, start_import
from core.exchange.uploading import upload
from core.jobs import JobRow
from core.people import Person, open_session
from core.worker import Worker
from liuhe import BadInput, Conflict, Forbidden, NotFound, Viewer
from liuhe.testing import a_night
from plugins.cases.actions import sheets
from plugins.cases.actions.importing import NOT_HERE
from plugins.cases.models import Case, Clock, Step
from plugins.cases.permissions import waits_for
from tests.plugins.cases.conftest import District
from tests.web.conftest import ORIGIN
from web.app import build_app
from web.graphql.building import build_schema
from web.session import COOKIE, csrf_token

HEAD = [
    "原编号",
    "标题",
    "案件类型",
    "社区",
    "上报时间",
    "结案时间",
    "责任单位",
    "处置结果",
    "评分",
]


def line(number: int, **given: Any) -> dict[str, Any]:
    known = dict(
        zip(
            HEAD,
            [
                f"A{number:05d}",
                f"第 {number} 件，有垃圾",
                "0102 暴露垃圾",
                "仓基社区",
                "2025-03-01 09:30",
                "2025-03-02 10:00",
                "湖墅环卫所",
                "已清扫",
                "4",
            ],
            strict=True,
        )
    )
    return {**known, **given}


def table(*lines: dict[str, Any]) -> bytes:
    out = io.StringIO()
    head = list(dict.fromkeys(name for one in lines for name in one)) or HEAD
    writer = csv.DictWriter(out, head)
    writer.writeheader()
    writer.writerows(lines)
    return out.getvalue().encode()


async def work(place: District) -> None:
    """Whatever waits in the background."""
    worker = Worker({n: j for n, j in place.kernel.jobs.items() if j.every is None})
    for _ in range(50):
        if not await worker.once():
            return


async def checked(place: District, data: bytes, viewer: Viewer | None = None) -> ImportBatch:
    batch = await upload(viewer or place.dispatcher, "cases.history", data, "旧案件.csv")
    await work(place)
    return await ImportBatch.get(id=batch.id)


async def brought(
    place: District, data: bytes, *, skip: bool = False, viewer: Viewer | None = None
) -> ImportBatch:
    batch = await checked(place, data, viewer)
    await start_import(viewer or place.dispatcher, batch.id, skip_wrong=skip)
    await work(place)
    return await ImportBatch.get(id=batch.id)


async def problems(batch: ImportBatch) -> dict[tuple[int, str], str]:
    found = await ImportProblem.filter(batch_id=batch.id)
    return {(one.line, one.column): one.sentence for one in found}


async def test_the_check_says_what_would_come_of_each_line_and_writes_nothing(
    place: District,
) -> None:
    await brought(place, table(line(1), line(2)))
    batch = await checked(place, table(line(1), line(2, 标题="改了"), line(3), line(4, 评分="9")))
    assert batch.state == "checked"
    assert batch.found == {"new": 1, "changed": 1, "same": 1, "wrong": 1}
    assert await problems(batch) == {(5, "rating"): "评分是 1 到 5。"}
    assert await Case.all().count() == 2


def workbook(**sheets: list[list[Any]]) -> bytes:
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def month(*numbers: int) -> list[list[Any]]:
    return [HEAD, *(list(line(n).values()) for n in numbers)]


async def test_a_year_of_monthly_sheets_is_refused_and_not_read_in_part(place: District) -> None:
    year = workbook(**{f"{n}月": month(n) for n in range(1, 13)})
    with pytest.raises(
        BadInput, match=r"有 12 张工作表都是这样的表：“1月”、“2月”.*等。"
    ) as refused:
        await upload(place.dispatcher, "cases.history", year, "全年.xlsx")
    assert "什么也没有读" in refused.value.message
    assert spool.names() == []


async def test_the_one_sheet_that_fits_is_read_and_the_others_are_named(place: District) -> None:
    data = workbook(
        封面=[["拱墅区 2025 年"]],
        案件=month(1, 2),
        下个月=[HEAD],  # nothing under its headings yet
        空的=[],
        填写说明=[["列", "必填"]],
        汇总=[["类型", "件数"], ["垃圾", 2]],
    )
    batch = await brought(place, data)
    assert (batch.lines, batch.made) == (2, {"new": 2})
    assert batch.sheets == ["封面", "汇总"]
    async with browsing(place, place.dispatcher) as client:
        page = (await client.get(f"/admin/imports/batches/{batch.id}")).text
        assert "还有别的工作表，没有读" in page
        assert "封面、汇总" in page
        assert "填写说明" not in page


async def test_where_no_sheet_fits_it_is_said_of_the_first_that_says_something(
    place: District,
) -> None:
    for given, sentence in (
        ({"空的": [], "甲": [["没有"]]}, "没有找到表头"),
        ({"甲": [HEAD]}, "表头下面没有内容"),
        ({"甲": []}, "没有找到表头"),
    ):
        with pytest.raises(BadInput, match=sentence):
            await upload(place.dispatcher, "cases.history", workbook(**given), "a.xlsx")


@pytest.mark.parametrize(
    ("given", "column", "sentence"),
    [
        ({"原编号": ""}, "source_ref", "请填写原编号"),
        ({"标题": "长" * 121}, "title", "最多 120 个字"),
        ({"案件类型": "9999"}, "type", "没有“9999”"),
        ({"社区": "不存在社区"}, "community", "没有“不存在社区”这个社区"),
        ({"社区": "小河社区"}, "community", "不在您管的区域里"),
        ({"社区": ""}, "community", "请填写区域代码"),
        ({"上报时间": "昨天"}, "opened_at", "认不出"),
        ({"上报时间": "2099-01-01", "结案时间": ""}, "opened_at", "还没有到"),
        ({"结案时间": "2025-02-01"}, "closed_at", "结案比上报还早"),
        ({"责任单位": "没有这个所"}, "unit", "没有“没有这个所”"),
        ({"经度": "30.2", "纬度": "120.1"}, "longitude", "写反了"),
        ({"经度": "120.1", "纬度": ""}, "longitude", "要一起写"),
    ],
)
async def test_a_mistake_is_told_with_its_line_and_column(
    place: District, given: dict[str, str], column: str, sentence: str
) -> None:
    batch = await checked(place, table(line(1), line(2, **given)))
    [[(at, named), told]] = (await problems(batch)).items()
    assert (at, named) == (3, column)
    assert sentence in told


async def test_the_same_number_twice_in_a_file_is_a_mistake(place: District) -> None:
    batch = await checked(place, table(line(1), line(2), line(1)))
    assert (await problems(batch))[4, "source_ref"] == "和第 2 行重复了，请留一行。"


async def test_what_was_settled_keeps_its_times_and_nothing_waits_for_it(place: District) -> None:
    await brought(place, table(line(1)))
    case = await Case.get(source_ref="A00001").select_related("unit")
    assert case.opened_at == datetime(2025, 3, 1, 1, 30, tzinfo=UTC)
    assert case.closed_at == datetime(2025, 3, 2, 2, tzinfo=UTC)
    assert (case.stage, case.flow, case.source) == ("closed", "archive", "import")
    assert case.number.startswith("20250301")
    assert case.unit is not None
    assert case.unit.name == "湖墅环卫所"
    assert not await Clock.filter(case_id=case.id).exists()
    for viewer in (place.dispatcher, place.grid, place.handler, place.supervisor):
        assert not await Case.filter(waits_for(viewer)).exists()
    steps = await Step.filter(case_id=case.id).order_by("seq")
    assert [(one.action, one.actor, one.note) for one in steps] == [
        ("open", "历史导入", "从表格导入，原编号 A00001。"),
        ("close", "历史导入", "已清扫"),
    ]
    assert {one.person_id for one in steps} == {place.dispatcher.person_id}


async def test_what_was_not_settled_waits_and_its_clock_begins_with_the_import(
    place: District,
) -> None:
    before = datetime.now(UTC) - timedelta(seconds=2)
    await brought(place, table(line(1, 结案时间="")))
    case = await Case.get(source_ref="A00001")
    assert (case.stage, case.flow) == ("reported", "standard")
    assert case.opened_at == datetime(2025, 3, 1, 1, 30, tzinfo=UTC)
    [clock] = await Clock.filter(case_id=case.id)
    assert clock.started_at >= before
    assert case.due_at == clock.due_at
    assert await Case.filter(waits_for(place.dispatcher)).count() == 1


async def test_the_same_file_again_changes_nothing(place: District) -> None:
    data = table(*(line(n) for n in range(1, 6)))
    await brought(place, data)
    again = await brought(place, data)
    assert again.made == {"same": 5}
    assert await Case.all().count() == 5


async def test_a_line_that_was_put_right_mends_its_case_and_the_timeline_says_so(
    place: District,
) -> None:
    await brought(place, table(line(1)))
    again = await brought(place, table(line(1, 处置结果="清扫了两次", 评分="2")))
    assert again.made == {"changed": 1}
    case = await Case.get(source_ref="A00001")
    assert case.rating == 2
    last = await Step.filter(case_id=case.id).order_by("-seq").first()
    assert last is not None
    assert (last.actor, last.note) == ("dispatcher", "清扫了两次")
    assert (await brought(place, table(line(1, 处置结果="清扫了两次", 评分="2")))).made == {
        "same": 1
    }


async def test_a_case_that_is_being_worked_on_is_not_mended_by_a_table(place: District) -> None:
    await brought(place, table(line(1, 结案时间="")))
    batch = await checked(place, table(line(1, 结案时间="", 标题="别的")))
    assert "正在办理" in (await problems(batch))[2, "source_ref"]


@pytest.mark.parametrize("given", [{"标题": "我的"}, {}], ids=["other", "as it"])
@pytest.mark.parametrize("forgotten", [False, True])
async def test_the_history_of_another_street_is_not_taken_over_by_its_number(
    place: District, given: dict[str, str], forgotten: bool
) -> None:
    await brought(place, table(line(1), line(2, 结案时间="")))
    if forgotten:
        await Case.all().update(forgotten_at=datetime.now(UTC))
    before = [dict(one) for one in await Case.all().order_by("id")]
    there = [line(n, 社区="小河社区", **given) for n in (1, 2, 3)]
    again = await brought(place, table(*there), skip=True, viewer=place.far_dispatcher)
    assert again.made == {"wrong": 2, "new": 1}
    assert await problems(again) == {(n, "source_ref"): NOT_HERE for n in (2, 3)}
    assert [dict(one) for one in await Case.all().order_by("id")][:2] == before
    assert [one["原编号"] for one in await told(place, place.far_dispatcher, tab="all")] == [
        "A00003"
    ]


async def test_a_number_that_went_to_another_street_after_the_check_is_left_out(
    place: District,
) -> None:
    there = await checked(place, table(line(1, 社区="小河社区")), place.far_dispatcher)
    await brought(place, table(line(1)))
    await start_import(place.far_dispatcher, there.id)
    await work(place)
    assert await problems(there) == {(2, "source_ref"): NOT_HERE}
    assert (await Case.get()).area_id == place.community.id


async def test_who_has_both_streets_moves_history_from_one_to_the_other(place: District) -> None:
    await brought(place, table(line(1)))
    again = await brought(place, table(line(1, 社区="小河社区")), viewer=place.admin)
    assert again.made == {"changed": 1}
    assert (await Case.get()).area_id == place.elsewhere.id


async def test_with_mistakes_nothing_is_imported_unless_they_are_left_out(place: District) -> None:
    data = table(line(1), line(2, 案件类型="没有"), line(3))
    batch = await checked(place, data)
    with pytest.raises(BadInput, match="有 1 行要先改好"):
        await start_import(place.dispatcher, batch.id)
    assert await Case.all().count() == 0
    await start_import(place.dispatcher, batch.id, skip_wrong=True)
    await start_import(place.dispatcher, batch.id, skip_wrong=True)  # the second tap
    await work(place)
    done = await ImportBatch.get(id=batch.id)
    assert (done.state, done.made) == ("done", {"new": 2, "wrong": 1})
    assert await Case.all().count() == 2


async def test_killed_in_the_middle_it_goes_on_and_doubles_nothing(
    place: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = await checked(place, table(*(line(n) for n in range(1, 251))))
    await start_import(place.dispatcher, batch.id)
    real, parts = spool.take, 0

    def dying(name: str) -> Any:
        for part in real(name):
            yield part
            raise KeyboardInterrupt  # the process ends after the first part was written

    monkeypatch.setattr(spool, "take", dying)
    with pytest.raises(BaseException):  # noqa: B017, PT011
        await go_on(batch.id, "running")
    monkeypatch.setattr(spool, "take", real)
    parts = await Case.all().count()
    assert parts == 100
    await go_on(batch.id, "running")
    await go_on(batch.id, "running")
    done = await ImportBatch.get(id=batch.id)
    assert (done.state, done.made) == ("done", {"new": 250})
    assert await Case.all().count() == 250


async def test_long_work_is_cut_into_jobs(place: District, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.exchange.going.SLICE", -1.0)
    batch = await brought(place, table(*(line(n) for n in range(1, 251))))
    assert batch.made == {"new": 250}
    assert await JobRow.filter(name="core.run_import").count() == 3


async def test_a_line_that_went_wrong_meanwhile_holds_up_no_other(
    place: District,
) -> None:
    batch = await checked(place, table(*(line(n) for n in range(1, 6))))
    place.unit.name = "改名了"
    await place.unit.save()
    rest = table(line(9, 责任单位=""))
    await start_import(place.dispatcher, batch.id)
    await work(place)
    done = await ImportBatch.get(id=batch.id)
    assert (done.state, done.made) == ("done", {"wrong": 5})
    assert len(await problems(done)) == 5
    assert (await brought(place, rest)).made == {"new": 1}


async def test_whoever_has_lost_the_permission_meanwhile_imports_nothing(place: District) -> None:
    batch = await checked(place, table(line(1)))
    await start_import(place.dispatcher, batch.id)
    await Person.filter(id=place.dispatcher.person_id).update(active=False)
    await work(place)
    done = await ImportBatch.get(id=batch.id)
    assert done.state == "failed"
    assert "停用" in done.error
    assert await Case.all().count() == 0


async def test_only_who_may_import_does_and_only_ones_own_files_are_there(place: District) -> None:
    for viewer in (place.grid, place.resident, place.handler):
        with pytest.raises(Forbidden):
            await upload(viewer, "cases.history", table(line(1)), "a.csv")
    batch = await checked(place, table(line(1)))
    with pytest.raises(NotFound):
        await start_import(place.far_dispatcher, batch.id)


async def test_forbidden_columns_never_reach_the_disk_and_the_unknown_are_named(
    place: District,
) -> None:
    batch = await checked(place, table(line(1, 当事人民族="某族", 颜色="红")))
    assert batch.dropped == ["当事人民族"]
    assert batch.unread == ["颜色"]
    kept = [told.cells for part in spool.take(batch.spool) for told in part]
    assert "某族" not in str(kept)
    raw = (spool.root() / batch.spool).read_bytes()
    assert "垃圾".encode() not in raw


async def test_batches_and_their_files_go_after_a_week(place: District) -> None:
    batch = await checked(place, table(line(1)))
    await ImportBatch.filter(id=batch.id).update(created_at=datetime.now(UTC) - timedelta(days=8))
    await forget_imports({})
    assert not await ImportBatch.exists(id=batch.id)
    assert spool.names() == []


async def test_however_many_cells_are_wrong_every_wrong_line_comes_back(
    place: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.exchange.going.MOST_PROBLEMS", 30)
    wrong = [line(n, 案件类型="没有", 评分="甲" * 9, 社区="") for n in range(1, 251)]
    batch = await checked(place, table(*wrong))
    assert batch.wrong == 250
    path = await wrong_lines(place.dispatcher, batch.id, "csv")
    back = list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))
    assert [one["原编号"] for one in back] == [one["原编号"] for one in wrong]
    for one in back:
        assert "案件类型：没有“没有”" in one["错误"]
        assert "评分：要填数字" in one["错误"]
    assert await ImportProblem.filter(batch_id=batch.id).count() == 100 * 2 + 150


@pytest.mark.parametrize("state", ["checking", "running"])
async def test_an_import_that_fails_again_and_again_ends_and_says_so(
    place: District, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    batch = await upload(place.dispatcher, "cases.history", table(line(1)), "旧.csv")
    if state == "running":
        await work(place)
        await start_import(place.dispatcher, batch.id)

    async def broken(*_: Any) -> None:
        raise RuntimeError("a bug")

    with monkeypatch.context() as patched:
        patched.setattr("core.exchange.going._slice", broken)
        for _ in range(6):
            assert (await ImportBatch.get(id=batch.id)).state == state
            await JobRow.filter(state="waiting").update(run_at=0)
            await work(place)
    failed = await ImportBatch.get(id=batch.id)
    assert failed.state == "failed"
    assert "已经导入的不会重复" in failed.error
    assert "a bug" not in failed.error
    await discard_import(place.dispatcher, batch.id)
    assert spool.names() == []
    assert (await brought(place, table(line(1)))).made == {"new": 1}


async def test_an_import_without_progress_goes_after_a_week_and_a_young_one_stays(
    place: District,
) -> None:
    batch = await checked(place, table(line(1)))
    await start_import(place.dispatcher, batch.id)
    long_ago = datetime.now(UTC) - timedelta(days=8)
    await ImportBatch.filter(id=batch.id).update(created_at=long_ago)
    await forget_imports({})
    assert await ImportBatch.exists(id=batch.id)
    await ImportBatch.filter(id=batch.id).update(started_at=long_ago)
    await forget_imports({})
    assert not await ImportBatch.exists(id=batch.id)
    assert spool.names() == []
    await work(place)  # its job finds nothing to do


async def test_an_import_whose_file_is_gone_says_so(place: District) -> None:
    batch = await checked(place, table(line(1)))
    spool.discard(batch.spool)
    await start_import(place.dispatcher, batch.id)
    await work(place)
    assert "重新上传" in (await ImportBatch.get(id=batch.id)).error


async def exported(place: District, viewer: Viewer, form: str = "csv", **asked: str) -> bytes:
    path = await make_export(viewer, "cases.list", form, asked, reason="年度检查")
    return path.read_bytes()


async def told(place: District, viewer: Viewer, **asked: str) -> list[dict[str, str]]:
    text = (await exported(place, viewer, **asked)).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


async def test_what_goes_in_comes_out_and_is_the_same_when_it_comes_in_again(
    place: District,
) -> None:
    lines = [
        line(n, 经度="120.15", 纬度="30.28", 地点="=桥下", 情况说明="第一行\n第二行")
        for n in (1, 2)
    ]
    await brought(place, table(*lines))
    for form in ("csv", "xlsx"):
        data = await exported(place, place.dispatcher, form)
        again = await checked(place, data)
        assert (again.found, again.dropped) == ({"same": 2}, [])
    [first, _] = await told(place, place.dispatcher)
    assert first["上报时间"] == "2025-03-01 09:30:00"
    assert first["原编号"] == "A00001"
    assert first["地点"] == "'=桥下"


async def test_an_export_has_what_the_viewer_may_see_and_the_list_shows(place: District) -> None:
    await place.open(title="这里的")
    await place.open(title="那里的", viewer=place.far_grid, area_id=place.elsewhere.id)
    assert [one["标题"] for one in await told(place, place.grid)] == ["这里的"]
    both = [one["标题"] for one in await told(place, place.supervisor)]
    assert both == ["这里的", "那里的"]
    assert [one["标题"] for one in await told(place, place.supervisor, q="那里")] == ["那里的"]
    assert await told(place, place.supervisor, stage="closed") == []
    assert await told(place, place.supervisor, tab="overdue") == []


async def test_an_export_is_audited_with_its_reason_and_count_and_asks_for_the_reason(
    place: District,
) -> None:
    await place.open()
    with pytest.raises(BadInput, match="写明导出的原因"):
        await make_export(place.grid, "cases.list", "csv", {})
    assert not await AuditRow.exists(action="exports.make")
    await exported(place, place.grid)
    row = await AuditRow.get(action="exports.make")
    assert (row.purpose, row.person_id) == ("年度检查", place.grid.person_id)
    assert row.details == {"export": "cases.list", "format": "csv", "rows": 1}


async def test_who_may_not_export_does_not(place: District) -> None:
    for viewer in (place.resident, place.auditor):
        with pytest.raises(Forbidden):
            await exported(place, viewer)


async def test_an_export_reads_on_by_key_with_equal_queries_for_each_part(
    place: District, count_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    for lines in ([line(1)], [line(n) for n in range(1, 4)]):
        await brought(place, table(*lines))
        with count_queries() as queries:
            await exported(place, place.dispatcher)
        seen.append(len(queries))
    assert seen[0] == seen[1]


async def test_an_export_that_is_too_long_says_what_to_do(
    place: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    await place.open()
    await place.open()
    monkeypatch.setattr("core.exchange.exporting.MOST_ROWS", 1)
    with pytest.raises(BadInput, match="加上条件"):
        await exported(place, place.grid)


async def test_maps_and_calendars(place: District) -> None:
    await place.open(longitude=120.15, latitude=30.28)
    told = orjson.loads(await exported(place, place.grid, "geojson"))
    [one] = told["features"]
    assert one["geometry"]["coordinates"] == [120.15, 30.28]
    assert one["properties"]["title"] == "人行道上有垃圾"
    case = await Case.first()
    assert case is not None
    calendar = icalendar.Calendar.from_ical(await exported(place, place.grid, "ics", tab="all"))
    [entry] = calendar.walk("VEVENT")
    assert entry.decoded("dtstart") == case.due_at
    mine = await exported(place, place.dispatcher, "ics", tab="mine")
    assert len(icalendar.Calendar.from_ical(mine).walk("VEVENT")) == 1


async def test_old_history_loses_what_is_personal_by_its_own_dates(place: District) -> None:
    await brought(place, table(line(1, 上报时间="2019-01-01", 结案时间="2019-01-02")))
    await a_night()
    case = await Case.get(source_ref="A00001")
    assert case.forgotten_at is not None
    assert case.title == "暴露垃圾"


# ------------------------------------------------------------------------------------------ pages


@asynccontextmanager
async def browsing(place: District, viewer: Viewer) -> AsyncIterator[Any]:
    app = build_app(place.kernel, build_schema(place.kernel))
    token, _ = await open_session(await Person.get(id=viewer.person_id), "browser")
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        client.cookies.set(COOKIE, token)
        client.csrf = csrf_token(token)  # type: ignore[attr-defined]
        yield client
    await app.state.hub.close()


async def test_a_table_goes_in_on_pages(place: District) -> None:
    data = table(line(1), line(2, 案件类型="没有这种"))
    async with browsing(place, place.dispatcher) as client:
        assert "历史案件" in (await client.get("/admin/imports")).text
        page = await client.get("/admin/imports/cases.history")
        assert "0102" in page.text or "暴露垃圾" in page.text
        given = {"csrf": client.csrf}
        sent = await client.post(
            "/admin/imports/cases.history", data=given, files={"file": ("旧.csv", data)}
        )
        assert sent.status_code == 303
        here = sent.headers["location"]
        assert "正在检查" in (await client.get(here)).text
        await work(place)
        told = (await client.get(here)).text
        assert "有 1 行要改，1 行可以导入" in told
        assert "没有“没有这种”这一种" in told
        wrong = await client.get(f"{here}/wrong.xlsx")
        sheet = openpyxl.load_workbook(io.BytesIO(wrong.content)).active
        rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
        assert rows[0][-2:] == ["错误", "原来的行号"]
        assert rows[1][0] == "A00002"
        assert "案件类型：没有" in rows[1][-2]
        assert rows[1][-1] == 3
        refused = await client.post(f"{here}/start", data=given)
        assert refused.status_code == 422
        await client.post(f"{here}/start", data={**given, "skip_wrong": "yes"})
        await work(place)
        assert "导入完了" in (await client.get(here)).text
        await client.post(f"{here}/discard", data=given)
        assert (await client.get(here)).status_code == 404
    assert await Case.all().count() == 1


async def test_a_bad_file_comes_back_with_the_form_and_a_sentence(place: District) -> None:
    async with browsing(place, place.dispatcher) as client:
        for data, sentence in ((b"", "请选择"), (b"%PDF", "不是表格"), (b"a\n1", "没有找到表头")):
            sent = await client.post(
                "/admin/imports/cases.history",
                data={"csrf": client.csrf},
                files={"file": ("x.xlsx", data)},
            )
            assert sent.status_code == 422
            assert sentence in sent.text
        assert (await client.get("/admin/imports/none.such")).status_code == 404
        assert (await client.get("/admin/imports/cases.history/template.pdf")).status_code == 404
    assert not await ImportBatch.exists()


async def test_the_template_can_be_filled_and_its_example_is_left_out(place: District) -> None:
    async with browsing(place, place.dispatcher) as client:
        got = await client.get("/admin/imports/cases.history/template.xlsx")
        assert "filename*=utf-8''" in got.headers["content-disposition"].lower()
    made = openpyxl.load_workbook(io.BytesIO(got.content))
    sheet = made["历史案件"]
    head = [cell.value for cell in sheet[1]]
    assert head == [column.title for column in sheets.BROUGHT_IN]
    known = line(7)
    sheet.append([known.get(name) for name in head])
    out = io.BytesIO()
    made.save(out)
    batch = await brought(place, out.getvalue())
    assert (batch.lines, batch.made) == (1, {"new": 1})


async def test_an_export_goes_from_the_list_to_a_file(place: District) -> None:
    await place.open(title="河边的垃圾")
    async with browsing(place, place.grid) as client:
        listed = (await client.get("/admin/cases/?tab=all&q=河边")).text
        link = re.search(r'href="(/admin/exports/cases.list[^"]*)"', listed)
        assert link
        href = link[1].replace("&amp;", "&")
        page = await client.get(href)
        assert "1 行" in page.text
        asked = await client.get(f"{href}&format=csv")
        assert asked.status_code == 422
        assert "写明导出的原因" in asked.text
        got = await client.get(f"{href}&format=csv&reason=检查")
        assert got.status_code == 200
        assert "河边的垃圾" in got.content.decode("utf-8-sig")
        assert got.headers["content-type"].startswith("text/csv")
    folder = place.kernel.settings.data_dir / "exports"
    assert list(folder.glob("*")) == []


async def test_a_program_takes_an_export_with_its_token(place: District) -> None:
    await place.open()
    async with browsing(place, place.resident) as client:
        assert (await client.get("/exports/cases.list.csv?reason=x")).status_code == 403
        client.cookies.clear()
        assert (await client.get("/exports/cases.list.csv?reason=x")).status_code == 401


async def test_an_import_that_is_going_on_is_not_thrown_away(place: District) -> None:
    batch = await checked(place, table(line(1)))
    await start_import(place.dispatcher, batch.id)
    with pytest.raises(Conflict):
        await discard_import(place.dispatcher, batch.id)
