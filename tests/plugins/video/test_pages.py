"""The pages of cameras, and the same through GraphQL."""

import json
import re
from typing import Any

import pytest
from tortoise.expressions import Q

from core.people import Person, open_session
from gpu.messages import Hours
from liuhe import BadInput, Conflict, Forbidden, MapBox, NotFound
from plugins.places.models import Division
from plugins.video import actions
from plugins.video.models import Camera, Watch, Worker, Zone
from plugins.video.pages.on_map import look
from tests.factories import only
from tests.plugins.video.conftest import (
    SQUARE,
    Street,
    client,
    given_camera,
    given_zone,
    jpeg,
    make_camera,
    show_sign,
)
from web.session import COOKIE, csrf_token

pytestmark = only("sqlite")

ZONE = {
    "id": "",
    "name": "消防通道",
    "polygon": json.dumps(SQUARE),
    "r0-id": "",
    "r0-kind": "dwell",
    "r0-objects": ["car", "truck"],
    "r0-seconds": "30",
    "r0-count": "1",
    "r0-grace": "5",
    "r0-scene": "0505",
}


async def test_each_sees_the_cameras_of_ones_own_area(street: Street) -> None:
    async with await street.browser("auditor") as browser:
        assert (await browser.get("/admin/video/")).status_code == 403
    for name, count in (("grid", 1), ("supervisor", 1), ("stranger", 0)):
        async with await street.browser(name) as browser:
            answer = await browser.get("/admin/video/")
            assert answer.status_code == 200
            assert answer.text.count('class="camera"') == count, name


async def test_a_stranger_gets_404_everywhere(street: Street) -> None:
    await street.eyes.put(f"/video/cameras/{street.camera.id}/snapshot", content=jpeg())
    base = f"/admin/video/{street.camera.id}"
    async with await street.browser("stranger") as browser:
        for path in ("", "/look", "/snapshot.jpg", "/zones", "/edit"):
            assert (await browser.get(base + path)).status_code == 404, path
        for path in ("/zones", "/zones/remove", "/edit", "/activate", "/deactivate"):
            data = {**ZONE, "area": str(street.area.id)}
            assert (await browser.post(base + path, data=data)).status_code == 404, path
    assert (await street.eyes.get(base + "/snapshot.jpg")).status_code in (303, 401)


async def test_the_latest_picture_is_private_and_fresh(street: Street) -> None:
    base = f"/admin/video/{street.camera.id}"
    async with await street.browser("grid") as browser:
        assert (await browser.get(f"{base}/snapshot.jpg")).status_code == 404
        await street.eyes.put(f"/video/cameras/{street.camera.id}/snapshot", content=jpeg("red"))
        answer = await browser.get(f"{base}/snapshot.jpg")
        assert answer.content == jpeg("red")
        assert answer.headers["cache-control"].startswith("private")
        assert "snapshot.jpg?at=" in (await browser.get(f"{base}/look")).text
        await actions.deactivate_camera(street.admin, street.camera.id)
        assert (await browser.get(f"{base}/snapshot.jpg")).status_code == 404


async def test_a_camera_page_tells_what_was_seen_and_hides_the_password(street: Street) -> None:
    await street.send(street.told(), jpeg())
    await street.beat(fps=9.5, error="rtsp://user:secret@10.0.0.8/live refused")
    for name in ("admin", "grid"):
        async with await street.browser(name) as browser:
            pages = [f"/admin/video/{street.camera.id}", "/admin/video/"]
            if name == "admin":
                pages.append(f"/admin/video/{street.camera.id}/edit")
            text = "".join([(await browser.get(path)).text for path in pages])
            assert "secret" not in text
            assert "汽车" in text
            assert "9.5 帧/秒" in text


async def test_a_zone_is_saved_changed_and_removed(street: Street) -> None:
    base = f"/admin/video/{street.camera.id}/zones"
    async with await street.browser("dispatcher") as browser:
        assert (await browser.get(base)).status_code == 200
        assert (await browser.post(base, data=ZONE)).status_code == 303
        new = await Zone.get(name="消防通道")
        assert new.polygon == [list(point) for point in SQUARE]
        watch = await Watch.get(zone_id=new.id)
        assert (watch.objects, watch.seconds, watch.scene) == (["car", "truck"], 30.0, "0505")
        change = {**ZONE, "id": str(new.id), "r0-id": str(watch.id), "r0-seconds": "45"}
        assert (await browser.post(base, data=change)).status_code == 303
        assert (await Watch.get(id=watch.id)).seconds == 45.0
        assert (await browser.post(f"{base}/remove", data={"id": new.id})).status_code == 303
        assert not (await Zone.get(id=new.id)).active
        assert (await browser.post(f"{base}/remove", data={"id": new.id})).status_code == 404
    assert await Zone.filter(active=True).count() == 1  # the one that was there before


async def test_a_rule_holds_at_its_hours_and_from_its_score_up(street: Street) -> None:
    path = f"/admin/video/{street.camera.id}/zones"
    data = {**ZONE, "r0-begins": "22:00", "r0-ends": "06:00", "r0-least": "62.5"}
    async with await street.browser("dispatcher") as browser:
        assert (await browser.post(path, data=data)).status_code == 303
        page = (await browser.get(path)).text
    assert "22:00 到 06:00，汽车、货车停留超过 30 秒（把握 62.5% 以上）" in page
    for written in ("22:00", "06:00", "62.5"):
        assert f'value="{written}"' in page
    (camera,) = (await actions.configuration(await Worker.get())).cameras
    (told,) = next(zone.watches for zone in camera.zones if zone.name == "消防通道")
    assert told.hours == Hours(begins=22 * 60, ends=6 * 60, zone="Asia/Shanghai")
    assert told.least_score == 0.625
    asked = (
        "{ cameras(first: 1) { edges { node { zones { watches { begins ends leastScore } } } } } }"
    )
    found = (await ask(street, "grid", asked))["cameras"]["edges"][0]["node"]["zones"]
    assert found[1]["watches"] == [{"begins": "22:00", "ends": "06:00", "leastScore": 0.625}]
    assert found[0]["watches"] == [{"begins": None, "ends": None, "leastScore": 0.0}]


async def test_rules_that_need_no_model_are_saved_told_and_seen(street: Street) -> None:
    base = f"/admin/video/{street.camera.id}"
    data = {**ZONE, "r0-kind": "left", "r0-scene": "0507", "r1-kind": "fall", "r1-count": "1"}
    async with await street.browser("dispatcher") as browser:
        assert (await browser.post(f"{base}/zones", data=data)).status_code == 303
        page = (await browser.get(f"{base}/zones")).text
    assert "有东西放着超过 30 秒" in page
    assert "有东西从高处落下" in page
    new = await Zone.get(name="消防通道")
    (camera,) = await street.to_watch()
    told = next(zone for zone in camera.zones if zone.id == str(new.id))
    assert [(watch.kind, watch.objects) for watch in told.watches] == [("left", ()), ("fall", ())]
    seen = street.told(
        zone_id=told.id, watch_id=told.watches[0].id, kind="left", object="left", track_id=1
    )
    assert (await street.send(seen, jpeg())).status_code == 200
    found = await ask(street, "grid", SEEN)
    (edge,) = found["observations"]["edges"]
    assert (edge["node"]["kind"], edge["node"]["objectLabel"]) == ("LEFT", "遗留物")
    async with await street.browser("grid") as browser:
        assert "遗留物" in (await browser.get(base)).text


@pytest.mark.parametrize(
    ("spoiled", "field"),
    [
        ({"name": ""}, "name"),
        ({"polygon": "[[0,0],[1,1]]"}, "polygon"),
        ({"polygon": "[[0,0],[1,1],[1,0],[0,1]]"}, "polygon"),
        ({"polygon": "no"}, "polygon"),
        ({"r0-kind": "stare"}, "r0-kind"),
        ({"r0-objects": []}, "r0-objects"),
        ({"r0-seconds": "soon"}, "r0-seconds"),
        ({"r0-seconds": "0"}, "r0-seconds"),
        ({"r0-count": "many"}, "r0-count"),
        ({"r0-count": "1001"}, "r0-count"),
        ({"r0-grace": "-1"}, "r0-grace"),
        ({"r0-begins": "22:00"}, "r0-ends"),
        ({"r0-begins": "late", "r0-ends": "06:00"}, "r0-begins"),
        ({"r0-begins": "06:00", "r0-ends": "06:00"}, "r0-ends"),
        ({"r0-least": "101"}, "r0-least"),
        ({"r0-least": "nan"}, "r0-least"),
    ],
    ids=str,
)
@pytest.mark.parametrize("empty_before", [False, True], ids=["first", "moved up"])
async def test_a_zone_that_cannot_be_comes_back_with_what_was_written(
    street: Street, spoiled: dict[str, Any], field: str, empty_before: bool
) -> None:
    """Each error at its own field, also where a rule above it was left empty."""
    mark = await actions.revision()
    async with await street.browser("dispatcher") as browser:
        data = {**ZONE, **spoiled}
        if empty_before:
            data = {key.replace("r0-", "r1-"): value for key, value in data.items()}
        answer = await browser.post(f"/admin/video/{street.camera.id}/zones", data=data)
        assert answer.status_code == 422
        fields = re.findall(r"<(?:input|select|textarea)[^>]*>", answer.text)
        wrong = [re.search('name="([^"]*)"', each) for each in fields if "aria-invalid" in each]
        assert {each[1] for each in wrong if each} == {field}
        assert data["name"] in answer.text
    assert await actions.revision() == mark


async def test_a_grid_member_looks_and_does_not_draw(street: Street) -> None:
    base = f"/admin/video/{street.camera.id}"
    async with await street.browser("grid") as browser:
        assert (await browser.get(base)).status_code == 200
        assert (await browser.get(f"{base}/zones")).status_code == 403
        assert (await browser.post(f"{base}/zones", data=ZONE)).status_code == 403
        assert (await browser.get("/admin/video/new")).status_code == 403
    with pytest.raises(Forbidden):
        await actions.save_zone(street.grid, street.camera.id, given_zone())


async def test_a_camera_is_entered_and_switched_on(street: Street) -> None:
    data = {
        "name": "新摄像机",
        "area": str(street.area.id),
        "source": "rtsp://10.0.0.9/live",
        "filing_number": "演示-备案-0002",
    }
    async with await street.browser("admin") as browser:
        assert (await browser.get("/admin/video/new")).status_code == 200
        assert (await browser.post("/admin/video/new", data=data)).status_code == 303
        new = await Camera.get(name="新摄像机")
        base = f"/admin/video/{new.id}"
        assert (await browser.post(f"{base}/activate")).status_code == 409
        change = {**data, "source": "", "signage": "1", "detect_every": "3", "transport": "udp"}
        assert (await browser.post(f"{base}/edit", data=change)).status_code == 303
        await show_sign(street.admin, new.id)
        assert (await browser.post(f"{base}/activate")).status_code == 303
    new = await Camera.get(id=new.id)
    assert (new.active, new.source, new.detect_every) == (True, "rtsp://10.0.0.9/live", 3)
    told = {camera.name: camera.transport for camera in await street.to_watch()}
    assert told == {"小河路桥头": "tcp", "新摄像机": "udp"}


@pytest.mark.parametrize(
    "spoiled",
    [
        {"name": ""},
        {"area": ""},
        {"source": ""},
        {"source": "/etc/passwd"},
        {"code": "12"},
        {"code": "33010500001180000001"},
        {"transport": "tls"},
        {"transport": "sctp"},
        {"longitude": "far"},
        {"longitude": "200"},
        {"detect_every": "999"},
    ],
    ids=str,
)
async def test_a_camera_that_cannot_be_comes_back_with_a_sentence(
    street: Street, spoiled: dict[str, str]
) -> None:
    data = {"name": "坏了", "area": str(street.area.id), "source": "rtsp://h/1", **spoiled}
    async with await street.browser("admin") as browser:
        answer = await browser.post("/admin/video/new", data=data)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert await Camera.all().count() == 1


@pytest.mark.parametrize(
    ("written", "empty"), [("longitude", "latitude"), ("latitude", "longitude")]
)
async def test_half_a_position_is_told_of_at_the_other_half(
    street: Street, written: str, empty: str
) -> None:
    """No case could be opened there."""
    data = {"name": "桥头", "area": str(street.area.id), written: "30.32"}
    async with await street.browser("admin") as browser:
        answer = await browser.post(f"/admin/video/{street.camera.id}/edit", data=data)
    assert answer.status_code == 422
    assert "经度和纬度要一起写" in answer.text
    assert f'id="f-{empty}-problem"' in answer.text
    assert f'id="f-{written}-problem"' not in answer.text


@pytest.mark.parametrize("half", ["longitude", "latitude"])
async def test_a_camera_with_half_a_position_of_before_stands_in_the_middle_of_its_area(
    street: Street, half: str
) -> None:
    ring = [[120, 30], [120.2, 30], [120.2, 30.2], [120, 30.2], [120, 30]]
    await Division.of(street.area, {"type": "Polygon", "coordinates": [ring]}).save()
    await Camera.filter(id=street.camera.id).update(**{half: 0.5})
    found = await look(street.admin, MapBox(west=119, south=29, east=121, north=31), 9)
    assert [(one.longitude, one.latitude) for one in found.points] == [(120.1, 30.1)]


async def test_a_password_just_typed_is_not_sent_back_with_the_form(street: Street) -> None:
    source = "rtsp://admin:hunter2@10.0.0.9/live"
    data = {"name": "", "area": str(street.area.id), "source": source}
    async with await street.browser("admin") as browser:
        answer = await browser.post("/admin/video/new", data=data)
    assert answer.status_code == 422
    assert "hunter2" not in answer.text


@pytest.mark.parametrize(
    "unlawful", [{"filing_number": ""}, {"signage": False}, {"private_space": True}], ids=str
)
async def test_the_law_keeps_a_camera_off(street: Street, unlawful: dict[str, Any]) -> None:
    new = await actions.create_camera(street.admin, given_camera(street.area, **unlawful))
    await show_sign(street.admin, new.id)
    with pytest.raises(Conflict):
        await actions.activate_camera(street.admin, new.id)
    given = given_camera(street.area, **unlawful)
    with pytest.raises(BadInput):  # nor may an active one leave it
        await actions.update_camera(street.admin, street.camera.id, given)
    assert not await Camera.filter(~Q(id=street.camera.id), active=True).exists()
    assert (await Camera.get(id=street.camera.id)).signage


@pytest.mark.parametrize(
    ("written", "field"),
    [({"filing_number": ""}, "filing_number"), ({"signage": ""}, "signage")],
    ids=str,
)
async def test_what_the_law_refuses_comes_back_with_all_that_was_typed(
    street: Street, written: dict[str, str], field: str
) -> None:
    data = {
        "name": "刚改的名字",
        "area": str(street.area.id),
        "address": "刚写的地址",
        "filing_number": "B1",
        "signage": "1",
        **written,
    }
    async with await street.browser("admin") as browser:
        answer = await browser.post(f"/admin/video/{street.camera.id}/edit", data=data)
    assert answer.status_code == 422
    assert {"刚改的名字", "刚写的地址"} <= set(re.findall(r'value="([^"]*)"', answer.text))
    assert f'id="f-{field}-problem"' in answer.text
    assert "要这样改请先停用" in answer.text


async def test_a_token_is_shown_once_to_an_administrator(street: Street) -> None:
    async with await street.browser("admin") as browser:
        answer = await browser.post("/admin/video/workers", data={"name": "机房二号"})
        (token,) = re.findall(r"<code>([\w-]{40,})</code>", answer.text)
        assert (await actions.worker_of(token)).name == "机房二号"
        again = (await browser.get("/admin/video/workers")).text
        assert "机房二号" in again
        assert token not in again
    async with await street.browser("dispatcher") as browser:
        assert (await browser.get("/admin/video/workers")).status_code == 403
        for name in ("x", ""):
            answer = await browser.post("/admin/video/workers", data={"name": name})
            assert answer.status_code == 403


async def test_the_same_device_is_not_entered_twice(street: Street) -> None:
    given = given_camera(street.area, code="33010500001310000009")
    await actions.create_camera(street.admin, given)
    with pytest.raises(BadInput):
        await actions.create_camera(street.admin, given)
    with pytest.raises(NotFound):
        await actions.update_camera(street.stranger, street.camera.id, given)


async def ask(street: Street, who: str, query: str) -> dict[str, Any]:
    async with await street.browser(who) as browser:
        answer = (await browser.post("/graphql", json={"query": query})).json()
    assert "errors" not in answer, answer
    return dict(answer["data"])


CAMERAS = """{ cameras(first: 10) { totalCount edges { node {
    name code area { name } address state stateLabel fps lastFrameAt snapshotUrl source
    zones { name polygon watches { scene kind kindLabel objectLabels sentence } }
} } } }"""
SEEN = """{ observations(filter: {open: true}) { edges { node {
    scene kind objectLabel count startedAt endedAt evidenceUrl
    camera { name } zone { name }
} } } }"""


async def test_cameras_and_observations_through_graphql(street: Street) -> None:
    await street.send(street.told(), jpeg())
    await street.beat(fps=9.5)
    found = await ask(street, "grid", CAMERAS)
    (edge,) = found["cameras"]["edges"]
    camera = edge["node"]
    assert (camera["state"], camera["stateLabel"], camera["fps"]) == ("RUNNING", "正常", 9.5)
    assert camera["source"] is None
    assert camera["zones"][0]["polygon"] == [list(point) for point in SQUARE]
    assert camera["zones"][0]["watches"][0]["sentence"] == "汽车停留超过 10 秒"
    seen = await ask(street, "grid", SEEN)
    (edge,) = seen["observations"]["edges"]
    assert (edge["node"]["objectLabel"], edge["node"]["camera"]["name"]) == ("汽车", "小河路桥头")
    assert edge["node"]["evidenceUrl"].startswith("/files/")
    shown = (await ask(street, "admin", CAMERAS))["cameras"]["edges"][0]["node"]["source"]
    assert shown == "rtsp://***@10.0.0.8:554/live"
    for query, name in ((CAMERAS, "cameras"), (SEEN, "observations")):
        assert (await ask(street, "stranger", query))[name]["edges"] == []


async def test_cameras_are_sought_by_words_longer_than_a_code_too(street: Street) -> None:
    asked = '{ cameras(filter: {search: "%s"}) { totalCount } }'
    for words, count in (("桥头", 1), ("1" * 21, 0), ("桥" * 60, 0)):
        assert (await ask(street, "grid", asked % words))["cameras"]["totalCount"] == count


async def test_three_cameras_cost_as_many_queries_as_one(
    street: Street, count_queries: Any
) -> None:
    async def cost() -> dict[str, int]:
        await street.send(street.told())
        async with await street.browser("supervisor") as browser:
            costs = {}
            for query in (CAMERAS, SEEN):
                with count_queries() as queries:
                    answer = await browser.post("/graphql", json={"query": query})
                assert "errors" not in answer.json()
                costs[query[:9]] = len(queries)
            with count_queries() as queries:
                await browser.get("/admin/video/")
            return {**costs, "page": len(queries)}

    one = await cost()
    for number in range(2):
        await make_camera(street.admin, street.area, name=f"{number}")
    assert await cost() == one


async def test_switching_a_camera_needs_the_token_of_the_page(street: Street) -> None:
    """Signed in by the cookie, as a page elsewhere would be."""
    person = await Person.get(id=street.admin.person_id)
    token, _ = await open_session(person, "browser")
    base = f"/admin/video/{street.camera.id}"
    async with client(street.app) as browser:
        browser.cookies.set(COOKIE, token)
        for act in ("deactivate", "activate"):
            assert (await browser.post(f"{base}/{act}")).status_code == 403
        assert (await Camera.get(id=street.camera.id)).active
        given = {"csrf": csrf_token(token)}
        assert (await browser.post(f"{base}/deactivate", data=given)).status_code == 303
    assert not (await Camera.get(id=street.camera.id)).active
