"""The picture of the sign that tells of a camera: brought by whoever looks after it."""

from liuhe import LiuheError, house
from liuhe.pages import Request, Response, Route, form, see_other, viewer
from plugins.video import actions
from plugins.video.pages.doors import number_in_path
from plugins.video.pages.views import BASE


async def signage(request: Request) -> Response:
    """A picture of the sign; nobody sees it before it is blurred."""
    given = await form(request)
    camera_id, most = number_in_path(request), house().settings.upload_megabytes
    back = f"{BASE}/{camera_id}#card-t"
    try:
        picture = await given.file("picture", most=most * 1_000_000)
        await actions.show_signage(viewer(request), camera_id, picture)
    except LiuheError as error:
        if error.status not in (409, 413, 422, 503):
            raise
        return see_other(request, back, error.message, kind="bad")
    return see_other(request, back, "照片收到了，打码以后才给人看。")


ROUTES = [Route("/{id:int}/signage", signage, methods=["POST"])]
