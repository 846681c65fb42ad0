"""Devices of GB/T 28181 over GraphQL: as the pages show them, to whom, and never a password."""

from collections.abc import Callable
from typing import Any

from liuhe.graphql import global_id
from plugins.video import actions
from plugins.video.models import Channel
from tests.factories import only
from tests.plugins.cases.test_graphql import Asking
from tests.plugins.video.conftest import Street, make_camera
from tests.plugins.video.test_devices import BRIDGE, GATE, RECORDER, channel, presence, street, tell

__all__ = ["street"]
pytestmark = only("sqlite")

DEVICES = """{ nationalDevices(first: 10) { totalCount edges { node { id name code online open
  address registeredAt heardAt cataloguedAt complete trouble channelCount } } } }"""
CHANNELS = """query ($id: ID!, $first: Int, $after: String) {
  nationalChannels(deviceId: $id, first: $first, after: $after) { totalCount
    pageInfo { hasNextPage endCursor }
    edges { node { code name online longitude latitude camera { name } } } } }"""
ONE = "query ($id: ID!) { nationalDevice(id: $id) { code } node(id: $id) { id } }"


async def test_a_device_and_its_catalogue_are_told_without_its_password(street: Street) -> None:
    asking = Asking(street.kernel)
    device, password = await actions.add_device(street.admin, "小河街道录像机", RECORDER)
    (edge,) = (await asking.ask(street.admin, DEVICES))["nationalDevices"]["edges"]
    assert (edge["node"]["online"], edge["node"]["registeredAt"]) == (False, None)
    await make_camera(street.admin, street.area, name="桥头", code=BRIDGE)
    await tell(street, presence(channel(BRIDGE, "桥"), channel(GATE, "大门", online=False)))
    answer = await asking.ask(street.admin, DEVICES)
    (edge,) = answer["nationalDevices"]["edges"]
    node = edge["node"]
    assert (node["name"], node["code"]) == ("小河街道录像机", RECORDER)
    assert (node["open"], node["complete"], node["trouble"]) == (True, True, "")
    assert node["channelCount"] == 2
    id = global_id("NationalDevice", device.id)
    first = await asking.ask(street.admin, CHANNELS, id=id, first=1)
    page = first["nationalChannels"]
    assert (page["totalCount"], page["pageInfo"]["hasNextPage"]) == (2, True)
    assert page["edges"][0]["node"]["camera"] == {"name": "桥头"}
    after = page["pageInfo"]["endCursor"]
    rest = await asking.ask(street.admin, CHANNELS, id=id, first=5, after=after)
    (left,) = rest["nationalChannels"]["edges"]
    assert (left["node"]["code"], left["node"]["camera"]) == (GATE, None)
    text = asking.schema.as_str()
    assert password not in str(answer)
    assert "sealedPassword" not in text


async def test_only_who_manages_the_whole_districts_cameras_is_told(street: Street) -> None:
    asking = Asking(street.kernel)
    device, _ = await actions.add_device(street.admin, "录像机", RECORDER)
    id = global_id("NationalDevice", device.id)
    assert (await asking.ask(street.admin, ONE, id=id))["nationalDevice"] == {"code": RECORDER}
    for name in ("dispatcher", "supervisor", "grid", "auditor", "stranger"):
        viewer = street.viewers[name]
        found = (await asking.ask(viewer, DEVICES))["nationalDevices"]
        assert found == {"totalCount": 0, "edges": []}, name
        assert await asking.ask(viewer, ONE, id=id) == {"nationalDevice": None, "node": None}
        refused = await asking.run(viewer, CHANNELS, id=id)
        assert refused.errors is not None
        assert refused.errors[0].extensions == {"code": "NOT_FOUND"}, name


async def test_devices_and_channels_cost_the_same_with_one_and_with_three(
    street: Street, count_queries: Callable[[], Any]
) -> None:
    asking, counts = Asking(street.kernel), []
    owner, _ = await actions.add_device(street.admin, "录像机", RECORDER)
    for number in range(3):
        if number:
            await actions.add_device(
                street.admin, f"录像机 {number}", f"{RECORDER[:-1]}{number + 1}"
            )
        await Channel.create(device=owner, code=f"{GATE[:-1]}{number + 1}", name=f"{number}")
        with count_queries() as queries:
            await asking.ask(street.admin, DEVICES)
            await asking.ask(street.admin, CHANNELS, id=global_id("NationalDevice", owner.id))
        counts.append(len(queries))
    assert counts[0] == counts[2], counts
