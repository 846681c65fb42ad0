"""No page, fragment, picture or export shows anybody what is none of their business.

Two streets alike are filled with marks that nobody could guess. Visitors go through every address
that the program has, with the numbers of a street, and with what a list can be searched for or
narrowed to. Heads and bodies of all answers are looked through, and what is written to the log.
"""

import pytest
from structlog.testing import capture_logs

from tests.doors.conftest import District
from tests.doors.doors import pages
from tests.doors.planting import Street
from tests.doors.visitors import Visitor
from tests.factories import only

pytestmark = [only("sqlite"), pytest.mark.slow]

TEXTS = ("q", "search", "who", "key")
THINGS = ("area", "unit", "place", "id", "within", "camera", "case", "parent")
BARE = {"tab": "all"}
HEALTH = {"/readyz"}  # 503 tells what is not ready: no worker runs beside a test


def ways(path: str, street: Street) -> list[dict[str, str | list[str]]]:
    """With what an address is asked: one of a thing bare, a list searched and narrowed as well."""
    number = str(street.number)
    if number in path or path.startswith("/files/"):
        return [{**BARE}]
    searched = {**dict.fromkeys(TEXTS, street.begins), **dict.fromkeys(THINGS, number)}
    return [{**BARE}, {**BARE, **searched, "chosen": "1", "layer": ["cases", "cameras"]}]


async def walked(visitor: Visitor, district: District, street: Street) -> dict[str, set[str]]:
    """What of the street each address has shown; a door that breaks fails the test."""
    shown: dict[str, set[str]] = {}
    for path in pages(district.shell.app, "GET", street):
        for params in ways(path, street):
            answer = await visitor.get(path, **params)
            broken = answer.status_code >= 500 and path not in HEALTH
            assert not broken, (visitor.name, path, params)
            shown.setdefault(path, set()).update(
                street.seen_in(f"{answer.headers} {answer.content.decode(errors='replace')}")
            )
            if answer.status_code >= 300:
                break  # whoever may not open a list may not search it
    return {path: seen for path, seen in shown.items() if seen}


async def test_nobody_is_shown_anything_of_another_street(district: District) -> None:
    with capture_logs() as log:
        async with district.visitors() as visitors:
            for visitor in visitors:
                shown = await walked(visitor, district, district.far)
                assert shown == {}, visitor.name
    assert district.far.seen_in(str(log)) == set()
