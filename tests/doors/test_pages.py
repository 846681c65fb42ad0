"""No page, fragment, picture or export shows anybody what is none of their business.

Two streets alike are filled with marks that nobody could guess. Visitors go through every address
that the program has, with the numbers of a street, and with what a list can be searched for or
narrowed to. Heads and bodies of all answers are looked through, and what is written to the log.
"""

from io import BytesIO
from zipfile import ZipFile

import httpx2
import pytest
from structlog.testing import capture_logs

from core.house import house
from core.testing import make_area
from tests.doors.conftest import District
from tests.doors.doors import pages
from tests.doors.planting import Street
from tests.doors.rules import MUST_SEE, MUST_SHOW, PUBLISHED, not_opened
from tests.doors.visitors import Visitor, distinct, give_post, make_person, moved, signed_in
from tests.factories import only

pytestmark = [only("sqlite"), pytest.mark.slow]

TEXTS = ("q", "search", "who", "key")
THINGS = ("area", "unit", "place", "id", "within", "camera", "case", "parent")
BARE = {"tab": "all", "reason": "核对"}
HEALTH = {"/readyz"}  # 503 tells what is not ready: no worker runs beside a test


def ways(path: str, street: Street) -> list[dict[str, str | list[str]]]:
    """With what an address is asked: one of a thing bare, a list searched and narrowed as well."""
    number = str(street.number)
    if number in path or path.startswith("/files/"):
        return [{**BARE}]
    searched = {**dict.fromkeys(TEXTS, street.begins), **dict.fromkeys(THINGS, number)}
    return [{**BARE}, {**BARE, **searched, "chosen": "1", "layer": ["cases", "cameras"]}]


def told_in(answer: httpx2.Response) -> str:
    """Head and body; of a workbook all that is packed in it."""
    body = answer.content
    if body.startswith(b"PK"):
        with ZipFile(BytesIO(body)) as packed:
            body = b"".join(packed.read(name) for name in packed.namelist())
    return f"{answer.headers} {body.decode(errors='replace')}"


async def walked(visitor: Visitor, district: District, street: Street) -> dict[str, set[str]]:
    """What of the street each address has shown; a door that breaks fails the test."""
    shown: dict[str, set[str]] = {}
    for path in pages(district.shell.app, "GET", street):
        for params in ways(path, street):
            answer = await visitor.get(path, **params)
            broken = answer.status_code >= 500 and path not in HEALTH
            assert not broken, (visitor.name, path, params)
            assert answer.status_code != 429, (visitor.name, path)
            seen = visitor.strange(street.seen_in(told_in(answer))) - published(path)
            shown.setdefault(path, set()).update(seen)
            if answer.status_code >= 300:
                break  # whoever may not open a list may not search it
    return {path: seen for path, seen in shown.items() if seen}


def published(path: str) -> frozenset[str]:
    """What the open interface tells the whole world."""
    return PUBLISHED if path.startswith("/open311/v2/") else frozenset()


async def test_nobody_is_shown_anything_of_another_street(district: District) -> None:
    shown: dict[str, dict[str, set[str]]] = {}
    with capture_logs() as log:
        async with district.visitors() as visitors:
            for visitor in distinct(visitors):
                shown[visitor.name] = await walked(visitor, district, district.far)
        officer = await moved(district.shell, district.near, district.far)
        shown[officer.name] = await walked(officer, district, district.far)
        await officer.client.aclose()
    assert {name: paths for name, paths in shown.items() if paths} == {}
    assert district.far.seen_in(str(log)) == set()


async def test_each_role_sees_its_own_street_and_of_it_no_more_than_it_may(
    district: District,
) -> None:
    """So that a page which shows nothing of another street is not one that shows nothing at all."""
    wrong: dict[str, set[str]] = {}
    missing: dict[str, dict[str, set[str]]] = {}
    async with district.visitors(all=False) as visitors:
        for visitor in visitors:
            shown = await walked(visitor, district, district.near)
            wrong[visitor.role] = not_opened(visitor, columns(shown))
            missing[visitor.role] = not_shown(visitor.role, shown, district.near)
    assert {role: found for role, found in wrong.items() if found} == {}
    assert {role: found for role, found in missing.items() if found} == {}


def columns(shown: dict[str, set[str]]) -> set[str]:
    return {column for seen in shown.values() for column in seen}


def not_shown(role: str, shown: dict[str, set[str]], street: Street) -> dict[str, set[str]]:
    """What the role works with and no page, or not the page that is for it, has shown."""
    wanted = {"": MUST_SEE.get(role, set())}
    for (who, door), told in MUST_SHOW.items():
        if who == role:
            files = {keeper: str(key) for keeper, key in street.files.items()}
            wanted[door.format(n=street.number, file=files)] = told
    seen = {path: shown.get(path, set()) if path else columns(shown) for path in wanted}
    return {path: told - seen[path] for path, told in wanted.items() if told - seen[path]}


async def test_a_post_elsewhere_opens_nothing_more_of_ones_units_cases(district: District) -> None:
    """A handler here who dispatches in a third street is a handler here."""
    roster, shell = house().roster, district.shell
    handler, dispatcher = roster.role("handler"), roster.role("dispatcher")
    assert handler is not None
    assert dispatcher is not None
    third = await make_area("330105906000", "第三街道", "street", district.whole)
    elsewhere = Street(name="third", number=third.id, west=0)
    seen = []
    for posts in (1, 2):
        person = await make_person(f"posts-{posts}")
        await give_post(person, handler, district.near)
        if posts == 2:
            await give_post(person, dispatcher, elsewhere)
        visitor = await signed_in(shell, f"handler with {posts} posts", person, handler)
        answers = [await visitor.get(path) for path in of_a_case(district.near)]
        seen.append({one for answer in answers for one in district.near.seen_in(told_in(answer))})
        await visitor.client.aclose()
    assert seen[0] >= {"cases.Case.title"}
    assert seen[1] == seen[0]


def of_a_case(street: Street) -> list[str]:
    at = f"/admin/cases/{street.number}"
    parts = [at, f"{at}/evidence", f"{at}/readers", f"{at}/tasks", f"{at}/whistle"]
    return [*parts, *(f"/files/{key}" for key in street.files.values()), "/admin/cases/?tab=all"]
