"""The doors of video: `/video` for the eyes, `/admin/video` for staff."""

from liuhe import Page
from plugins.video.pages import (
    blur,
    cameras,
    devices,
    editing,
    finding,
    intake,
    models,
    registry,
    signage,
    workers,
    zones,
)

EYES = (*intake.ROUTES, *blur.ROUTES, *registry.ROUTES)
KEEPERS = (*editing.ROUTES, *finding.ROUTES, *workers.ROUTES, *models.ROUTES, *devices.ROUTES)

PAGES = [
    *(Page(route=route, public=True) for route in EYES),
    *(Page(route=route) for route in KEEPERS),
    *(Page(route=route) for route in (*cameras.ROUTES, *signage.ROUTES, *zones.ROUTES)),
]
