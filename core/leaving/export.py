"""导出全部数据: every table, file and place in a folder that needs no liuhe to be read.

The tables are one moment's. What follows (files, opened personal values, places) is made from the
written tables, so that no transaction waits for a slow disk or bucket.
"""

import asyncio
import csv
import errno
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from core.audit import record
from core.contributions import Tables
from core.errors import BadInput, SetupError
from core.house import house
from core.leaving import files, geojson, people
from core.leaving.folder import Filling, begin, read_lines
from core.leaving.plain import plain
from core.leaving.snapshot import Snapshot, snapshot
from core.leaving.tables import Table, describe, is_ours, model_of
from core.proof import marks_file
from core.refusals import refusal

FORMAT = 1
FOLDER = "tables"
DICTIONARY = "数据字典.csv"
README = "说明.txt"
EXPORTED = "district.export"


@dataclass(frozen=True, kw_only=True)
class Leaving:
    """What is wanted. `tables`: of every plugin on this machine; `titles`: see `describe`.

    `open_personal`: with a reason, personal values go out in the clear.
    """

    folder: Path
    tables: Mapping[str, Tables]
    titles: Mapping[tuple[str, str], str] = field(default_factory=dict)
    open_personal: bool = False
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Exported:
    """`withheld` pictures are not blurred yet, `lost` files are known and nowhere; `closed`
    personal values are destroyed or do not open."""

    rows: dict[str, int]
    files: int
    withheld: int
    lost: int
    opened: int
    closed: int
    sha256: str


async def export_all(wanted: Leaving) -> Exported:
    """Fill the folder; its manifest comes last, and without one it is no export."""
    if wanted.open_personal and not wanted.reason.strip():
        raise BadInput("请写明为什么要打开个人信息。", field="reason", reason="required")
    try:
        filling = await asyncio.to_thread(begin, wanted.folder, house().settings.data_dir)
        details = {"personal": "opened" if wanted.open_personal else "sealed"}
        about = ("district", house().settings.district or "-")
        await record(None, EXPORTED, about, purpose=wanted.reason.strip(), details=details)
        return await _export(wanted, filling)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        advice = "磁盘满了，请腾出空间" if full else f"{refusal(error)}，请检查文件夹和权限"
        raise SetupError(f"没有导完（{wanted.folder}）：{advice}，再导到空的文件夹。") from error


async def _export(wanted: Leaving, filling: Filling) -> Exported:
    began = datetime.now(UTC).isoformat(timespec="seconds")
    async with snapshot(house().settings.database) as moment:
        tables = await _tables(wanted, moment)
        applied = await moment.applied()
        counts = {one.name: await _write_table(filling, moment, one) for one in tables}
    await asyncio.to_thread(_write_dictionary, filling, tables)
    await asyncio.to_thread(_copy_marks, filling)
    places = await asyncio.to_thread(geojson.write, filling, FOLDER, tables)
    kept = await files.write(filling, FOLDER)
    people_told = people.Told()
    if wanted.open_personal:
        people_told = await people.write(filling, FOLDER)
    await asyncio.to_thread(_write_readme, filling, wanted.open_personal)
    manifest = {
        "format": FORMAT,
        "made_at": began,
        "liuhe": version("liuhe"),
        "district": house().settings.district,
        "engine": moment.engine,
        "plugins": dict(house().plugins),
        "migrations": applied,
        "personal": "opened" if wanted.open_personal else "sealed",
        "audit": await asyncio.to_thread(_audit_head, filling),
        "tables": counts,
        "places": places,
        "files_written": kept.written,
        "files_withheld": kept.withheld,
        "files_lost": kept.lost,
        "files": filling.files,
    }
    return Exported(
        rows=counts,
        files=kept.written,
        withheld=len(kept.withheld),
        lost=len(kept.lost),
        opened=people_told.opened,
        closed=people_told.closed,
        sha256=await asyncio.to_thread(filling.close, manifest),
    )


async def _tables(wanted: Leaving, moment: Snapshot) -> list[Table]:
    models = model_of(wanted.tables)
    apps = {"core", *wanted.tables, *(app for app, _ in await moment.applied())}
    found = await moment.tables()
    return [
        describe(name, columns, models.get(name), wanted.titles)
        for name, columns in found.items()
        if is_ours(name, apps)
    ]


async def _write_table(filling: Filling, moment: Snapshot, table: Table) -> int:
    """JSON Lines, in the order of the key; how many rows."""
    names = ", ".join(f'"{one.name}"' for one in table.told)
    order = f' ORDER BY "{table.key}"' if table.key else ""
    told, count = table.told, 0
    with filling.file(f"{FOLDER}/{table.name}.jsonl") as out:
        async for part in moment.rows(f'SELECT {names} FROM "{table.name}"{order}'):
            lines = (
                {one.name: plain(one.kind, value) for one, value in zip(told, row, strict=True)}
                for row in part
            )
            await asyncio.to_thread(out.lines, lines)
            count += len(part)
    return count


def _audit_head(filling: Filling) -> dict[str, Any]:
    """The last row of the exported chain."""
    path, last = filling.root / FOLDER / "core_audit.jsonl", {"seq": 0, "hash": ""}
    for row in read_lines(path):
        last = row
    return {"seq": last["seq"], "hash": last["hash"]}


def _copy_marks(filling: Filling) -> None:
    """Heads of the chain at earlier looks: who cuts the chain off cannot make these."""
    if marks_file().exists():
        with filling.file("audit-heads.txt") as out:
            out.write(marks_file().read_bytes())


HEADINGS = ("表", "表的名称", "插件", "列", "列的名称", "类型", "库里的类型", "指向", "备注")


def _write_dictionary(filling: Filling, tables: list[Table]) -> None:
    text = io.StringIO()
    sheet = csv.writer(text)
    sheet.writerow(HEADINGS)
    for table in tables:
        for one in table.columns:
            notes = {"没有导出：登录用的": one.kept_back, "个人信息": one.personal}
            note = "；".join(words for words, so in notes.items() if so)
            row = (table.name, table.title, table.app, one.name, one.title)
            sheet.writerow((*row, one.kind, one.stored_as, one.points_to, note))
    with filling.file(DICTIONARY) as out:
        out.text("\ufeff" + text.getvalue())  # or Excel shows rubbish


def _write_readme(filling: Filling, opened: bool) -> None:
    values = "personal-opened.jsonl 里是明文，请放在加密的磁盘上，用完删除。"
    sealed = "core_personal 里是密文，没有密钥文件打不开；要明文，导出时加 --open-personal。"
    with filling.file(README) as out:
        out.text(TEXT.format(personal=values if opened else sealed))


TEXT = """六和 liuhe 全部数据

tables/*.jsonl      每张表一个文件，一行一条，JSON，UTF-8，次序按编号
数据字典.csv        每一列的名称、类型、指向哪张表的哪一列、是不是个人信息
files/              照片（已打码的）和文件；files.jsonl 写着每一个是哪一条的、原来叫什么
geojson/*.geojson   有坐标的表，WGS-84，可以直接在地图软件里打开
manifest.json       每张表多少行，每个文件的 SHA-256；最后写成，没有它就是没有导完
audit-heads.txt     以前核对审计时的指纹

类型
  datetime  世界协调时，例如 2026-01-31T02:00:00.000000+00:00（北京时间减八小时）
  date      2026-01-31
  boolean   true 或 false；json 是原样的 JSON；uuid、decimal 和没有写明的都是文字

审计的链
  tables/core_audit.jsonl 每一行的 hash，是下面这个列表写成 JSON 以后的 SHA-256：
  [1, previous, seq, at, person_id, session_id, action, 事物, purpose, remote, request, details]
  事物是 core_audit_thing 里同一个 seq 的 [kind, key]，按次序；JSON 不留空格，键按次序，
  非 ASCII 字符写成 \\uXXXX。previous 是前一行的 hash，第一行是空的。

个人信息
  {personal}
"""
