"""Cameras with their zones and rules; what the eyes saw there; who the eyes are."""

from plugins.video.models.cameras import Camera, CameraState, Revision, Vital, Watch, Zone
from plugins.video.models.devices import Channel, Device
from plugins.video.models.observations import Message, Observation
from plugins.video.models.tracks import Tracks
from plugins.video.models.workers import Worker

__all__ = [
    "Camera",
    "CameraState",
    "Channel",
    "Device",
    "Message",
    "Observation",
    "Revision",
    "Tracks",
    "Vital",
    "Watch",
    "Worker",
    "Zone",
]
