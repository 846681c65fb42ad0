"""Who asks too often is told when to come back; others notice nothing; the memory is bounded."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import RateLimited
from core.testing import load
from tests.factories import only
from tests.web.conftest import Shell, garden, opened_shell, people
from web import rates
from web.rates import Rates, address_of

QUERY = {"query": "{ plugins { name } }"}


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(rates, "time", clock)
    return clock


Limited = Callable[..., Any]


@pytest.fixture
def limited(kernel_on: Any) -> Limited:
    """A shell with such limits."""

    async def make(**limits: int) -> AsyncIterator[Shell]:
        async with kernel_on(found=[garden()]) as kernel:
            kernel.settings = kernel.settings.model_copy(update=limits)
            async with opened_shell(kernel) as shell:
                await people()
                yield shell

    return make


@given(st.lists(st.tuples(st.floats(0, 30), st.integers(1, 5)), max_size=80))
def test_in_any_time_no_more_is_given_than_a_minute_s_worth_and_what_refills(
    asked: list[tuple[float, int]],
) -> None:
    clock, kept, given_at = Clock(), Rates(), []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rates, "time", clock)
        for pause, amount in asked:
            clock.now += pause
            try:
                kept.take(("k", 1), amount, 10)
            except RateLimited as refusal:
                clock.now += refusal.retry_after
                kept.take(("k", 1), amount, 10)  # as it was promised
            given_at.append((clock.now, amount))
    for start, _ in given_at:
        within = sum(n for at, n in given_at if start <= at <= start + 60)
        assert within <= 10 + 10


def test_the_memory_is_bounded(clock: Clock) -> None:
    kept = Rates(most=100)
    for number in range(1_000):
        kept.take(("address", number), 1, 10)
    assert len(kept) == 100


def test_no_limit_is_no_limit_and_one_household_is_one_address() -> None:
    kept = Rates()
    for _ in range(1_000):
        kept.take(("k", 1), 1, 0)
    assert len(kept) == 0
    one, other = ({"client": (f"2001:db8:1:2::{n}", 1)} for n in (1, 99))
    assert address_of(one) == address_of(other) == "2001:db8:1:2::"
    assert address_of({"client": ("10.0.0.1", 1)}) == "10.0.0.1"
    assert address_of({"client": None}) == ""


@only("sqlite")
async def test_an_account_is_limited_and_others_are_not(limited: Limited, clock: Clock) -> None:
    async for shell in limited(rate_account=5):
        await shell.sign_in("grid")
        answers = [await shell.client.get("/admin/") for _ in range(6)]
        assert [one.status_code for one in answers] == [200] * 5 + [429]
        assert answers[-1].headers["retry-after"] == "12"
        assert "请求太频繁，请 12 秒后再试。" in answers[-1].text
        await shell.sign_in("admin")
        assert (await shell.client.get("/admin/")).status_code == 200
        clock.now += 12
        await shell.sign_in("grid")
        assert (await shell.client.get("/admin/")).status_code == 200


@only("sqlite")
async def test_strangers_and_addresses_are_limited_before_anything_is_looked_up(
    limited: Limited, clock: Clock, count_queries: Any
) -> None:
    async for shell in limited(rate_stranger=3, rate_address=8):
        seen = [(await shell.client.get("/nowhere")).status_code for _ in range(4)]
        assert seen == [404, 404, 404, 429]
        assert [(await shell.client.get("/healthz")).status_code for _ in range(9)] == [200] * 9
        for _ in range(4):
            await shell.client.get("/nowhere")
        shell.client.cookies.set("liuhe_session", "guess")
        with count_queries() as queries:
            answer = await shell.client.get("/admin/")
        assert (answer.status_code, len(queries)) == (429, 0)


@only("sqlite")
async def test_graphql_answers_in_its_own_words(limited: Limited, clock: Clock) -> None:
    async for shell in limited(rate_token=2):
        headers = {"authorization": f"Bearer {await shell.token('grid')}"}
        for _ in range(2):
            assert "data" in (await post(shell, headers)).json()
        refused = await post(shell, headers)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "30")
        (error,) = refused.json()["errors"]
        assert error["extensions"]["code"] == "RATE_LIMITED"


@only("sqlite")
async def test_what_answers_cost_is_limited_as_well(limited: Limited, clock: Clock) -> None:
    async for shell in limited(rate_cost=50):
        headers = {"authorization": f"Bearer {await shell.token('grid')}"}
        answers = [await post(shell, headers) for _ in range(5)]
        refused = next(one for one in answers if one.status_code == 429)
        assert answers.index(refused) >= 1
        assert int(refused.headers["retry-after"]) >= 1
        assert refused.json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
        clock.now += 60
        assert (await post(shell, headers)).status_code == 200


async def post(shell: Shell, headers: dict[str, str]) -> httpx2.Response:
    shell.client.cookies.clear()
    return await shell.client.post("/graphql", json=QUERY, headers=headers)


def test_the_defaults_leave_room_for_an_office_behind_one_address(tmp_path: Any) -> None:
    known = load(tmp_path, [], found=[]).settings
    assert known.rate_address > known.rate_account > known.rate_stranger > 0
