"""A district takes all of its data with it, in formats that anybody reads."""

import csv
import hashlib
import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from core import house as running
from core.audit import AuditRow, AuditThing, hash_of
from core.database import rows
from core.errors import BadInput, SetupError
from core.files import File, store_blurred, store_document, store_upload
from core.kernel import Kernel
from core.leaving.export import Exported, Leaving, export_all
from core.leaving.folder import read_lines, verify
from core.personal import destroy_keys, destroy_personal, keep_personal
from core.state import choose_plugins, remember
from core.storage import Folder
from core.stores import folder as files_folder
from core.testing import make_area, make_viewer
from tests.core.test_personal import KIND, TREE, VALUES

PICTURE = b"\x89PNG\r\n\x1a\n" + b"picture"
ODD = {"text": "逗号, 引号' \" \\ 换行\n 制表\t \\N 结束 \u2028"}


@pytest.fixture
def house(kernel: Kernel) -> Kernel:
    running.enter(replace(kernel.house(), personal={KIND.name: KIND}))
    return kernel


async def leave(kernel: Kernel, folder: Path, **more: object) -> Exported:
    return await export_all(Leaving(folder=folder, tables=kernel.tables, **more))


def table(folder: Path, name: str) -> list[dict]:
    return list(read_lines(folder / "tables" / f"{name}.jsonl"))


async def test_every_table_comes_out_whole_and_alike_from_both_engines(house, tmp_path):
    await make_viewer("wang", "grid", area=await make_area("330105", "拱墅区"))
    await remember("odd", ODD)
    made = await leave(house, tmp_path / "out")
    for name, count in made.rows.items():
        known = await rows(f"SELECT COUNT(*) AS n FROM {name}")
        assert count == known[0]["n"] == len(table(tmp_path / "out", name)), name
    assert {"core_person", "core_audit", "core_file", "tortoise_migrations"} <= made.rows.keys()
    assert table(tmp_path / "out", "core_note")[0]["value"] == [ODD]
    area = table(tmp_path / "out", "core_area")[0]
    assert (area["code"], area["name"], area["valid_to"]) == ("330105", "拱墅区", None)
    assert len(area["valid_from"]) == len("2020-01-01")
    person = table(tmp_path / "out", "core_person")[0]
    assert (person["username"], person["active"]) == ("wang", True)
    assert "password" not in person


async def test_the_chain_of_the_audit_can_be_checked_from_the_files_alone(house, tmp_path):
    await choose_plugins({"a"})
    await choose_plugins({"b"})
    await leave(house, tmp_path / "out")
    things: dict[int, list[tuple[str, str]]] = {}
    for one in table(tmp_path / "out", "core_audit_thing"):
        things.setdefault(one["seq"], []).append((one["kind"], one["key"]))
    previous, chain = "", table(tmp_path / "out", "core_audit")
    for row in chain:
        names = ("person_id", "session_id", "action")
        more = ("purpose", "remote", "request", "details")
        told = [1, previous, row["seq"], row["at"], *(row[one] for one in names)]
        told += [sorted(things.get(row["seq"], [])), *(row[one] for one in more)]
        text = json.dumps(told, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
        assert hashlib.sha256(text.encode()).hexdigest() == row["hash"]
        previous = row["hash"]
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_bytes())
    assert manifest["audit"] == {"seq": 3, "hash": previous}
    assert chain[-1]["action"] == "district.export"


async def test_files_come_with_their_rows_and_what_is_not_blurred_stays(house, tmp_path):
    viewer = await make_viewer("wang", "grid", area=await make_area("330105", "拱墅区"))
    ready = await store_blurred(PICTURE + b"1", keeper="trees", subject="1")
    waiting = await store_upload(PICTURE + b"2", viewer)
    lost = await store_blurred(PICTURE + b"3", keeper="trees", subject="1")
    paper = await store_document(b"%PDF-1.4\n%%EOF\n", "通知.pdf", viewer)
    await Folder(files_folder()).remove(lost.key)
    made = await leave(house, tmp_path / "out")
    assert (made.files, made.withheld, made.lost) == (2, 1, 1)
    index = {one["id"]: one for one in read_lines(tmp_path / "out" / "files.jsonl")}
    assert index[str(waiting.id)]["path"] == index[str(lost.id)]["path"] == ""
    picture = tmp_path / "out" / index[str(ready.id)]["path"]
    assert (picture.suffix, picture.read_bytes()) == (".png", PICTURE + b"1")
    document = index[str(paper.id)]
    assert (document["name"], document["path"][-4:]) == ("通知.pdf", ".pdf")
    everything = b"".join(
        one.read_bytes() for one in (tmp_path / "out").rglob("*") if one.is_file()
    )
    assert PICTURE + b"2" not in everything
    assert await File.filter(state="waiting").count() == 1


async def test_personal_values_stay_sealed_unless_somebody_says_why(house, tmp_path):
    kept = await keep_personal(KIND.name, VALUES, about=TREE)
    gone = await keep_personal(KIND.name, VALUES, about=TREE)
    await destroy_personal(None, gone, reason="期限到了")
    await destroy_keys({"ids": [str(gone)]})
    await leave(house, tmp_path / "sealed")
    assert not (tmp_path / "sealed" / "personal-opened.jsonl").exists()
    text = (tmp_path / "sealed" / "tables" / "core_personal.jsonl").read_text()
    assert not any(value in text for value in VALUES.values())
    with pytest.raises(BadInput, match="写明为什么"):
        await leave(house, tmp_path / "open", open_personal=True, reason=" ")
    made = await leave(house, tmp_path / "open", open_personal=True, reason="移交给新系统")
    assert (made.opened, made.closed) == (1, 1)
    found = {
        one["id"]: one["values"] for one in read_lines(tmp_path / "open/personal-opened.jsonl")
    }
    assert found == {str(kept): dict(VALUES), str(gone): None}
    told = await AuditRow.filter(action="district.export").order_by("seq")
    assert [one.details["personal"] for one in told] == ["sealed", "opened"]
    assert told[1].purpose == "移交给新系统"
    assert told[1].hash == hash_of(
        told[1], [(one.kind, one.key) for one in await AuditThing.filter(seq=told[1].seq)]
    )


async def test_only_an_empty_folder_outside_of_the_data_is_filled(house, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    with pytest.raises(SetupError, match="不是空的"):
        await leave(house, tmp_path / "full")
    with pytest.raises(SetupError, match="数据文件夹里面"):
        await leave(house, house.settings.data_dir / "out")
    assert [one.name for one in (tmp_path / "full").iterdir()] == ["mine.txt"]
    assert not await AuditRow.filter(action="district.export").exists()


async def test_a_changed_or_missing_file_is_found(house, tmp_path):
    made = await leave(house, tmp_path / "out")
    assert verify(tmp_path / "out") == made.sha256
    assert oct((tmp_path / "out").stat().st_mode)[-3:] == "700"
    with (tmp_path / "out" / "tables" / "core_note.jsonl").open("a") as file:
        file.write("{}\n")
    with pytest.raises(SetupError, match=r"core_note\.jsonl"):
        verify(tmp_path / "out")


async def test_plugins_that_are_off_leave_nothing_behind(kernel_on, tmp_path):
    """The tables of all, their columns with titles, and the places as GeoJSON."""
    async with kernel_on() as whole:
        area = await make_area("330105", "拱墅区")
        await rows(
            "INSERT INTO places_compound (name, kind, area_id, address, longitude, latitude, "
            "valid_from) VALUES ('和睦新村', 'residence', $1, '', 120.12, 30.31, '2020-01-01')",
            area.id,
        )
        bare = replace(whole.house(), plugins={})
        running.enter(bare)
        titles = {("Compound", ""): "小区", ("Compound", "name"): "名称"}
        made = await leave(whole, tmp_path / "out", titles=titles)
        assert {app.partition("_")[0] for app in made.rows} >= {
            "core",
            "cases",
            "places",
            "hotline",
        }
        places = json.loads((tmp_path / "out/geojson/places_compound.geojson").read_text())
        (feature,) = places["features"]
        assert feature["geometry"] == {"type": "Point", "coordinates": [120.12, 30.31]}
        assert (feature["properties"]["name"], feature["properties"]["area"]) == (
            "和睦新村",
            "拱墅区",
        )
        with (tmp_path / "out/数据字典.csv").open(encoding="utf-8-sig", newline="") as source:
            told = {(one["表"], one["列"]): one for one in csv.DictReader(source)}
        assert told["places_compound", "name"]["列的名称"] == "名称"
        assert told["places_compound", "area_id"]["指向"] == "core_area.id"
        assert "没有导出" in told["core_person", "password"]["备注"]
        assert {name for name, _ in told} == made.rows.keys()


async def test_what_is_written_meanwhile_is_wholly_in_or_wholly_out(kernel_on, tmp_path):
    """SQLite: a second writer between two tables."""
    from core.leaving.snapshot import snapshot

    async with kernel_on(found=[]) as bare:
        url = bare.settings.database
        async with snapshot(url) as moment:
            before = [part async for part in moment.rows("SELECT key FROM core_note")]
            await remember("later", 1)
            after = [part async for part in moment.rows("SELECT key FROM core_note")]
        assert before == after
        if url.startswith("sqlite"):
            with closing(sqlite3.connect(url.removeprefix("sqlite://"))) as client:
                assert client.execute("SELECT COUNT(*) FROM core_note").fetchone() == (1,)
