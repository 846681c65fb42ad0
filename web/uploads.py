"""`/files`: upload a picture, read one or a document; every read asks the file's keeper again."""

from urllib.parse import quote

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from core.errors import BadInput
from core.files import file_shown, open_file, readable, store_upload
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
    pieces = await open_file(file)
    await file_shown(who, file)
    headers = {"cache-control": "private, max-age=3600", "content-disposition": "inline"}
    if file.name:
        headers = document_headers(file.name)
    headers["content-length"] = str(file.size)
    return StreamingResponse(pieces, media_type=file.media_type, headers=headers)


def document_headers(name: str) -> dict[str, str]:
    """To be saved, never opened here; and if a browser opens it all the same, as a stranger."""
    return {
        "cache-control": "private, no-store",
        "content-disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "content-security-policy": "sandbox; default-src 'none'",
        "x-content-type-options": "nosniff",
    }


ROUTES = [
    Route("/files", upload, methods=["POST"]),
    Route("/files/{id}", read, methods=["GET"]),
]
