"""The hub reads the log for all who listen, and only while somebody does."""

import asyncio
from typing import Any

import pytest

from core.database import atomic
from core.facts import FactRow, announce
from core.kernel import Kernel
from tests.web.garden import PlotOpened
from web.hub import LAGGED, Hub, Listener


@atomic
async def tell(*ids: int) -> None:
    for id in ids:
        await announce(PlotOpened(plot_id=id))


async def hear(listener: Listener, number: int) -> list[Any]:
    async with asyncio.timeout(5):
        heard = [await anext(listener) for _ in range(number)]
    return [one.payload["plot_id"] if isinstance(one, FactRow) else one for one in heard]


async def test_every_listener_hears_every_fact_once(kernel: Kernel) -> None:
    hub = Hub(every=0.01)
    async with hub.listen() as one, hub.listen("ground.opened") as other, hub.listen("x") as deaf:
        await tell(1, 2)
        await tell(3)
        assert await hear(one, 3) == [1, 2, 3]
        assert await hear(other, 3) == [1, 2, 3]
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await anext(deaf)


async def test_what_was_told_before_is_not_heard(kernel: Kernel) -> None:
    hub = Hub(every=0.01)
    await tell(1)
    await asyncio.sleep(0.01)
    async with hub.listen() as listener:
        await tell(2)
        assert await hear(listener, 1) == [2]


async def test_the_log_is_read_only_while_somebody_listens(
    kernel: Kernel, count_queries: Any
) -> None:
    hub = Hub(every=0.01)
    async with hub.listen(), hub.listen():
        with count_queries() as busy:
            await asyncio.sleep(0.1)
    await asyncio.sleep(0.05)
    with count_queries() as idle:
        await asyncio.sleep(0.05)
    assert 2 <= len(busy) <= 12
    assert len(idle) == 0


async def test_a_slow_listener_is_told_that_it_lagged(kernel: Kernel) -> None:
    hub = Hub(every=0.01)
    async with hub.listen(room=3) as slow, hub.listen() as quick:
        await tell(1, 2, 3, 4, 5)
        assert await hear(quick, 5) == [1, 2, 3, 4, 5]
        assert await hear(slow, 3) == [LAGGED, 4, 5]


async def test_a_wait_that_is_cut_short_loses_nothing(kernel: Kernel) -> None:
    hub = Hub(every=0.01)
    async with hub.listen() as listener:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02):
                await anext(listener)
        await tell(7)
        assert await hear(listener, 1) == [7]


async def test_closing_ends_all_streams(kernel: Kernel) -> None:
    hub = Hub(every=0.01)
    async with hub.listen() as listener:
        await hub.close()
        assert [one async for one in listener] == []
    async with hub.listen() as late:
        assert [one async for one in late] == []


async def test_the_hub_outlives_a_database_that_is_away(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = Hub(every=0.01)
    with monkeypatch.context() as patch:
        patch.setattr(FactRow, "filter", lambda **_: 1 / 0)
        async with hub.listen() as listener:
            await asyncio.sleep(0.03)
            patch.undo()
            await tell(1)
            assert await hear(listener, 1) == [1]
