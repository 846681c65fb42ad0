"""The cards of models, as the eyes told them."""

import re
from typing import Any

from gpu.cards import Cards
from gpu.manifests import find
from gpu.messages import Health, ModelCard
from plugins.video import actions
from plugins.video.models import Camera, Watch
from tests.factories import only
from tests.plugins.video.conftest import NOW, TOKEN, Street, client, make_camera

pytestmark = only("sqlite")


async def tell(street: Street, *more: ModelCard, token: str = TOKEN) -> None:
    """What a real worker with the bundled model tells, and more models."""
    cards = Cards((), lambda _: 28.5).now()
    told = Health(worker="eyes", started_at=NOW, at=NOW, models=(*cards, *more))
    async with client(street.app, token) as eyes:
        answer = await eyes.post("/video/health", json=told.to_json())
        assert answer.status_code == 204, answer.text


async def read(street: Street, name: str, path: str = "/admin/video/models") -> str:
    async with await street.browser(name) as browser:
        answer = await browser.get(path)
        assert answer.status_code == 200
        return str(answer.text)


async def test_a_card_says_where_a_model_is_from_how_good_and_how_quick_it_is(
    street: Street,
) -> None:
    assert "还没有处理程序报告过模型" in await read(street, "grid")
    broken = ModelCard(name="mine", error="/srv/mine/manifest.toml: the file is missing.")
    await tell(street, broken, ModelCard(name="smoke", tag="smoke@1", objects=("smoke",)))
    text = await read(street, "grid")
    for words in (
        "ssd_mobilenet_v2_coco",
        "Apache-2.0",
        "7193626c7b948f416fad3d7dcf5f6b3a70fddf424d04f14bf1bb5283c4f421b4",
        "行人、自行车、汽车",
        "本机 28.5 毫秒/张",
        "58.5%",
        "liuhe bench quality --model smoke --keep",
        street.camera.name,
    ):
        assert words in text, words
    assert "/srv/mine" not in text
    assert "/srv/mine/manifest.toml" in await read(street, "admin")


async def test_who_sees_no_camera_learns_of_none_here(street: Street) -> None:
    await tell(street)
    await Camera.filter(id=street.camera.id).update(model="ours")
    assert street.camera.name not in await read(street, "stranger")
    assert "ours" not in await read(street, "stranger")
    assert "没有模型“ours”" in await read(street, "grid")
    async with await street.browser("auditor") as browser:
        assert (await browser.get("/admin/video/models")).status_code == 403


async def test_three_workers_and_cameras_ask_the_database_as_often_as_one(
    street: Street, count_queries: Any
) -> None:
    await tell(street)
    with count_queries() as one:
        await read(street, "grid")
    for number in ("two", "three"):
        camera = await make_camera(street.admin, street.area, name=f"相机 {number}")
        await Camera.filter(id=camera.id).update(model=number)
        await actions.ensure_worker(f"{number}-token-of-the-eyes", number)
        await tell(street, token=f"{number}-token-of-the-eyes")
    with count_queries() as three:
        text = await read(street, "grid")
    assert "three 28.5 毫秒/张" in text
    assert len(three) == len(one)


async def offered(street: Street) -> dict[str, str]:
    """What the zone form lets one choose, with its words."""
    text = await read(street, "dispatcher", f"/admin/video/{street.camera.id}/zones")
    box = r'name="r0-objects" value="([^"]+)"[^>]*><span>([^<]*)</span>'
    return dict(re.findall(box, text))


async def test_only_what_the_camera_s_model_sees_can_be_watched_for(street: Street) -> None:
    usual = {name for _, name in find(None).objects}
    assert set(await offered(street)) == usual  # nobody has told what there is
    smoke = ModelCard(name="smoke", tag="smoke@1", objects=("smoke", "dog"))
    await tell(street, smoke)
    assert set(await offered(street)) == usual
    await Camera.filter(id=street.camera.id).update(model="smoke")
    await Watch.filter(id=street.watch.id).update(objects=[])
    assert await offered(street) == {"smoke": "smoke", "dog": "犬只"}


async def test_what_a_rule_looks_for_already_stays_chosen_and_is_said_to_be_unseen(
    street: Street,
) -> None:
    await tell(street)
    await Watch.filter(id=street.watch.id).update(objects=["car", "dog"])
    assert (await offered(street))["dog"] == "犬只（模型不认得）"
    text = await read(street, "dispatcher", f"/admin/video/{street.camera.id}/zones")
    assert re.findall(r'value="(\w+)" checked', text) == ["car", "dog"]


async def test_a_camera_is_given_a_model_that_is_there(street: Street) -> None:
    broken = ModelCard(name="broken", error="the file is missing.")
    await tell(street, broken, ModelCard(name="smoke", tag="smoke@1", objects=("smoke",)))
    path = f"/admin/video/{street.camera.id}/edit"
    data = {"name": "刚改的", "area": str(street.area.id), "filing_number": "B1", "signage": "1"}
    async with await street.browser("admin") as browser:
        text = (await browser.get(path)).text
        assert '<option value="smoke">' in text
        assert "broken" not in text
        for name in ("smok", "broken"):
            answer = await browser.post(path, data={**data, "model": name})
            assert answer.status_code == 422
            assert f"没有处理程序报告过能用的模型“{name}”" in answer.text
            assert 'value="刚改的"' in answer.text
        assert (await browser.post(path, data={**data, "model": "smoke"})).status_code == 303
    assert (await Camera.get(id=street.camera.id)).model == "smoke"


async def test_a_model_that_is_away_stays_with_its_camera(street: Street) -> None:
    await Camera.filter(id=street.camera.id).update(model="ours")
    path = f"/admin/video/{street.camera.id}/edit"
    data = {"name": "改了名", "area": str(street.area.id), "filing_number": "B1", "signage": "1"}
    async with await street.browser("admin") as browser:
        assert '<option value="ours" selected>' in (await browser.get(path)).text
        answer = await browser.post(path, data={**data, "model": "ours"})
        assert answer.status_code == 303
    camera = await Camera.get(id=street.camera.id)
    assert (camera.name, camera.model) == ("改了名", "ours")
