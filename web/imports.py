"""`/admin/imports`: a template, an upload, what would come of it, and then the import itself."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from starlette.background import BackgroundTask
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from core.errors import BadInput, NotFound, RateLimited
from core.exchange.batches import STATES, ImportBatch
from core.exchange.cards import Import
from core.exchange.exporting import MAKE, scratch
from core.exchange.going import Reader
from core.exchange.returning import problems_of, wrong_lines
from core.exchange.starting import batches_of, discard_import, start_import
from core.exchange.terms import KEEP
from core.exchange.uploading import RUN, import_named, imports_for, upload
from core.house import house
from core.permissions import Viewer, demand_held
from core.sheets import FORMATS, KINDS, MOST_BYTES, MOST_LINES, Column, Shape, write_template
from web.graphql.nodes import global_id
from web.pages import form, page, see_other, viewer

HERE = "/admin/imports"
TABLES = ("xlsx", "csv")
MOST_BATCHES = 30
MOST_SHOWN = 200
TONES = {"checking": "pine", "checked": "warn", "running": "pine", "done": "ok", "failed": "bad"}
OUTCOMES = (("new", "新的"), ("changed", "有变化"), ("same", "没有变化"), ("wrong", "要改"))


def tabs(who: Viewer, here: str) -> list[tuple[str, str, bool, int | None]]:
    """Tables in and out are one entry of the menu."""
    known = ((RUN, "导入", HERE), (MAKE, "导出", "/admin/exports"))
    return [(title, path, path == here, None) for name, title, path in known if who.holds(name)]


async def listed(request: Request) -> Response:
    who = demand_held(viewer(request), RUN)
    batches = await batches_of(who).order_by("-id").limit(MOST_BATCHES)
    context = {
        "page_title": "导入",
        "tabs": tabs(who, HERE),
        "kinds": [
            {"title": one.title, "meta": one.hint, "href": f"{HERE}/{one.name}"}
            for one in imports_for(who)
        ],
        "batches": [_brief(batch) for batch in batches],
        "days": KEEP.days,
    }
    return await page(request, "exchange/imports.html", context)


def _brief(batch: ImportBatch) -> dict[str, Any]:
    kind = house().imports.get(batch.kind)
    return {
        "title": batch.name,
        "meta": f"{kind.title if kind else batch.kind} · {batch.lines} 行",
        "href": f"{HERE}/batches/{batch.id}",
        "badge": STATES[batch.state],
        "tone": TONES[batch.state],
    }


async def upload_page(request: Request) -> Response:
    who = viewer(request)
    kind = import_named(request.path_params["name"], who)
    return await _upload_page(request, kind)


async def _upload_page(request: Request, kind: Import, problem: str = "") -> Response:
    columns = (await Reader.of(kind)).columns
    context = {
        "page_title": f"导入{kind.title}",
        "kind": kind,
        "columns": [_told(column) for column in columns],
        "problem": problem,
        "most": (MOST_BYTES // 1_000_000, MOST_LINES),
        "days": KEEP.days,
    }
    return await page(request, "exchange/upload.html", context, status=422 if problem else 200)


def _told(column: Column) -> dict[str, str]:
    choices = "、".join(label for _, label in column.choices[:6])
    more = " 等，全部写在模板里" if len(column.choices) > 6 else ""
    return {
        "title": column.title,
        "name": column.name,
        "required": "必填" if column.required else "",
        "what": f"{choices}{more}" if choices else KINDS[column.kind],
        "hint": column.hint,
    }


async def template(request: Request) -> Response:
    kind = import_named(request.path_params["name"], viewer(request))
    name = request.path_params["format"]
    if name not in TABLES:
        raise NotFound()
    columns = (await Reader.of(kind)).columns
    shape = Shape(title=kind.title, columns=columns, zone=ZoneInfo(house().settings.timezone))
    path = await asyncio.to_thread(scratch, name)
    await asyncio.to_thread(write_template, name, path, shape)
    return sent(path, f"{kind.title}-模板", name)


async def receive(request: Request) -> Response:
    """From the page: a problem with the file as a whole comes back with the form."""
    who = viewer(request)
    kind = import_named(request.path_params["name"], who)
    given = await form(request)
    try:
        data = await given.file("file", most=MOST_BYTES)
        if not data:
            raise BadInput("请选择一个 .xlsx 或 .csv 文件。", field="file", reason="required")
        chosen = (await request.form()).get("file")
        name = chosen.filename if isinstance(chosen, UploadFile) else ""
        batch = await upload(who, kind.name, data, name or "")
    except (BadInput, RateLimited) as error:
        return await _upload_page(request, kind, error.message)
    return see_other(request, f"{HERE}/batches/{batch.id}")


async def receive_program(request: Request) -> Response:
    """`POST /imports` (multipart: `kind`, `file`) → `{"id"}`, to be asked for in GraphQL."""
    who = demand_held(request.state.viewer, RUN)
    given = await form(request)
    data = await given.file("file", most=MOST_BYTES)
    if not data:
        raise BadInput("请用 file 字段上传一个表格。", field="file", reason="required")
    chosen = (await request.form()).get("file")
    name = chosen.filename if isinstance(chosen, UploadFile) else ""
    batch = await upload(who, given.need("kind", "导入的代号", most=60), data, name or "")
    return JSONResponse(
        {"id": global_id("ImportBatch", batch.id), "state": batch.state, "lines": batch.lines}, 201
    )


async def one(request: Request) -> Response:
    who = viewer(request)
    return await _one(request, await _batch(request, who))


async def _batch(request: Request, who: Viewer) -> ImportBatch:
    batch = await batches_of(who).get_or_none(id=request.path_params["id"])
    if batch is None:
        raise NotFound()
    return batch


async def _one(request: Request, batch: ImportBatch, problem: str = "") -> Response:
    kind = import_named(batch.kind, viewer(request))
    problems = await problems_of(batch, most=MOST_SHOWN + 1)
    sound = batch.lines - batch.wrong
    context = {
        "page_title": f"导入{kind.title}",
        "kind": kind,
        "batch": batch,
        "state": STATES[batch.state],
        "tone": TONES[batch.state],
        "found": _counts(batch.found),
        "made": _counts(batch.made),
        "sound": sound,
        "rows": _problems(kind, problems[:MOST_SHOWN]),
        "more": len(problems) > MOST_SHOWN,
        "problem": problem,
        "days": KEEP.days,
    }
    return await page(request, "exchange/batch.html", context, status=422 if problem else 200)


def _counts(told: dict[str, int]) -> list[tuple[str, str]]:
    return [(title, f"{told[name]} 行") for name, title in OUTCOMES if told.get(name)]


def _problems(kind: Import, found: Sequence[Any]) -> list[dict[str, Any]]:
    titles = {column.name: column.title for column in kind.columns}
    return [
        {"line": row.line, "column": titles.get(row.column, "整行"), "sentence": row.sentence}
        for row in found
    ]


async def start(request: Request) -> Response:
    who = viewer(request)
    given = await form(request)
    batch = await _batch(request, who)
    try:
        await start_import(who, batch.id, skip_wrong=given.text("skip_wrong") == "yes")
    except BadInput as error:
        return await _one(request, batch, error.message)
    return see_other(request, f"{HERE}/batches/{batch.id}")


async def discard(request: Request) -> Response:
    await form(request)
    await discard_import(viewer(request), request.path_params["id"])
    return see_other(request, HERE, "已清除上传的表格。")


async def errors(request: Request) -> Response:
    name = request.path_params["format"]
    if name not in TABLES:
        raise NotFound()
    path = await wrong_lines(viewer(request), request.path_params["id"], name)
    return sent(path, "要改的行", name)


def sent(path: Path, title: str, name: str) -> Response:
    """A file that is removed once it has been sent."""
    return FileResponse(
        path,
        media_type=FORMATS[name].media_type,
        filename=f"{title}.{name}",
        background=BackgroundTask(path.unlink, missing_ok=True),
    )


ROUTES = [
    Route("/imports", listed, methods=["GET"]),
    Route("/imports/batches/{id:int}", one, methods=["GET"]),
    Route("/imports/batches/{id:int}/start", start, methods=["POST"]),
    Route("/imports/batches/{id:int}/discard", discard, methods=["POST"]),
    Route("/imports/batches/{id:int}/wrong.{format}", errors, methods=["GET"]),
    Route("/imports/{name}", upload_page, methods=["GET"]),
    Route("/imports/{name}", receive, methods=["POST"]),
    Route("/imports/{name}/template.{format}", template, methods=["GET"]),
]
OPEN_ROUTES = [Route("/imports", receive_program, methods=["POST"])]
