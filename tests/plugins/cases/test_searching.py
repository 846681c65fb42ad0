"""A text is found wherever it stands, on either engine, exactly as a slow look at all would."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.testing import a_night
from liuhe import dialect, rows
from liuhe.graphql import global_id
from plugins.cases.models import Case, CaseWords, contains, words
from plugins.cases.models.words import SEARCHED, holding
from plugins.cases.rules import needed, pieces
from tests.plugins.cases.conftest import District
from tests.plugins.cases.test_graphql import Asking

LETTERS = "湖墅南路井盖aAbB01 %_\"'*\\()-:^é\u2028🌊"
TEXTS = st.text(alphabet=LETTERS, min_size=1, max_size=8)


@given(before=TEXTS, text=TEXTS, after=TEXTS)
def test_whatever_contains_a_text_has_all_its_pieces(before: str, text: str, after: str) -> None:
    assert needed(text) <= pieces(before + text + after)
    assert needed(text.upper()) <= pieces(before + text.lower() + after)


async def ids(condition: Any) -> list[int]:
    return sorted(case.id for case in await Case.filter(condition))


async def test_words_of_two_characters_are_found_in_every_text(place: District) -> None:
    by_title = await place.open(title="湖墅南路井盖缺失")
    by_address = await place.open(title="路灯不亮", address="井盖旁边")
    told = await place.open(title="别的事", description="有人说井盖松动")
    assert await ids(await holding("井盖")) == [by_title.id, by_address.id, told.id]
    assert await ids(await holding("井盖松")) == [told.id]
    assert await ids(await holding(told.number[-6:])) == [told.id]
    assert await ids(await holding("没有")) == []
    for alone in ("盖", "%", "_", "井%", '"', "'", "*", "盖*", "井 盖", "OR", "NOT 井盖", "\\"):
        told_by_all = await ids(contains(alone, *SEARCHED))
        assert await ids(await holding(alone)) == told_by_all, alone


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(titles=st.lists(TEXTS, min_size=1, max_size=4), search=TEXTS)
async def test_an_answer_is_that_of_a_look_at_all(
    place: District, titles: list[str], search: str
) -> None:
    await CaseWords.all().delete()
    await Case.all().update(title="-", address="", description="")
    known = await Case.all().limit(4)
    for _ in range(4 - len(known)):
        known.append(await place.open())
        await CaseWords.all().delete()
    for case, title in zip(known, titles, strict=False):
        await Case.filter(id=case.id).update(title=title)
    for case in await Case.all():
        await CaseWords.create(case_id=case.id, words=words.words_of(case))
    assert await ids(await holding(search)) == await ids(contains(search, *SEARCHED))


async def test_many_found_are_looked_at_one_by_one(place: District, monkeypatch: Any) -> None:
    for number in range(3):
        await place.open(title=f"井盖 {number}")
    whole = await ids(await holding("井盖"))
    monkeypatch.setattr(words, "FEW", 2)
    assert await ids(await holding("井盖")) == whole
    assert len(whole) == 3


async def test_a_list_finds_only_what_its_viewer_may_see(place: District) -> None:
    asking = Asking(place.kernel)
    await place.open(title="井盖缺失")
    text = '{ cases(filter: {search: "井盖"}) { totalCount edges { node { id title } } } }'
    assert (await asking.ask(place.dispatcher, text))["cases"]["totalCount"] == 1
    assert (await asking.ask(place.far_dispatcher, text))["cases"]["totalCount"] == 0


async def test_pages_of_what_is_found_neither_repeat_nor_skip(place: District) -> None:
    asking = Asking(place.kernel)
    wanted = [global_id("Case", (await place.open(title=f"井盖 {n}")).id) for n in range(5)]
    text = """query ($after: String) { cases(first: 2, after: $after, filter: {search: "井盖"}) {
        edges { node { id } } pageInfo { endCursor hasNextPage } } }"""
    found, after = [], None
    while True:
        page = (await asking.ask(place.dispatcher, text, after=after))["cases"]
        found += [edge["node"]["id"] for edge in page["edges"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert found == wanted[::-1]


async def test_what_is_forgotten_is_not_found_and_not_kept(place: District) -> None:
    case = await place.at("rated")
    await Case.filter(id=case.id).update(closed_at=datetime(2001, 1, 1, tzinfo=UTC))
    before = await CaseWords.get(case_id=case.id)
    await a_night()
    assert await ids(await holding("垃圾")) in ([], [case.id])  # the name of its type stays
    assert await ids(await holding("湖墅南路")) == []
    assert (await CaseWords.get(case_id=case.id)).words != before.words
    if dialect() == "sqlite":
        kept = await rows("SELECT block FROM cases_words_found_data")
        gone = sorted(pieces("湖墅") - pieces(case.number))[0].encode()
        assert not any(gone in one["block"] for one in kept if one["block"])
        await rows("INSERT INTO cases_words_found (cases_words_found) VALUES ('integrity-check')")


async def test_a_vacuum_leaves_every_case_found(place: District) -> None:
    await place.open(title="别的")
    case = await place.open(title="井盖缺失")
    await Case.filter(id=case.id).exists()
    if dialect() == "sqlite":
        await rows("VACUUM")
    assert await ids(await holding("井盖")) == [case.id]
