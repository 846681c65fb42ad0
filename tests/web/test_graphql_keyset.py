"""Paging by keyset gives the whole list, in its order, forward and backward, on both engines."""

import asyncio
import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.database import atomic
from core.errors import BadInput
from core.files import File
from core.jobs import JobRow
from core.kernel import Kernel
from web.keyset import Window, slice_of, window

ORDERS = st.lists(
    st.sampled_from(["name", "key", "attempts", "run_at", "state"]), unique=True, max_size=3
).flatmap(lambda names: st.tuples(*(st.sampled_from([name, f"-{name}"]) for name in names)))
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["a", "B", "b", "区", ""]),
        st.sampled_from([None, "k"]),
        st.integers(-2, 2),
        st.sampled_from([0.1, 1e300, -3.5, 0.30000000000000004]),
    ),
    max_size=12,
)


@atomic
async def fill(rows: list[Any]) -> None:
    await JobRow.all().delete()
    await add(rows)


async def add(rows: list[Any], start: int = 0) -> None:
    await JobRow.bulk_create(
        [
            JobRow(
                name=name,
                payload={},
                key=None if key is None else f"{key}{n}",
                state="waiting",
                run_at=run_at,
                attempts=attempts,
            )
            for n, (name, key, attempts, run_at) in enumerate(rows, start)
        ]
    )


async def forward(order: tuple[str, ...], size: int) -> list[int]:
    found: list[int] = []
    part = await slice_of(JobRow.all(), order, Window(size=size))
    assert not part.has_previous
    found += [row.id for row in part.rows]
    while part.has_next:
        part = await slice_of(JobRow.all(), order, Window(size=size, after=part.end_cursor))
        found += [row.id for row in part.rows]
    return found


async def backward(order: tuple[str, ...], size: int) -> list[int]:
    part = await slice_of(JobRow.all(), order, Window(size=size, backward=True))
    found = [row.id for row in part.rows]
    while part.has_previous:
        part = await slice_of(
            JobRow.all(), order, Window(size=size, backward=True, before=part.start_cursor)
        )
        found = [row.id for row in part.rows] + found
    return found


async def test_paging_either_way_gives_the_full_list(kernel: Kernel) -> None:
    @settings(max_examples=40, deadline=None)
    @given(rows=ROWS, order=ORDERS, size=st.integers(1, 5))
    async def check(rows: list[Any], order: tuple[str, ...], size: int) -> None:
        await fill(rows)
        whole = [row.id for row in (await slice_of(JobRow.all(), order, Window(size=100))).rows]
        assert sorted(whole) == await JobRow.all().order_by("id").values_list("id", flat=True)
        assert await forward(order, size) == whole
        assert await backward(order, size) == whole

    await each_example(check)


async def test_rows_that_come_meanwhile_repeat_nothing(kernel: Kernel) -> None:
    @settings(max_examples=25, deadline=None)
    @given(rows=ROWS, order=ORDERS, late=ROWS)
    async def check(rows: list[Any], order: tuple[str, ...], late: list[Any]) -> None:
        await fill(rows)
        first = await JobRow.all().order_by("id").values_list("id", flat=True)
        part = await slice_of(JobRow.all(), order, Window(size=2))
        seen = [row.id for row in part.rows]
        for index, row in enumerate(late):
            await add([row], start=100 + index)
            if not part.has_next:
                break
            part = await slice_of(JobRow.all(), order, Window(size=2, after=part.end_cursor))
            seen += [row.id for row in part.rows]
        while part.has_next:
            part = await slice_of(JobRow.all(), order, Window(size=2, after=part.end_cursor))
            seen += [row.id for row in part.rows]
        assert len(seen) == len(set(seen))
        if len(first) > 2:
            assert set(first) <= set(seen)

    await each_example(check)


async def each_example(check: Any) -> None:
    """Hypothesis drives in a thread; each example runs on this loop, where the database is."""
    work, loop = check.hypothesis.inner_test, asyncio.get_running_loop()

    def wait(**drawn: Any) -> None:
        asyncio.run_coroutine_threadsafe(work(**drawn), loop).result(60)

    check.hypothesis.inner_test = wait
    await asyncio.to_thread(check)


@pytest.mark.parametrize("order", ["key", "-key"])
async def test_empty_values_come_last_in_either_direction(kernel: Kernel, order: str) -> None:
    await fill([("a", None, 0, 0.0), ("a", "k", 0, 0.0), ("a", "k", 0, 0.0)])
    found = [row.key for row in (await slice_of(JobRow.all(), [order], Window())).rows]
    assert found == (["k1", "k2", None] if order == "key" else ["k2", "k1", None])


@pytest.mark.parametrize("order", [["-created_at"], ["lease_until", "-size"], []])
async def test_times_and_uuid_keys_keep_their_place(kernel: Kernel, order: list[str]) -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    lease = (None, noon, noon + timedelta(microseconds=1))
    await File.bulk_create(
        [
            File(
                media_type="image/png",
                size=n % 2,
                state="ready",
                created_at=noon + timedelta(microseconds=n // 2),
                lease_until=lease[n % 3],
            )
            for n in range(9)
        ]
    )
    whole = [row.id for row in (await slice_of(File.all(), order, Window())).rows]
    part = await slice_of(File.all(), order, Window(size=2))
    seen = [row.id for row in part.rows]
    while part.has_next:
        part = await slice_of(File.all(), order, Window(size=2, after=part.end_cursor))
        seen += [row.id for row in part.rows]
    assert seen == whole
    assert len(set(seen)) == 9


async def test_a_page_is_one_query(kernel: Kernel, count_queries: Any) -> None:
    await fill([("a", None, n, 0.0) for n in range(5)])
    part = await slice_of(JobRow.all(), ["-key", "name"], Window(size=2))
    with count_queries() as queries:
        await slice_of(JobRow.all(), ["-key", "name"], Window(size=2, after=part.end_cursor))
    assert len(queries) == 1, queries


async def test_between_two_cursors_lies_what_is_between(kernel: Kernel) -> None:
    await fill([("a", None, n, 0.0) for n in range(5)])
    part = await slice_of(JobRow.all(), ["attempts"], Window())
    after, before = part.cursor(part.rows[0]), part.cursor(part.rows[3])
    inner = await slice_of(JobRow.all(), ["attempts"], Window(after=after, before=before))
    assert [row.attempts for row in inner.rows] == [1, 2]
    assert (inner.has_previous, inner.has_next) == (True, True)


def cursor_of(content: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(content)).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "ä",
        "!!!!",
        "A" * 5_000,
        cursor_of([]),
        cursor_of({"core_job:attempts,id": 1}),
        cursor_of(["core_job:-attempts,-id", [1, 1]]),
        cursor_of(["core_file:attempts,id", [1, 1]]),
        cursor_of(["core_job:attempts,id", [1]]),
        cursor_of(["core_job:attempts,id", [None, 1]]),
        cursor_of(["core_job:attempts,id", ["one", 1]]),
        cursor_of(["core_job:attempts,id", [[1], 1]]),
        cursor_of(["core_job:attempts,id", [2**31, 1]]),
        cursor_of(["core_job:attempts,id", [1, 2**63]]),
    ],
)
async def test_a_cursor_of_another_list_is_refused(kernel: Kernel, cursor: str) -> None:
    with pytest.raises(BadInput) as caught:
        await slice_of(JobRow.all(), ["attempts"], Window(before=cursor))
    assert (caught.value.field, caught.value.reason) == ("before", "cursor")


async def test_a_cursor_with_a_text_no_database_takes_is_refused(kernel: Kernel) -> None:
    bad = cursor_of(["core_job:name,id", ["a\0", 1]])
    with pytest.raises(BadInput):
        await slice_of(JobRow.all(), ["name"], Window(after=bad))


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"first": -1}, "first"),
        ({"last": -1}, "last"),
        ({"first": 101}, "first"),
        ({"last": 101}, "last"),
        ({"first": 1, "last": 1}, "last"),
    ],
)
def test_a_page_size_out_of_bounds_is_refused(given: dict[str, int], field: str) -> None:
    with pytest.raises(BadInput) as caught:
        window(**given)  # type: ignore[arg-type]
    assert caught.value.field == field


def test_a_page_has_twenty_rows_unless_told() -> None:
    assert window() == Window(size=20)
    assert window(last=3, before="x") == Window(size=3, backward=True, before="x")
    assert window(first=0) == Window(size=0)
