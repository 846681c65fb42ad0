"""Times mean the same on both engines, whatever offset they are written with."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from core.database import atomic
from core.state import Note

SHANGHAI = timezone(timedelta(hours=8))
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("fraction", [0, 1, 500_000])
async def test_a_moment_is_found_by_any_of_its_names(kernel: Any, fraction: int) -> None:
    moment = NOON.replace(microsecond=fraction)

    @atomic
    async def write() -> None:
        await Note.create(key="a", value=1)
        await Note.filter(key="a").update(written_at=moment.astimezone(SHANGHAI))

    await write()
    for zone in (UTC, SHANGHAI, timezone(timedelta(hours=-5))):
        assert await Note.filter(written_at=moment.astimezone(zone)).count() == 1
        assert await Note.filter(written_at__gte=moment.astimezone(zone)).count() == 1
        assert await Note.filter(written_at__lt=moment.astimezone(zone)).count() == 0
    assert (await Note.get(key="a")).written_at == moment


async def test_a_second_later_is_later_with_and_without_a_fraction(kernel: Any) -> None:
    @atomic
    async def write() -> None:
        for key, moment in (("a", NOON), ("b", NOON + timedelta(microseconds=1))):
            await Note.create(key=key, value=1)
            await Note.filter(key=key).update(written_at=moment)

    await write()
    found = await Note.filter(written_at__gt=NOON.astimezone(SHANGHAI)).values_list(
        "key", flat=True
    )
    assert list(found) == ["b"]
