"""What eyes and server say to each other of devices that register by GB/T 28181."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from gpu.wire import Message

MOST_DEVICES = 256
MOST_CHANNELS = 2000  # of one device
NAME_AT_MOST = 120

#: What may be the matter with a device, or with the door itself, by name.
Fault = Literal["catalogue_silent", "catalogue_cut", "port", "door"]

_CODE = re.compile(r"[0-9]{20}")


def is_code(text: str) -> bool:
    """A national device code 国标编码: 20 digits."""
    return _CODE.fullmatch(text) is not None


@dataclass(frozen=True, kw_only=True)
class Account(Message):
    """A device that may register 接入设备, and its password."""

    code: str
    password: str

    def __post_init__(self) -> None:
        if not is_code(self.code) or not self.password:
            raise ValueError("a device has a code of 20 digits and a password.")


@dataclass(frozen=True, kw_only=True)
class Registry(Message):
    """Where this house listens, and for whom. No `code`: it does not."""

    version: str
    code: str = ""
    host: str = ""
    port: int = 5060
    devices: tuple[Account, ...] = ()

    def __post_init__(self) -> None:
        if self.code and not is_code(self.code):
            raise ValueError("'code' has 20 digits, or is empty.")
        if not 1 <= self.port <= 65535:
            raise ValueError("'port' lies between 1 and 65535.")
        if len(self.devices) > MOST_DEVICES:
            raise ValueError(f"at most {MOST_DEVICES} devices.")

    @property
    def domain(self) -> str:
        """The first ten digits: the realm that devices know this house by."""
        return self.code[:10]


@dataclass(frozen=True, kw_only=True)
class Channel(Message):
    """A line of a device's catalogue 目录项: a camera, mostly."""

    code: str
    name: str = ""
    online: bool = False
    parent: str = ""
    address: str = ""
    longitude: float | None = None
    latitude: float | None = None

    def __post_init__(self) -> None:
        if not is_code(self.code):
            raise ValueError("a channel's code has 20 digits.")


@dataclass(frozen=True, kw_only=True)
class Presence(Message):
    """How a device does. `channels` None: as told before; `complete`: the catalogue ended.

    `fault` is a Fault, or one of later eyes; `trouble` says it in the language of the logs.
    """

    code: str
    online: bool
    registered_at: datetime
    heard_at: datetime
    address: str = ""
    channels: tuple[Channel, ...] | None = None
    complete: bool = True
    fault: str = ""
    trouble: str = ""

    def __post_init__(self) -> None:
        if not is_code(self.code):
            raise ValueError("a device's code has 20 digits.")
        if len(self.channels or ()) > MOST_CHANNELS:
            raise ValueError(f"at most {MOST_CHANNELS} channels of one device.")
        if self.registered_at.tzinfo is None or self.heard_at.tzinfo is None:
            raise ValueError("times need a time zone.")


@dataclass(frozen=True, kw_only=True)
class Presences(Message):
    """All devices that have registered since these eyes began; `fault` of the door itself."""

    fault: str = ""
    trouble: str = ""
    devices: tuple[Presence, ...] = ()

    def __post_init__(self) -> None:
        if len(self.devices) > MOST_DEVICES:
            raise ValueError(f"at most {MOST_DEVICES} devices.")
