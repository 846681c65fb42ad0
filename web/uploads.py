"""`/files`: upload a picture, read one; every read asks the file's keeper again."""

import asyncio

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core.errors import BadInput, NotFound
from core.files import file_shown, readable, store_upload
from core.permissions import demand_held
from web.pages import form, viewer


async def upload(request: Request) -> Response:
    """`POST /files` (multipart, field `file`) → `{"id"}` to be named in a mutation."""
    who = demand_held(request.state.viewer, "files.upload")
    await form(request)  # checks the CSRF token of a browser
    picture = (await request.form()).get("file")
    if not isinstance(picture, UploadFile):
        raise BadInput("请用表单的 file 字段上传一张图片。", field="file", reason="required")
    stored = await store_upload(await picture.read(), who)
    return JSONResponse({"id": str(stored.id), "state": stored.state}, 201)


async def read(request: Request) -> Response:
    who = viewer(request)
    file = await readable(request.path_params["id"], who)
    try:
        content = await asyncio.to_thread(file.path.read_bytes)
    except FileNotFoundError as error:
        raise NotFound("这张图片的文件不见了，请联系管理员。") from error
    await file_shown(who, file)
    headers = {"cache-control": "private, max-age=3600", "content-disposition": "inline"}
    return Response(content, media_type=file.media_type, headers=headers)


ROUTES = [
    Route("/files", upload, methods=["POST"]),
    Route("/files/{id}", read, methods=["GET"]),
]
