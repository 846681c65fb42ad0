"""`/video/blur`: the eyes fetch pictures that people uploaded, and bring them back blurred."""

import json

from liuhe import BadInput, house, put_blurred, refuse_blurred
from liuhe.pages import Request, Response, Route
from plugins.video import actions
from plugins.video.models import Worker
from plugins.video.pages.doors import for_eyes, patiently, read_body, wait_of


async def fetch(request: Request, _: Worker) -> Response:
    """200 with a picture that is lent for a minute, or 204 where none came within `wait`."""
    lent = await patiently(request, actions.lend_picture, wait_of(request, 0.0), every=1.0)
    if lent is None:
        return Response(status_code=204)
    file_id, content = lent
    return Response(content, media_type="application/octet-stream", headers={"x-blur-id": file_id})


async def bring(request: Request, _: Worker) -> Response:
    most = house().settings.upload_megabytes * 2_000_000  # encoded anew, it may have grown
    await put_blurred(request.path_params["id"], await read_body(request, most))
    return Response(status_code=204)


async def give_up(request: Request, _: Worker) -> Response:
    """The eyes cannot blur it: then nobody sees it."""
    try:
        reason = json.loads(await read_body(request, 10_000))["reason"]
    except (ValueError, KeyError, TypeError):
        reason = None
    if not isinstance(reason, str):
        raise BadInput('请送 {"reason": "…"}。', field="reason", reason="required")
    await refuse_blurred(request.path_params["id"], reason)
    return Response(status_code=204)


ROUTES = [
    Route("/blur", for_eyes(fetch), methods=["GET"]),
    Route("/blur/{id}", for_eyes(bring), methods=["PUT"]),
    Route("/blur/{id}/failed", for_eyes(give_up), methods=["POST"]),
]
