"""Floods and guesses are bounded; twice the same is one; whoever is refused is told what to do."""

import asyncio
import time
from typing import Any

import pytest

from core.files import File
from core.receipts import Receipt
from liuhe import BadInput, RateLimited
from plugins.cases.models import Case
from plugins.residents.actions import (
    Hand,
    Told,
    find_report,
    forget_old_tallies,
    look,
    report_matter,
    side_of,
    take,
)
from plugins.residents.models import Report, Tally
from plugins.residents.rules import Bound, code_from, estimate, grouped
from tests.factories import only
from tests.plugins.residents.conftest import TEXT, Door, code_on, picture


def limits(**given: Any) -> Any:
    return pytest.mark.parametrize("sections", [{"residents": given}])


def other_code(number: int) -> str:
    return code_from(number * 7_919 + 1)


async def test_the_sixth_report_from_one_side_is_sent_to_the_telephone(door: Door) -> None:
    for number in range(5):
        await door.sent(f"第 {number} 件")
    with pytest.raises(RateLimited) as caught:
        await door.sent("第六件")
    assert "12345" in caught.value.message
    await door.sent("第六件", hand=Hand(side="10.8.8.8"))  # another side is not touched
    assert await Case.all().count() == 6


async def test_of_many_at_once_no_more_are_taken_than_there_is_room_for(door: Door) -> None:
    tries = (door.sent(f"第 {number} 件") for number in range(12))
    done = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(one, RateLimited) for one in done) == 7
    assert await Case.all().count() == 5


@limits(most_waiting=4)
async def test_a_flood_from_everywhere_stops_before_the_officers_are_buried(door: Door) -> None:
    tries = (door.sent(f"第 {n} 件", hand=Hand(side=f"10.0.{n}.1")) for n in range(9))
    done = await asyncio.gather(*tries, return_exceptions=True)
    refused = [one for one in done if isinstance(one, RateLimited)]
    assert len(refused) == 5
    assert "打电话 12345" in refused[0].message
    assert await Case.all().count() == 4
    clerk = Hand(side="clerk", clerk=door.place.grid)  # somebody at the counter is not a flood
    await door.sent("窗口", hand=clerk)
    first = await Report.all().order_by("id").first()
    assert first is not None
    await door.forward(first, "accepted")
    with pytest.raises(RateLimited):
        await door.sent("又一件", hand=Hand(side="10.5.5.5"))


@limits(reports_an_hour_in_all=3)
async def test_there_is_a_bound_on_all_together(door: Door) -> None:
    for number in range(3):
        await door.sent(f"第 {number} 件", hand=Hand(side=f"10.0.{number}.1"))
    with pytest.raises(RateLimited):
        await door.sent("第四件", hand=Hand(side="10.0.4.1"))


async def test_the_same_form_twice_is_one_case_with_one_code(door: Door) -> None:
    first, second = await asyncio.gather(door.sent(), door.sent())
    assert (first.code, first.report.id) == (second.code, second.report.id)
    assert sorted([first.again, second.again]) == [False, True]
    assert (await Case.all().count(), await Report.all().count()) == (1, 1)


async def test_the_same_words_again_from_the_same_side_open_no_second_case(door: Door) -> None:
    first = await door.sent()
    again = await door.sent(key="another form")
    stranger = await door.sent(key="a third form", hand=Hand(side="10.8.8.8"))
    assert again.report.case_id == first.report.case_id
    assert again.code != first.code
    assert again.again
    assert stranger.report.case_id != first.report.case_id
    assert not stranger.again


async def test_two_pictures_without_words_are_two_cases_and_one_picture_is_one(door: Door) -> None:
    one = await door.sent("", key="a", pictures=[picture("red")])
    same = await door.sent("", key="b", pictures=[picture("red")])
    other = await door.sent("", key="c", pictures=[picture("blue")])
    assert same.report.case_id == one.report.case_id
    assert other.report.case_id != one.report.case_id


async def test_what_is_refused_leaves_no_picture_behind(door: Door) -> None:
    for number in range(5):
        await door.sent(f"第 {number} 件")
    with pytest.raises(RateLimited):
        await door.sent("第六件", pictures=[picture()])
    with pytest.raises(BadInput):
        await report_matter(
            Told(matter="rubbish", text="没有地点"),
            Hand(side="10.8.8.8"),
            key="k",
            pictures=[picture()],
        )
    assert await File.all().count() == 0


async def test_wrong_codes_are_counted_and_soon_even_the_right_one_waits(door: Door) -> None:
    sent = await door.sent()
    for _ in range(30):  # right ones are not counted
        assert (await find_report(sent.code, "10.1.1.1")).id == sent.report.id
    for number in range(10):
        with pytest.raises(BadInput):
            await find_report(other_code(number), "10.1.1.1")
    with pytest.raises(RateLimited):
        await find_report(sent.code, "10.1.1.1")
    assert (await find_report(sent.code, "10.2.2.2")).id == sent.report.id


@limits(wrong_codes_an_hour_in_all=12)
async def test_guesses_from_everywhere_together_are_bounded(door: Door) -> None:
    guesses = (find_report(other_code(n), f"10.1.{n}.1") for n in range(20))
    done = await asyncio.gather(*guesses, return_exceptions=True)
    assert sum(isinstance(one, RateLimited) for one in done) == 8
    assert sum(isinstance(one, BadInput) for one in done) == 12


async def test_a_slip_of_the_pen_is_told_and_not_counted(door: Door) -> None:
    sent = await door.sent()
    wrong = sent.code[:-1] + ("0" if sent.code[-1] != "0" else "1")
    for _ in range(30):
        with pytest.raises(BadInput) as caught:
            await find_report(wrong, "10.1.1.1")
        assert caught.value.reason == "mistyped"
    assert (await find_report(grouped(sent.code), "10.1.1.1")).id == sent.report.id


async def test_nothing_that_is_stored_is_a_code_an_address_or_a_number(door: Door) -> None:
    sent = await door.sent(phone="138 0013 8000", hand=Hand(side="10.66.77.88"))
    kept: list[Any] = [
        *await Report.all().values(),
        *await Tally.all().values(),
        *await Receipt.all().values(),
        *await Case.all().values(),
    ]
    assert len(kept) > 5
    text = repr(kept)
    assert [
        word for word in (sent.code, grouped(sent.code), "10.66.77", "13800138000") if word in text
    ] == []


async def test_old_tallies_go(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    await door.sent()
    before = await Tally.all().count()
    await forget_old_tallies({})
    assert (before, await Tally.all().count()) == (3, 3)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 3 * 86_400)
    await forget_old_tallies({})
    assert await Tally.all().count() == 0


def bound(most: int) -> Bound:
    return Bound(kind="k", who="w", most=most, seconds=600, words="打电话")


@only("sqlite")
async def test_room_comes_back_little_by_little(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = 600.0 * 1_000_000
    monkeypatch.setattr(time, "time", lambda: start)
    for _ in range(4):
        await take([bound(4)])
    for later, free in ((599, False), (601, False), (600 + 149, False), (600 + 151, True)):
        monkeypatch.setattr(time, "time", lambda later=later: start + later)
        found = (await asyncio.gather(look([bound(4)]), return_exceptions=True))[0]
        assert (found is None) == free
        assert free or (isinstance(found, RateLimited) and found.retry_after >= 1)


def test_the_window_before_counts_by_its_share() -> None:
    assert estimate(4, 0, 1.0) == 4
    assert estimate(4, 1, 0.5) == 3
    assert estimate(4, 1, 0.0) == 1


@pytest.mark.parametrize(
    ("address", "side"),
    [
        ("10.1.2.3", "10.1.2.3"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::9", "2001:db8:1:2::"),
        ("testclient", "testclient"),
    ],
)
def test_a_household_is_one_side(address: str, side: str) -> None:
    assert side_of(address) == side


@only("sqlite")
async def test_a_double_tap_on_the_page_shows_the_same_code(door: Door) -> None:
    async with door.visitor() as resident:
        data = {**await resident.form(), "matter": "rubbish", "text": TEXT}
        data["areaId"] = str(door.place.community.id)
        codes = []
        for _ in range(2):
            assert (await resident.post("/residents/", data)).status_code == 303
            codes.append(await resident.code())
        assert codes[0] == codes[1]
        assert (await Case.all().count(), await Report.all().count()) == (1, 1)
        changed = {**data, "text": "别的事"}  # back, another text, the same hidden key
        await resident.post("/residents/", changed)
        assert await resident.code() != codes[0]
        assert await Case.all().count() == 2


@only("sqlite")
@limits(reports_in_10_minutes=1)
async def test_whoever_is_refused_keeps_what_was_written(door: Door) -> None:
    async with door.visitor() as resident:
        await resident.report(door.place.community.id)
        refused = await resident.report(door.place.community.id, text="另外一件要紧的事")
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) >= 1
        assert "另外一件要紧的事" in refused.text
        assert "打电话 12345" in refused.text


@only("sqlite")
@limits(tries=5)
async def test_forms_of_any_kind_are_bounded(door: Door) -> None:
    async with door.visitor() as resident:
        codes = [
            (
                await resident.post("/residents/where", {"longitude": "1", "latitude": "1"})
            ).status_code
            for _ in range(7)
        ]
    assert codes == [200] * 5 + [429] * 2


@only("sqlite")
async def test_programs_that_fill_in_everything_reach_nothing(door: Door) -> None:
    async with door.visitor() as robot:
        answer = await robot.report(door.place.community.id, website="http://spam.example")
        assert answer.status_code == 303
        assert await Case.all().count() == 0
        forged = {"matter": "rubbish", "text": TEXT, "areaId": str(door.place.community.id)}
        for key in ("", "abc", "a.1.b", "a.9999999999.b", "a." + "9" * 40 + ".b", "a.٣.b"):
            answer = await robot.post("/residents/", {**forged, "key": key})
            assert answer.status_code == 422
        assert await Case.all().count() == 0


@only("sqlite")
async def test_only_our_own_pages_may_send(door: Door) -> None:
    async with door.visitor() as resident:
        await resident.report(door.place.community.id)
        for path in ("", "track", "where", "mine/withdraw", "leave"):
            foreign = {"sec-fetch-site": "cross-site"}
            answer = await resident.post(f"/residents/{path}", {"words": "x"}, headers=foreign)
            assert answer.status_code == 403
        assert (await Case.get()).stage == "reported"


@only("sqlite")
async def test_pictures_are_pictures_and_not_too_many(door: Door) -> None:
    one = ("pictures", ("a.png", picture(), "image/png"))
    text = ("pictures", ("a.png", b"#!/bin/sh", "image/png"))
    async with door.visitor() as resident:
        for files in ([one] * 4, [text]):
            answer = await resident.report(door.place.community.id, files=files)
            assert answer.status_code == 422
            assert 'id="f-pictures-problem"' in answer.text
        assert (await Case.all().count(), await File.all().count()) == (0, 0)


@only("sqlite")
async def test_a_code_shown_is_the_code_of_the_report(door: Door) -> None:
    async with door.visitor() as resident:
        await resident.report(door.place.community.id)
        page = await resident.get("/residents/sent")
        report = await find_report(code_on(page.text), "x")
        assert report.id == (await Report.get()).id
        assert page.headers["x-robots-tag"] == "noindex, nofollow"
        assert page.headers["cache-control"] == "no-store"
