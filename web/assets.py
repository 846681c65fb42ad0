"""Scripts and styles: compressed on the way, and kept by browsers as long as they do not change."""

import gzip
import os
from functools import lru_cache
from pathlib import Path
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.responses import FileResponse, Response
from starlette.staticfiles import NotModifiedResponse, PathLike, StaticFiles
from starlette.types import Scope

TEXT = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
FOR_EVER = "public, max-age=31536000, immutable"  # the address changes with the content


class Assets(StaticFiles):
    """A `.gz` beside a file is sent in its place to who takes it; other text is compressed once."""

    def file_response(
        self,
        full_path: PathLike,
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        path, asked = Path(full_path), Headers(scope=scope)
        response: Response = FileResponse(path, status_code, stat_result=stat_result)
        if path.suffix in TEXT:
            if "gzip" in asked.get("accept-encoding", ""):
                response = _squeezed(path, stat_result, status_code)
            response.headers["vary"] = "accept-encoding"
        if "v" in parse_qs(scope.get("query_string", b"").decode("latin-1")):
            response.headers["cache-control"] = FOR_EVER
        if self.is_not_modified(response.headers, asked):
            return NotModifiedResponse(response.headers)
        return response


def _squeezed(path: Path, stat_result: os.stat_result, status_code: int) -> Response:
    ready = path.with_name(f"{path.name}.gz")
    kind, headers = TEXT[path.suffix], {"content-encoding": "gzip"}
    if ready.exists():
        return FileResponse(ready, status_code, headers, kind, stat_result=ready.stat())
    body = _gzip(path, stat_result.st_mtime_ns)
    headers["etag"] = f'"{stat_result.st_mtime_ns:x}-{len(body):x}"'
    return Response(body, status_code, headers, kind)


@lru_cache(maxsize=64)
def _gzip(path: Path, _: int) -> bytes:
    return gzip.compress(path.read_bytes(), 9, mtime=0)
