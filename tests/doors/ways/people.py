"""Accounts, posts, units, holds and assessments."""

from tests.doors.ways.way import REASON, TODAY, TOMORROW, Way

POST = {"role": "grid", "area": "{n}"}
PEOPLE = (
    Way(door="/admin/people/new", given={"username": "neuer", "name": "新人"}, by="security"),
    Way(door="/admin/people/{id:int}/posts", words={"id": "{officer}"}, given=POST, by="security"),
    Way(
        door="/admin/people/{id:int}/posts",
        words={"id": "{officer}"},
        given={"stands_in_for": "{post}", "valid_until": TOMORROW},
        why="the only post there is the officer's own",
    ),
    Way(
        door="/admin/people/{id:int}/posts/end",
        words={"id": "{officer}"},
        given={"post": "{n}"},
        by="security",
    ),
    *(
        Way(
            door="/admin/people/{id:int}/act",
            words={"id": "{officer}"},
            given={"what": what},
            by="security",
        )
        for what in ("off", "password")
    ),
    Way(
        door="/admin/people/{id:int}/act",
        words={"id": "{officer}"},
        given={"what": "factor"},
        why="the officer has no second factor",
    ),
    Way(
        door="/admin/people/{id:int}/name",
        words={"id": "{officer}"},
        given={"name": "新名"},
        by="security",
    ),
    Way(door="/admin/people/paused/lift", given={"key": "{n}"}, why="nobody is paused"),
    Way(door="/admin/units/new", given={"code": "neu", "name": "新", "area": "{n}"}, by="admin"),
    Way(door="/admin/units/{id:int}", given={"name": "新名"}, by="admin"),
    Way(
        door="/admin/register/holds",
        given={"kind": "cases.Case", "key": "{n}", "case_no": "1", "until": TOMORROW, **REASON},
        why="what can be held is found by its number, and that is a mark",
    ),
    Way(door="/admin/register/holds/{id:int}/lift", by="security", whole=True),
    Way(
        door="/admin/register/assessments",
        given={
            "title": "评估",
            "conclusion": "可以",
            "plugin": "video",
            "made_on": TODAY,
            "valid_until": TOMORROW,
        },
        by="security",
        whole=True,
    ),
    Way(door="/admin/me/sessions/end", given={"id": "{n}"}, why="it is somebody else's"),
)
