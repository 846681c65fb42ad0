"""A form that was opened before somebody else's change undoes nothing of it unseen."""

import html
import re
from typing import Any

import pytest

from liuhe import Conflict
from plugins.video import actions
from plugins.video.models import Camera, Watch, Zone
from tests.factories import only
from tests.plugins.video.conftest import Street, given_camera, given_zone

pytestmark = only("sqlite")


def fields_of(page: str, ending: str) -> dict[str, str]:
    """What the first form that goes to `ending` would send if nothing were touched."""
    form = re.search(rf'<form[^>]*action="[^"]*{ending}".*?</form>', page, re.DOTALL)
    assert form, page
    sent = {}
    for tag in re.findall(r"<input[^>]*>", form[0]):
        known = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if known.get("type") != "checkbox" or " checked" in tag:
            sent[known["name"]] = html.unescape(known.get("value", "on"))
    for name, text in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>([^<]*)<', form[0]):
        sent[name] = html.unescape(text).strip()
    for name, options in re.findall(
        r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', form[0], re.DOTALL
    ):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        sent[name] = chosen[1] if chosen else ""
    return sent


async def test_an_older_form_does_not_take_back_what_another_wrote_of_a_camera(
    street: Street,
) -> None:
    path = f"/admin/video/{street.camera.id}/edit"
    async with await street.browser("admin") as browser:
        older = fields_of((await browser.get(path)).text, path)
        await actions.deactivate_camera(street.admin, street.camera.id)
        private = given_camera(street.area, source="", private_space=True)
        await actions.update_camera(street.admin, street.camera.id, private)
        answer = await browser.post(path, data={**older, "name": "我改的名字"})
        assert answer.status_code == 409
        assert "别人改过这台摄像机" in answer.text
        again = fields_of(answer.text, path)
        assert again["name"] == "我改的名字"
        camera = await Camera.get(id=street.camera.id)
        assert (camera.private_space, camera.active, camera.name) == (True, False, private.name)
        known = {**again, "private_space": "on"}
        assert (await browser.post(path, data=known)).status_code == 303
        camera = await Camera.get(id=street.camera.id)
        assert (camera.private_space, camera.name) == (True, "我改的名字")


async def test_a_rule_that_another_added_is_not_switched_off_by_an_older_form(
    street: Street,
) -> None:
    path = f"/admin/video/{street.camera.id}/zones"
    added = actions.WatchInput(kind="crowd", objects=("person",), seconds=5, count=9)
    kept = actions.WatchInput(
        kind="dwell", objects=("car",), seconds=10, scene="0505", id=street.watch.id
    )
    async with await street.browser("dispatcher") as browser:
        older = fields_of((await browser.get(path)).text, path)
        both = given_zone(id=street.zone.id, watches=(kept, added))
        await actions.save_zone(street.admin, street.camera.id, both)
        answer = await browser.post(path, data={**older, "name": "桥头", "r0-objects": "car"})
        assert answer.status_code == 409
        assert "别人改过这个区域" in answer.text
        assert await Watch.filter(active=True).count() == 2
        again = fields_of(answer.text, path)
        assert (again["name"], again["r1-kind"], again["r1-count"]) == ("桥头", "crowd", "9")
        again |= {"r0-objects": "car", "r1-objects": "person"}
        assert (await browser.post(path, data=again)).status_code == 303
        assert (await Zone.get(active=True)).name == "桥头"
        assert await Watch.filter(active=True).count() == 2


async def test_more_rules_than_a_form_has_are_not_switched_off_unseen(street: Street) -> None:
    path = f"/admin/video/{street.camera.id}/zones"
    rules = [actions.WatchInput(kind="dwell", objects=("car",), seconds=10, id=street.watch.id)]
    rules += [
        actions.WatchInput(kind="crowd", objects=("person",), seconds=5, count=9 + number)
        for number in range(5)
    ]
    async with await street.browser("dispatcher") as browser:
        older = fields_of((await browser.get(path)).text, path)
        full = given_zone(id=street.zone.id, watches=tuple(rules))
        await actions.save_zone(street.admin, street.camera.id, full)
        mine = {"r1-kind": "enter", "r1-objects": "car", "r1-seconds": "0", "r1-count": "1"}
        sent = {**older, "r0-objects": "car", **mine, "r1-grace": "5"}
        answer = await browser.post(path, data=sent)
        assert "最多 6 条规则" in answer.text
        again = fields_of(answer.text, path)
        again |= {f"r{number}-objects": "car" for number in range(6)}
        assert (await browser.post(path, data=again)).status_code == 409
        assert await Watch.filter(active=True).count() == 6
        again["r1-kind"] = ""  # rather the others'
        answer = await browser.post(path, data=again)
        again = fields_of(answer.text, path)
        again |= {f"r{number}-objects": "car" for number in range(6)}
        assert (await browser.post(path, data=again)).status_code == 303
        assert await Watch.filter(active=True).count() == 6


async def test_what_was_drawn_for_a_zone_that_another_removed_is_kept_as_a_new_one(
    street: Street,
) -> None:
    path = f"/admin/video/{street.camera.id}/zones"
    drawn = "[[0.3, 0.3], [0.7, 0.3], [0.7, 0.7]]"
    async with await street.browser("dispatcher") as browser:
        older = fields_of((await browser.get(path)).text, path)
        await actions.remove_zone(street.admin, street.camera.id, street.zone.id)
        sent = {**older, "polygon": drawn, "r0-objects": "car"}
        answer = await browser.post(path, data=sent)
        assert answer.status_code == 409
        assert "再保存就成为新的区域" in answer.text
        again: dict[str, Any] = fields_of(answer.text, path)
        assert (again["id"], again["polygon"]) == ("", drawn)
        again["r0-objects"] = "car"
        assert (await browser.post(path, data=again)).status_code == 303
    assert (await Zone.get(active=True)).polygon == [[0.3, 0.3], [0.7, 0.3], [0.7, 0.7]]


async def test_the_form_that_was_saved_is_stale_and_the_next_one_is_not(street: Street) -> None:
    mark = actions.mark_of_camera(await Camera.get(id=street.camera.id))
    given = given_camera(street.area, source="", name="另一个名字")
    await actions.update_camera(street.admin, street.camera.id, given, mark=mark)
    with pytest.raises(Conflict):
        await actions.update_camera(street.admin, street.camera.id, given, mark=mark)
    mark = actions.mark_of_camera(await Camera.get(id=street.camera.id))
    await actions.update_camera(street.admin, street.camera.id, given, mark=mark)
