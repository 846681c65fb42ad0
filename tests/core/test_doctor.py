"""The doctor asks the database itself whether it keeps what it acknowledges."""

from core.database import dialect, rows
from core.doctor import examine
from core.kernel import Kernel

SETTINGS = ("fsync", "full_page_writes", "synchronous_commit")


async def test_a_database_that_may_forget_is_named_by_its_settings(kernel: Kernel) -> None:
    found = {one.title: one for one in await examine(kernel.tables)}
    off = []
    if dialect() == "postgres":
        off = [name for name in SETTINGS if (await rows(f"SHOW {name}"))[0][name] == "off"]
    assert found["落盘"].bad == bool(off)
    assert all(name in found["落盘"].text for name in off)
