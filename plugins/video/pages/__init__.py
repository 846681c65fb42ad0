"""The doors of video: `/video` for the eyes, `/admin/video` for staff."""

from liuhe import Page
from plugins.video.pages import blur, cameras, editing, intake, models, workers, zones

PAGES = [
    *(Page(route=route, public=True) for route in (*intake.ROUTES, *blur.ROUTES)),
    *(Page(route=route) for route in (*editing.ROUTES, *workers.ROUTES, *models.ROUTES)),
    *(Page(route=route) for route in (*cameras.ROUTES, *zones.ROUTES)),
]
