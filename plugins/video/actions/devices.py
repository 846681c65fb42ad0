"""Devices of the national standard: who may register, and what the eyes tell of them."""

import secrets
from datetime import UTC, datetime

from gpu.national import messages
from liuhe import (
    BadInput,
    Conflict,
    NotFound,
    Viewer,
    atomic,
    demand_everywhere,
    record,
    settings_of,
)
from plugins.video.actions.configuration import revision, touch
from plugins.video.models import Channel, Device, Worker
from plugins.video.permissions import DEVICE_CHANGED, MANAGE
from plugins.video.rules.labels import fault_sentence
from plugins.video.settings import VideoSettings

DIGITS = "0123456789"  # devices' panels take little else


async def registry(worker: Worker) -> messages.Registry:
    """Where these eyes listen and for whom. An empty one where others listen, or nobody does."""
    mark, settings = await revision(), settings_of(VideoSettings)
    if not settings.national_code or worker.name != settings.national_worker:
        return messages.Registry(version=mark)
    devices = await Device.all().order_by("id").limit(messages.MOST_DEVICES)
    opened = ((device.code, device.password) for device in devices)
    return messages.Registry(
        version=mark,
        code=settings.national_code,
        host=settings.national_host,
        port=settings.national_port,
        devices=tuple(
            messages.Account(code=code, password=password) for code, password in opened if password
        ),
    )


@atomic
async def add_device(viewer: Viewer | None, name: str, code: str) -> tuple[Device, str]:
    """The device, and the password for its settings: told once."""
    who = demand_everywhere(viewer, MANAGE)
    if not messages.is_code(code):
        raise BadInput("请填写设备的国标编码，20 位数字。", field="code")
    if await Device.filter(code=code).exists():
        raise BadInput("已有一台设备用了这个国标编码。", field="code", reason="taken")
    if await Device.all().count() >= messages.MOST_DEVICES:
        raise Conflict(f"最多接入 {messages.MOST_DEVICES} 台设备。")
    device = await Device.create(name=name, code=code)
    return device, await _new_password(who, device)


@atomic
async def renew_password(viewer: Viewer | None, device_id: int) -> tuple[Device, str]:
    """A new password; the device must be given it before it can register again."""
    who = demand_everywhere(viewer, MANAGE)
    device = await device_of(who, device_id)
    return device, await _new_password(who, device)


@atomic
async def remove_device(viewer: Viewer | None, device_id: int) -> Device:
    """It may no longer register, and its catalogue goes; cameras stay as they are."""
    who = demand_everywhere(viewer, MANAGE)
    device = await device_of(who, device_id)
    await record(who, DEVICE_CHANGED, device)
    await device.delete()
    await touch()
    return device


async def device_of(viewer: Viewer | None, device_id: int) -> Device:
    demand_everywhere(viewer, MANAGE)
    device = await Device.get_or_none(id=device_id)
    if device is None:
        raise NotFound("没有这台设备。")
    return device


async def _new_password(who: Viewer, device: Device) -> str:
    password = "".join(secrets.choice(DIGITS) for _ in range(12))
    device.seal_password(password)
    await device.save(update_fields=["sealed_password"])
    await record(who, DEVICE_CHANGED, device)
    await touch()
    return password


@atomic
async def take_presences(worker: Worker, told: messages.Presences) -> None:
    """What the eyes at the door say of each device; a catalogue takes the place of the one before.

    Of another worker than the one that listens it is not taken.
    """
    if worker.name != settings_of(VideoSettings).national_worker:
        raise Conflict("注册服务由另一个视频处理程序承担，见设置 video.national_worker。")
    now = datetime.now(UTC)
    spoken = {one.code: one for one in told.devices}
    known = Device.filter(code__in=list(spoken)).order_by("id").select_for_update()
    for device in await known:
        await _note(device, spoken[device.code], now)
    await Worker.filter(id=worker.id).update(
        national_trouble=fault_sentence(told.fault, told.trouble)[:300]
    )


async def _note(device: Device, told: messages.Presence, now: datetime) -> None:
    device.online, device.told_at = told.online, now
    device.trouble = fault_sentence(told.fault, told.trouble)[:300]
    device.registered_at, device.heard_at = told.registered_at, told.heard_at
    device.address = told.address[:120]
    if told.channels is not None:
        device.complete, device.catalogued_at = told.complete, now
        channels = _once(told.channels)
        before = Channel.filter(device_id=device.id)
        if not told.complete:  # the rest was there, and may only not have come
            named = before.filter(code__in=[one.code for one in channels])
            others = await before.count() - await named.count()
            before = named if others + len(channels) <= messages.MOST_CHANNELS else before
        await before.delete()
        await Channel.bulk_create(_channel(device, one) for one in channels)
    await device.save()


def _once(channels: tuple[messages.Channel, ...]) -> list[messages.Channel]:
    return list({channel.code: channel for channel in channels}.values())


def _channel(device: Device, told: messages.Channel) -> Channel:
    return Channel(
        device_id=device.id,
        code=told.code,
        name=told.name[:120],
        online=told.online,
        address=told.address[:120],
        longitude=told.longitude,
        latitude=told.latitude,
    )
