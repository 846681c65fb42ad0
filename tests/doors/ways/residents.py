"""What residents, the hotline and other programs have told."""

from tests.doors.ways.cases import case
from tests.doors.ways.way import Way

TELEPHONE = {"reason": "回访"}
RESIDENTS = (
    Way(
        door="/admin/hotline/types", given={"main": "甲", "type": "{type}"}, by="admin", whole=True
    ),
    Way(door="/admin/hotline/types/open", why="no order waits that a rule fits"),
    Way(door="/admin/hotline/{id:int}/type", given={"type": "{type}"}, by="dispatcher"),
    Way(
        door="/admin/hotline/{id:int}/return",
        stands=case(stage="reported", unit_id=None),
        given={"basis": "不是本区的"},
        by="dispatcher",
    ),
    Way(door="/admin/hotline/{id:int}/caller", given=TELEPHONE, by="dispatcher", reads=True),
    Way(
        door="/admin/residents/new",
        given={"channel": "counter", "matter": "other", "text": "话", "areaId": "{n}"},
        why="the page gives its form a key that is signed",
    ),
    Way(
        door="/admin/residents/code",
        given={"channel": "counter", "code": "AAAA-AAAA-AAAA"},
        why="who has the code speaks for the resident; it has a test of its own",
    ),
    Way(
        door="/admin/residents/code/{way}",
        words={"way": "answer"},
        given={"ticket": "x", "question": "{n}", "words": "话", "channel": "counter"},
        why="the page before gives a ticket that is signed",
    ),
    Way(
        door="/admin/residents/ask/{case_id:int}",
        given={"text": "问"},
        by="dispatcher",
        also=("supervisor", "grid", "handler"),
    ),
    Way(door="/admin/residents/contact/{case_id:int}", by="dispatcher", also=("grid",), reads=True),
    Way(
        door="/admin/open311/contact/{case_id:int}",
        given=TELEPHONE,
        by="dispatcher",
        also=("grid",),
        reads=True,
    ),
    Way(
        door="/admin/open311/keys/new",
        given={"name": "应用", "scopes": ["report"], "days": "30", "most": "60"},
        by="admin",
        whole=True,
    ),
    Way(door="/admin/open311/keys/{id:int}/end", by="admin", whole=True),
    Way(
        door="/admin/open311/services/{code}",
        words={"code": "{type}"},
        given={"offered": "yes", "name": "名", "answering": "realtime"},
        by="admin",
        whole=True,
    ),
)
