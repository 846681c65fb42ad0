"""An invented district, its units and people: where a first look begins."""

import os
import secrets

from liuhe import Area, atomic, hash_password, recall, remember
from plugins.places.seeds.gongshu import DISTRICT
from plugins.places.seeds.ground import draw_district
from plugins.places.seeds.people import LOGINS, settle

WORDS = ("tang", "song", "qiao", "he", "shan", "yun", "lan", "zhu", "mei", "cha", "feng", "yue")


async def make() -> None:
    """All of it, or nothing if the district is there already."""
    if await Area.exists(code=DISTRICT[0]):
        return
    password = str(await recall("demo.password") or invent_password())
    await _write(password, await hash_password(password))


@atomic
async def _write(password: str, hashed: str) -> None:
    await draw_district()
    await settle(hashed)
    await remember("demo.password", password)
    await remember("demo.logins", LOGINS)


def invent_password() -> str:
    """What the operator has chosen, or one that can be read over the telephone."""
    chosen = os.environ.get("LIUHE_DEMO_PASSWORD", "")
    return chosen or f"liuhe-{secrets.randbelow(9000) + 1000}-{secrets.choice(WORDS)}"
