"""The interface with client libraries of others, over a socket, on both engines."""

import asyncio
from typing import Any
from xml.etree import ElementTree

import requests
from georeport import GeoReport

from core.files import File, put_blurred
from plugins.cases.models import Case, Evidence
from tests.factories import only
from tests.plugins.open311.conftest import POINT, WORDS, Port, picture

#: The elements of each answer, as the specification lists them.
SERVICE = "service_code service_name description metadata type keywords group"
REQUEST = (
    "service_request_id status status_notes service_name service_code description "
    "agency_responsible service_notice requested_datetime updated_datetime expected_datetime "
    "address address_id zipcode lat long media_url"
)
ATTRIBUTE = "variable code datatype required datatype_description order description values"


def elements(content: bytes, path: str) -> list[str]:
    found = ElementTree.fromstring(content).find(path)
    assert found is not None, content
    return [one.tag for one in found]


async def test_a_client_library_reads_what_another_program_reported(port: Port) -> None:
    case = await port.sent()
    await port.sent({"description": "第二件"})

    def read(base: str, form: str) -> tuple[Any, ...]:
        client = GeoReport(base, output_format=form)
        many = client.get_service_requests(service_code="0102", status="open")
        return (
            client.get_service_list(),
            client.get_service_definition("0406"),
            many,
            client.get_service_request(case.number),
        )

    async with port.served() as base:
        read_in = {form: await asyncio.to_thread(read, base, form) for form in ("json", "xml")}
    for found in read_in.values():
        check(case.number, *found)


def check(number: str, services: Any, definition: Any, many: Any, one: Any) -> None:
    assert [service["service_code"] for service in services] == ["0102", "0406", "0505"]
    assert [service["type"] for service in services] == ["realtime", "realtime", "batch"]
    assert definition["service_code"] == "0406"
    assert len(many) == 2
    assert (one["service_request_id"], one["status"]) == (number, "open")
    assert (str(one["lat"]), str(one["long"])) == ("30.312", "120.112")


@only("sqlite")
async def test_the_elements_are_those_of_the_specification(port: Port) -> None:
    case = await port.sent()
    for path, place, wanted in (
        ("services.xml", "service", SERVICE),
        ("services/0406.xml", "attributes/attribute", ATTRIBUTE),
        ("services/0406.xml", "attributes/attribute/values/value", "key name"),
        ("requests.xml", "request", REQUEST),
        (f"requests/{case.number}.xml", "request", REQUEST),
        ("discovery.xml", "endpoints/endpoint", "specification url changeset type formats"),
        ("requests/none.xml", "error", "code description"),
    ):
        answer = await port.get(path)
        assert answer.headers["content-type"] == "text/xml; charset=utf-8"
        assert answer.content.startswith(b"<?xml version='1.0' encoding='utf-8'?>")
        assert elements(answer.content, place) == wanted.split(), path
        same = (await port.get(path.replace(".xml", ".json"))).json()
        root = ElementTree.fromstring(answer.content)
        assert len(same if isinstance(same, list) else same.keys()) == len(root), path


async def test_a_report_with_a_photograph_over_a_socket(port: Port) -> None:
    async with port.served() as base:

        def send() -> requests.Response:
            fields = {"api_key": port.key, "service_code": "0102", "description": WORDS, **POINT}
            files = {"media": ("脸.png", picture(), "image/png")}
            return requests.post(f"{base}/requests.xml", data=fields, files=files, timeout=10)

        answer = await asyncio.to_thread(send)
    assert answer.status_code == 200, answer.text
    assert elements(answer.content, "request") == [
        "service_request_id",
        "service_notice",
        "account_id",
    ]
    number = ElementTree.fromstring(answer.content).findtext("request/service_request_id")
    case = await Case.get(number=number).select_related("area")
    assert (case.area.name, case.source, case.description) == ("仓基社区", "resident", WORDS)
    evidence = await Evidence.get(case_id=case.id)
    file = await File.get(id=evidence.file_id)
    assert (file.state, file.keeper) == ("waiting", "cases")
    await put_blurred(str(file.id), picture("grey"))
    assert (await port.get(f"requests/{number}.json")).json()[0]["media_url"] is None
