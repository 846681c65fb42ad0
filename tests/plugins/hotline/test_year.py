"""A year of work orders goes in from four files with mistakes, is mended, and comes out whole."""

import csv
import io
import random
from itertools import zip_longest
from typing import Any

import openpyxl

from core.exchange.batches import ImportBatch, ImportProblem
from core.exchange.exporting import make_export
from core.exchange.returning import wrong_lines
from core.exchange.starting import start_import
from core.exchange.uploading import upload
from core.sheets.escaping import unescape
from liuhe.testing import make_area
from plugins.cases.models import Case
from plugins.hotline import actions
from plugins.hotline.models import WorkOrder
from tests.plugins.cases.conftest import District
from tests.plugins.cases.test_sheets import work
from tests.plugins.hotline.year import HEADINGS, Sent, plain, quarters, year

#: How many orders, and what they come out as; workbooks are slow to read.
ORDERS = {"sqlite": (10_000, ["csv"]), "postgres": (1_000, ["csv", "xlsx"])}


async def checked(place: District, name: str, data: bytes) -> ImportBatch:
    batch = await upload(place.dispatcher, "hotline.orders", data, name)
    await work(place)
    return await ImportBatch.get(id=batch.id)


async def brought(place: District, name: str, data: bytes) -> ImportBatch:
    batch = await checked(place, name, data)
    await start_import(place.dispatcher, batch.id, skip_wrong=True)
    await work(place)
    return await ImportBatch.get(id=batch.id)


async def goes_in(place: District, sent: Sent) -> ImportBatch:
    """What is sound goes in; what is wrong is told by line and column, and comes back to mend."""
    batch = await checked(place, sent.name, sent.data)
    problems = await ImportProblem.filter(batch_id=batch.id).values_list("line", "column")
    assert dict(problems) == sent.wrong
    await start_import(place.dispatcher, batch.id, skip_wrong=True)
    await work(place)
    done = await ImportBatch.get(id=batch.id)
    assert done.made == {"new": sent.sound, "wrong": len(sent.wrong)}
    return done


async def mended(place: District, sent: Sent, batch: ImportBatch, form: str) -> bytes:
    """The file of wrong lines, put right by its line numbers, without those sent twice."""
    path = await wrong_lines(place.dispatcher, batch.id, form)
    if form == "csv":
        numbers = [
            int(one["原来的行号"]) for one in csv.DictReader(path.open(encoding="utf-8-sig"))
        ]
    else:
        head, *rows = openpyxl.load_workbook(path, read_only=True).active.values
        numbers = [int(row[head.index("原来的行号")]) for row in rows]
    assert numbers == sorted(sent.wrong)
    return plain([sent.true[n] for n in numbers if n not in sent.twins])


async def out(place: District, form: str) -> bytes:
    return (
        await make_export(place.dispatcher, "hotline.orders", form, {}, reason="年度统计")
    ).read_bytes()


def rows_of(form: str, data: bytes) -> dict[str, dict[str, str]]:
    if form == "csv":
        rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    else:
        head, *lines = openpyxl.load_workbook(io.BytesIO(data), read_only=True).active.values
        rows = [
            {name: unescape(str(one or "")) for name, one in zip_longest(head, line)}
            for line in lines
        ]
    assert len({row["任务号"] for row in rows}) == len(rows)
    return {row["任务号"]: row for row in rows}


async def test_a_year_goes_in_with_its_mistakes_and_comes_out_whole(
    place: District, engine: str
) -> None:
    luck = random.Random(2025)  # the same year each time
    many, forms = ORDERS[engine]
    lines = year(many, luck)
    await make_area("330105003002", "长乐社区", "community", place.street)
    for main in ("市容环境", "公共设施", "噪音"):
        await actions.map_type(place.chief, (main, "", ""), "0102")
    for n, sent in enumerate(quarters(lines, luck)):
        assert len({*sent.wrong.values()}) > 5  # of many kinds
        batch = await goes_in(place, sent)
        again = await mended(place, sent, batch, ("csv", "xlsx")[n % 2])
        made = (await brought(place, f"改好的{sent.name}", again)).made
        assert made == {"new": len(sent.wrong) - len(sent.twins)}
        if sent.name.endswith(".xlsx"):
            assert (batch.dropped, batch.unread) == (["当事人民族"], ["备注二"])
            assert batch.sheets == ["说明"]
            once_more = await checked(place, sent.name, sent.data)
            assert once_more.found == {"same": sent.sound, "wrong": len(sent.wrong)}
    true = {line["任务号"]: line for line in lines}
    files = {form: await out(place, form) for form in forms}
    for form, data in files.items():
        assert_same(true, rows_of(form, data))
    whole = await checked(place, "全年.csv", files["csv"])
    assert whole.found == {"same": len(lines)}
    finished = sum(bool(line["办结时间"]) for line in lines)
    assert await Case.filter(stage="closed", flow="archive").count() == finished
    assert await Case.filter(stage="reported").count() == len(lines) - finished
    assert await WorkOrder.filter(case_id=None).count() == 0


def assert_same(true: dict[str, Any], got: dict[str, Any]) -> None:
    """Every line with every column, and no other line."""
    assert got.keys() == true.keys()
    for number, line in true.items():
        kept = {name: got[number][name].removeprefix("'") for name in HEADINGS}
        meant = {name: text.replace("\t", " ") for name, text in line.items()}
        assert kept == meant, number
