"""Reports by other programs: taken once, bounded, and refused in words of the specification."""

import asyncio
from typing import Any
from xml.etree import ElementTree

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.audit import AuditRow
from plugins.cases.actions import reject_case
from plugins.cases.models import Case
from plugins.open311 import actions
from plugins.open311.models import Key, Note, Sending
from plugins.open311.permissions import REACHED_BY
from tests.factories import only
from tests.plugins.open311.conftest import BASE, WORDS, Port, picture
from tests.web.conftest import ORIGIN


async def test_the_same_report_many_times_at_once_is_one_case(port: Port) -> None:
    answers = await asyncio.gather(*(port.post() for _ in range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()[0]["service_request_id"] for answer in answers}) == 1
    assert await Case.all().count() == await Sending.all().count() == 1


async def test_a_key_of_idempotency_gives_the_same_case_and_refuses_other_words(
    port: Port,
) -> None:
    once = {"headers": {"Idempotency-Key": "abc"}}
    first, again = await port.post(**once), await port.post(**once)
    assert first.json()[0]["service_request_id"] == again.json()[0]["service_request_id"]
    other = await port.post({"description": "另一件"}, **once)
    assert (other.status_code, other.json()[0]["code"]) == (409, 409)
    assert await Case.all().count() == 1


@only("sqlite")
async def test_what_is_wrong_is_said_as_the_specification_says_it(port: Port) -> None:
    nowhere = {"lat": "", "long": ""}
    for given_, status, word in (
        ({"api_key": ""}, 403, "api_key"),
        ({"api_key": "wrong"}, 403, "api_key"),
        ({"service_code": ""}, 400, "service_code"),
        ({"service_code": "0101"}, 404, "0101"),
        ({"service_code": "0406"}, 400, "attribute[q1]"),
        ({"service_code": "0406", "attribute[q1]": "腰"}, 400, "鞋底、膝盖"),
        ({"attribute[other]": "x"}, 400, "attribute[other]"),
        (nowhere, 400, "lat"),
        ({"lat": ""}, 400, "一起"),
        ({"lat": "nan"}, 400, "lat"),
        ({"lat": "31.9", "long": "121.9"}, 400, "社区"),
        ({"lat": "95"}, 400, ""),
        ({**nowhere, "address_string": "不知道哪里"}, 400, "社区"),
        ({**nowhere, "address_id": "999"}, 400, "社区"),
        ({"description": ""}, 400, "description"),
        ({"description": "字" * 2_001}, 400, "2000"),
        ({"description": "a\0b"}, 400, "字符"),
        ({"media_url": "file:///etc/passwd"}, 400, "media_url"),
        ({"media_url": "javascript:alert(1)"}, 400, "media_url"),
        ({"phone": "1" * 101}, 400, "phone"),
    ):
        for ending in ("json", "xml"):
            answer = await port.post(given_, path=f"requests.{ending}")
            assert answer.status_code == status, (given_, answer.text)
            if ending == "json":
                (told,) = answer.json()
            else:
                error = ElementTree.fromstring(answer.content).find("error")
                assert error is not None
                told = {"code": int(error.findtext("code") or 0)}
                told["description"] = error.findtext("description") or ""
            assert told["code"] == status
            assert word in told["description"], (given_, told)
    assert await Case.all().count() == 0


@only("sqlite")
async def test_what_is_no_form_and_what_is_no_picture_is_refused(port: Port) -> None:
    json = await port.client.post("/open311/v2/requests.json", json={"api_key": port.key})
    assert json.status_code == 400
    for content in (b"<svg onload=alert(1)>", b"%PDF-1.7", b"MZ\x90"):
        answer = await port.post(files={"media": ("a.jpg", content, "image/jpeg")})
        assert answer.status_code == 400
    many = [("media", (f"{n}.png", picture(), "image/png")) for n in range(4)]
    assert (await port.post(files=many)).status_code == 400
    assert await Case.all().count() == 0


@only("sqlite")
async def test_a_code_of_an_area_places_a_report_and_an_image_address_is_only_kept(
    port: Port,
) -> None:
    code = port.place.community.code
    fields = {"lat": "", "long": "", "address_id": code, "media_url": "http://127.0.0.1:9/x.jpg"}
    answer = await port.post(fields)
    assert answer.status_code == 200, answer.text
    assert "没有下载" in answer.json()[0]["service_notice"]
    sending = await Sending.get().select_related("case")
    assert sending.media_url == "http://127.0.0.1:9/x.jpg"
    assert sending.case.area_id == port.place.community.id
    assert sending.case.longitude is None


@only("sqlite")
async def test_answers_to_what_a_service_asks_stand_in_the_case(port: Port) -> None:
    case = await port.sent({"service_code": "0406", "attribute[q1]": "膝盖"})
    assert case.description == f"{WORDS}\n水有多深：膝盖"


async def test_a_token_stands_for_the_number(port: Port) -> None:
    answer = await port.post({"service_code": "0505"})
    (told,) = answer.json()
    assert "service_request_id" not in told
    found = await port.get(f"tokens/{told['token']}.json")
    case = await Case.get()
    expected = [{"service_request_id": case.number, "token": told["token"]}]
    assert found.json() == expected
    assert (await port.get("tokens/other.xml")).status_code == 404
    assert told["token"] not in str(await Sending.all().values())


class TestFloods:
    @pytest.fixture
    def sections(self) -> dict[str, dict[str, Any]]:
        return {
            "open311": {"most_waiting": 3, "wrong_keys": 3, "reads": 3},
            "residents": {"reports_an_hour_in_all": 50},
        }

    async def test_what_waits_and_what_a_key_sends_are_bounded(self, port: Port) -> None:
        little = await port.make_key(most_an_hour=2)
        codes = [
            (await port.post({"api_key": little, "description": f"{n}"})).status_code
            for n in range(4)
        ]
        assert codes == [200, 200, 429, 429]
        assert (await port.post({"description": "a"})).status_code == 200
        full = await port.post({"description": "b"})
        assert (full.status_code, full.headers["retry-after"]) == (429, "1800")
        assert "12345" in full.json()[0]["description"]
        assert await Case.all().count() == 3

    @only("sqlite")
    async def test_keys_cannot_be_guessed_for_ever(self, port: Port) -> None:
        codes = [(await port.post({"api_key": f"{n}"})).status_code for n in range(5)]
        assert codes == [403, 403, 403, 429, 429]

    async def test_one_address_does_not_look_up_for_ever_and_is_told_when_to_come_again(
        self, port: Port
    ) -> None:
        answers = await asyncio.gather(*(port.get("requests.json") for _ in range(5)))
        assert sorted(one.status_code for one in answers) == [200, 200, 200, 429, 429]
        in_json, in_xml = await port.get("services.json"), await port.get("nothing/at/all.xml")
        assert (in_json.status_code, in_xml.status_code) == (429, 404), "no such address is none"
        in_xml = await port.get("requests/2026.xml")
        for refused in (in_json, in_xml):
            assert refused.status_code == 429
            assert 0 < int(refused.headers["retry-after"]) <= 600
        assert in_json.json()[0]["code"] == 429
        root = ElementTree.fromstring(in_xml.text)
        assert (root.tag, root.findtext("error/code")) == ("errors", "429")
        assert "12345" in (root.findtext("error/description") or "")
        assert (await port.post()).status_code == 200, "what a key sends has bounds of its own"
        elsewhere = httpx2.ASGITransport(app=port.app, client=("10.9.9.9", 1))
        async with httpx2.AsyncClient(transport=elsewhere, base_url=ORIGIN) as other:
            assert (await other.get(f"{BASE}/services.json")).status_code == 200


# ---------------------------------------------------------------------------------- what is public


@only("sqlite")
async def test_nothing_that_somebody_wrote_is_public(port: Port) -> None:
    case = await port.sent(
        {"address_string": "仓基新村 3 幢 201 室", "first_name": "三", "phone": "13900002222"}
    )
    for path in ("requests.json", f"requests/{case.number}.xml", "servicerequestupdates.json"):
        body = (await port.get(path)).text
        for secret in ("张三", "1380000", "1390000", "201 室", "三天", "30.3123", "居民"):
            assert secret not in body, (path, secret)
    (told,) = (await port.get(f"requests/{case.number}.json")).json()
    assert (told["address"], told["description"]) == ("仓基社区，湖墅街道", "垃圾没人清")


@only("sqlite")
async def test_whoever_reported_it_reads_it_whole_and_others_do_not(port: Port) -> None:
    case = await port.sent({"address_string": "仓基新村"})
    path = f"requests/{case.number}.json"
    (own,) = (await port.get(path, api_key=port.key)).json()
    assert (own["description"], own["address"], own["lat"]) == (WORDS, "仓基新村", 30.3123456)
    (other,) = (await port.get(path, api_key=await port.make_key())).json()
    assert other == (await port.get(path)).json()[0]
    assert other["description"] == "垃圾没人清"
    assert (await port.get(path, api_key="wrong")).status_code == 403


@only("sqlite")
async def test_a_rejection_says_who_rejected_and_where_to_turn(port: Port) -> None:
    case = await port.sent()
    await reject_case(port.place.dispatcher, case.id, reason="属于铁路部门，请打 12306。")
    (told,) = (await port.get(f"requests/{case.number}.json")).json()
    assert told["status"] == "closed"
    assert told["status_notes"] == "湖墅街道不予受理。有疑问，或者不同意，请打电话 12345。"
    (own,) = (await port.get(f"requests/{case.number}.json", api_key=port.key)).json()
    assert "属于铁路部门" in own["status_notes"]


@only("sqlite")
async def test_what_officers_found_and_what_is_not_offered_is_as_if_it_were_not_there(
    port: Port,
) -> None:
    found = await port.place.open()
    told = await port.sent()
    await actions.save_service(port.place.admin, "0102", actions.Wish(offered=False))
    for number in (found.number, told.number):
        assert (await port.get(f"requests/{number}.json")).status_code == 404
        listed = await port.get("requests.json", service_request_id=number)
        assert listed.json() == []
    assert (await port.post({"description": "c"})).status_code == 404


@only("sqlite")
async def test_lists_are_filtered_paged_and_bounded(port: Port) -> None:
    cases = [await port.sent({"description": f"{n}"}) for n in range(3)]
    await port.place.go(cases[0], "accepted")
    numbers = [case.number for case in reversed(cases)]

    async def listed(**params: str) -> list[str]:
        answer = await port.get("requests.json", **params)
        assert answer.status_code == 200, answer.text
        return [one["service_request_id"] for one in answer.json()]

    assert await listed() == numbers
    assert await listed(page_size="2") == numbers[:2]
    assert await listed(page_size="2", page="2") == numbers[2:]
    [whole, cut] = [await port.get("requests.json", page_size=n) for n in ("3", "2")]
    assert "link" not in whole.headers
    assert cut.links["next"]["url"] == "/open311/v2/requests.json?page_size=2&page=2"
    assert await listed(service_code="0406") == []
    assert await listed(status="closed") == []
    assert await listed(status="open,closed", service_code="0102,0406") == numbers
    wanted = f"{numbers[0]}, {numbers[2]}"
    assert await listed(service_request_id=wanted, service_code="0406") == [numbers[0], numbers[2]]
    assert await listed(start_date="2020-01-01T00:00:00Z") == []
    for wrong in (
        {"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-04-02T00:00:00Z"},
        {"start_date": "2026-02-01", "end_date": "2026-01-01"},
        {"start_date": "yesterday"},
        {"start_date": "0001-01-01T00:00:00+14:00"},
        {"end_date": "0001-01-01T00:00:00Z"},
        {"status": "done"},
        {"page_size": "501"},
        {"page": "0"},
        {"page": "99999999999999"},
        {"service_request_id": ",".join("1" for _ in range(101))},
        {"service_request_id": "a\0b"},
    ):
        for path in ("requests.json", "servicerequestupdates.json"):
            if path != "requests.json" and not {"start_date", "end_date", "page"} & wrong.keys():
                continue
            assert (await port.get(path, **wrong)).status_code == 400, wrong


async def test_a_list_costs_the_same_for_one_and_for_three(port: Port, count_queries: Any) -> None:
    await port.sent()
    with count_queries() as one:
        await port.get("requests.json")
    for n in range(2):
        await port.sent({"description": f"{n}"})
    with count_queries() as three:
        assert len((await port.get("requests.json")).json()) == 3
    assert len(one) == len(three), three


class TestJurisdiction:
    @pytest.fixture
    def sections(self) -> dict[str, dict[str, Any]]:
        return {"open311": {"jurisdiction": "gongshu.gov.cn"}}

    @only("sqlite")
    async def test_another_jurisdiction_is_not_here(self, port: Port) -> None:
        right, wrong = "gongshu.gov.cn", "sfgov.org"
        assert (await port.get("services.xml", jurisdiction_id=right)).status_code == 200
        assert (await port.get("services.xml")).status_code == 200
        assert (await port.get("services.xml", jurisdiction_id=wrong)).status_code == 404
        assert (await port.post({"jurisdiction_id": wrong})).status_code == 404
        assert (await port.post({"jurisdiction_id": right})).status_code == 200


# ------------------------------------------------------------------------------------------ updates


async def update(port: Port, case: Case, **given_: str) -> Any:
    fields = {"service_request_id": case.number, "update_id": "u1", "status": "open"}
    return await port.post(
        {**fields, "description": "还在", **given_}, path="servicerequestupdates.json"
    )


async def test_what_happened_is_told_as_updates(port: Port) -> None:
    case = await port.sent()
    for stage in ("accepted", "dispatched", "signed", "fed_back", "verified", "closed"):
        case = await port.place.go(case, stage)
    told = (await port.get("servicerequestupdates.json", service_request_id=case.number)).json()
    assert [one["status"] for one in told] == ["open"] * 5 + ["closed"]
    assert told[1]["description"] == "派遣（湖墅环卫所）"
    assert [one["external_status_code"] for one in told][-1] == "closed"
    assert len({one["update_id"] for one in told}) == 6
    params, parts = {"page_size": "4"}, []
    while params:
        answer = await port.get("servicerequestupdates.json", **params)
        parts.append([one["update_id"] for one in answer.json()])
        params = dict(httpx2.URL(answer.links.get("next", {}).get("url", "")).params)
    ids = [one["update_id"] for one in told]
    assert parts == [ids[:4], ids[4:]]
    xml = await port.get("servicerequestupdates.xml")
    assert "link" not in xml.headers
    first = ElementTree.fromstring(xml.content).find("request_update")
    assert first is not None
    assert first.findtext("service_request_id") == case.number
    assert "已清扫" not in xml.text


@only("sqlite")
async def test_an_update_is_kept_once_and_only_by_whoever_reported_it(port: Port) -> None:
    case = await port.sent()
    first, again = await update(port, case), await update(port, case)
    assert (first.status_code, first.json()) == (200, again.json())
    (note,) = await Note.all()
    assert (note.text, note.reopened) == ("还在", False)
    other = await update(port, case, api_key=await port.make_key())
    assert other.status_code == 404
    only_report = await port.make_key(scopes=["report"])
    assert (await update(port, case, api_key=only_report)).status_code == 403
    for wrong in (
        {"update_id": ""},
        {"description": "", "status": ""},
        {"description": "字" * 1001},
    ):
        assert (await update(port, case, **wrong)).status_code == 400


async def test_an_update_that_says_open_has_a_closed_case_taken_up_again(port: Port) -> None:
    case = await port.sent()
    for stage in ("accepted", "dispatched", "signed", "fed_back", "verified", "closed"):
        case = await port.place.go(case, stage)
    assert (await update(port, case)).status_code == 200
    assert (await Note.get()).reopened
    assert (await Case.get(id=case.id)).stage not in ("closed", "rated")
    async with port.as_(port.place.dispatcher) as browser:
        page = await browser.get(f"/admin/cases/{case.id}")
        assert "要求重办" in page.text
        assert "市民热线" in page.text


@only("sqlite")
async def test_which_program_it_was_and_what_a_stranger_linked_is_for_who_deals_with_it(
    port: Port,
) -> None:
    link, later = "http://pictures.example/1.jpg", "http://pictures.example/2.jpg"
    case = await port.sent({"media_url": link})
    for stage in ("accepted", "dispatched"):
        case = await port.place.go(case, stage)
    await update(port, case, media_url=later)
    for who, knows in (("dispatcher", True), ("admin", True), ("handler", False)):
        async with port.as_(getattr(port.place, who)) as browser:
            text = (await browser.get(f"/admin/cases/{case.id}")).text
        assert "经开放接口上报" in text, who
        assert "还在" in text, who
        assert {word in text for word in ("市民热线", link, later)} == {knows}, who
        assert 'href="http://pictures' not in text


# ---------------------------------------------------------------------------------------- contacts


async def test_a_contact_is_sealed_read_with_a_reason_and_only_by_who_may(port: Port) -> None:
    case = await port.sent({"last_name": "王", "phone": "13900002222", "email": "w@example.cn"})
    sending = await Sending.get()
    assert "13900002222" not in str(await Sending.all().values())
    assert REACHED_BY.name == "open311.contact"
    assert sending.contact_id is not None
    path = f"/admin/open311/contact/{case.id}"
    async with port.as_(port.place.dispatcher) as browser:
        assert (await browser.post(path, data={"reason": ""})).status_code == 303
        shown = await browser.post(path, data={"reason": "核实位置"})
        assert "13900002222" in shown.text
        assert "w@example.cn" in shown.text
    for who, status in (("far_dispatcher", 404), ("handler", 403), ("supervisor", 403)):
        async with port.as_(getattr(port.place, who)) as browser:
            answer = await browser.post(path, data={"reason": "看看"})
            assert answer.status_code == status, who
            assert "13900002222" not in answer.text


# -------------------------------------------------------------------------------------------- keys


@only("sqlite")
async def test_a_key_is_kept_as_a_mark_audited_and_ended(port: Port) -> None:
    assert port.key not in str(await Key.all().values())
    key = await Key.get()
    async with port.as_(port.place.admin) as browser:
        page = await browser.post(f"/admin/open311/keys/{key.id}/end")
        assert page.status_code == 303
        assert port.key not in (await browser.get("/admin/open311/")).text
    assert (await port.post()).status_code == 403
    made = await AuditRow.filter(action__in=["open311.key_made", "open311.key_ended"]).count()
    assert made == 2


@only("sqlite")
async def test_only_who_has_the_whole_district_opens_the_interface(port: Port) -> None:
    for who in ("dispatcher", "grid", "handler", "security"):
        async with port.as_(getattr(port.place, who)) as browser:
            for path in ("", "services", "services/0102", "keys/new"):
                assert (await browser.get(f"/admin/open311/{path}")).status_code == 403, who
            given_ = {"name": "x", "scopes": "report", "days": "30", "most": "5"}
            assert (await browser.post("/admin/open311/keys/new", data=given_)).status_code == 403
    assert await Key.all().count() == 1


@only("sqlite")
async def test_a_service_is_set_up_on_its_page(port: Port) -> None:
    asked = {"question1": "多大面积", "datatype1": "number", "required1": "yes"}
    fields = {"offered": "yes", "name": "路坏了", "answering": "realtime", **asked}
    async with port.as_(port.place.admin) as browser:
        wrong = await browser.post(
            "/admin/open311/services/0110", data={**fields, "datatype1": "singlevaluelist"}
        )
        assert wrong.status_code == 422
        assert "多大面积" in wrong.text
        answer = await browser.post("/admin/open311/services/0110", data=fields)
        assert answer.status_code == 303
        assert "路坏了" in (await browser.get("/admin/open311/services")).text
        assert (await browser.get("/admin/open311/services/none")).status_code == 404
    (attribute,) = (await port.get("services/0110.json")).json()["attributes"]
    assert (attribute["code"], attribute["required"], attribute["order"]) == ("q1", True, 1)
    made = await port.sent({"service_code": "0110", "attribute[q1]": "3.5"})
    assert made.description.endswith("多大面积：3.5")


# ------------------------------------------------------------------------------------------ fuzzed

NAMES = st.sampled_from(
    [
        "api_key",
        "service_code",
        "lat",
        "long",
        "address_string",
        "address_id",
        "description",
        "media_url",
        "phone",
        "email",
        "attribute[q1]",
        "attribute[q1][]",
        "attribute[",
        "jurisdiction_id",
        "account_id",
    ]
)


@only("sqlite")
async def test_no_form_breaks_the_interface(port: Port) -> None:
    forms = st.dictionaries(NAMES, st.text(max_size=60), max_size=8)
    tried: list[dict[str, str]] = []

    @settings(max_examples=60, suppress_health_check=list(HealthCheck))
    @given(forms)
    def collect(form: dict[str, str]) -> None:
        tried.append(form)

    collect()
    for form in tried:
        form = {key: value.encode("utf-8", "ignore").decode() for key, value in form.items()}
        answer = await port.post(form)
        assert answer.status_code in (200, 400, 403, 404, 409, 429), (form, answer.text)
