"""What the shell promises on every page: who gets in, what is refused, how failures read."""

import io
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from PIL import Image

from core.files import File
from core.guesses import Guesses
from core.permissions import Grant, Viewer
from core.state import GENERATION, PLUGIN_CHOICE, recall
from tests.web.conftest import PASSWORD, Shell, opened_shell
from web.live import concerns, ids_only


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(out, "JPEG")
    return out.getvalue()


async def test_a_stranger_is_sent_to_the_login_page_and_back_afterwards(shell: Shell) -> None:
    answer = await shell.client.get("/admin/garden/")
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "/admin/login?next=/admin/garden/",
    )
    given = {"username": "admin", "password": PASSWORD}
    answer = await shell.client.post(answer.headers["location"], data=given)
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin/garden/")
    assert (await shell.client.get("/admin/garden/")).text == "a page of the garden"


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/graphql", "/admin/login"]
)
async def test_signing_in_never_leads_out_of_the_admin_pages(shell: Shell, target: str) -> None:
    given = {"username": "admin", "password": PASSWORD}
    answer = await shell.client.post("/admin/login", params={"next": target}, data=given)
    assert answer.headers["location"] == "/admin/"


@pytest.mark.parametrize("username", ["admin", "nobody"])
async def test_a_wrong_password_and_an_unknown_name_read_the_same(
    shell: Shell, username: str
) -> None:
    given = {"username": username, "password": "wrong-password"}
    answer = await shell.client.post("/admin/login", data=given)
    assert answer.status_code == 401
    assert "账号或密码不对。" in answer.text
    assert "liuhe_session" not in answer.cookies


async def test_the_eleventh_wrong_guess_has_to_wait(shell: Shell) -> None:
    given = {"username": "admin", "password": "wrong-password"}
    codes = [(await shell.client.post("/auth/token", json=given)).status_code for _ in range(11)]
    assert codes == [401] * 10 + [429]
    right = await shell.client.post("/auth/token", json={**given, "password": PASSWORD})
    assert right.status_code == 429
    assert int(right.headers["retry-after"]) > 0


async def test_security_lifts_the_pause_of_a_colleague(shell: Shell) -> None:
    wrong = {"username": "grid", "password": "wrong-password"}
    for _ in range(10):
        await shell.client.post("/admin/login", data=wrong)
    refused = await shell.sign_in("grid")
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    await shell.sign_in("security")
    key = (await Guesses.get(kind="pair")).key
    given = {"key": key, "csrf": shell.csrf()}
    assert key in (await shell.client.get("/admin/people/paused")).text
    await shell.client.post("/admin/people/paused/lift", data=given)
    assert (await shell.sign_in("grid")).status_code == 303


@pytest.mark.parametrize("username", ["\0", "admin\0", "长" * 300])
async def test_an_odd_account_is_a_wrong_one(shell: Shell, username: str) -> None:
    given = {"username": username, "password": "wrong-password"}
    assert (await shell.client.post("/auth/token", json=given)).status_code == 401


async def test_signing_out_ends_the_session_itself(shell: Shell) -> None:
    await shell.sign_in("admin")
    cookie = shell.client.cookies["liuhe_session"]
    await shell.client.post("/admin/logout", data={"csrf": shell.csrf()})
    shell.client.cookies.set("liuhe_session", cookie)
    assert (await shell.client.get("/admin/garden/")).status_code == 303


async def test_a_bearer_token_opens_what_it_may_and_a_bad_one_nothing(shell: Shell) -> None:
    token = await shell.token("admin")
    right = await shell.client.get("/admin/garden/", headers={"authorization": f"Bearer {token}"})
    wrong = await shell.client.get("/admin/garden/", headers={"authorization": "Bearer nonsense"})
    assert (right.status_code, wrong.status_code) == (200, 303)


@pytest.mark.parametrize(
    "body", [b"", b"nonsense", b'{"username": 1, "password": "x"}', b'{"username": "a", "x": 1}']
)
async def test_a_malformed_token_request_is_told_what_to_send(shell: Shell, body: bytes) -> None:
    answer = await shell.client.post("/auth/token", content=body)
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "BAD_USER_INPUT"
    assert '{"username"' in answer.json()["error"]["message"]


async def test_a_write_from_another_site_is_refused(shell: Shell) -> None:
    await shell.sign_in("admin")
    given = {"what": "花", "csrf": shell.csrf()}
    for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
        answer = await shell.client.post("/admin/garden/water", data=given, headers=headers)
        assert answer.status_code == 403
    own = {"origin": "http://testserver", "sec-fetch-site": "same-origin"}
    answer = await shell.client.post("/admin/garden/water", data=given, headers=own)
    assert answer.status_code == 303


@pytest.mark.parametrize("token", ["", "0" * 64])
async def test_a_form_without_its_sessions_token_is_refused(shell: Shell, token: str) -> None:
    await shell.sign_in("admin")
    answer = await shell.client.post("/admin/garden/water", data={"what": "花", "csrf": token})
    assert answer.status_code == 403
    assert "刷新" in answer.text


async def test_what_was_done_is_said_once_on_the_next_page(shell: Shell) -> None:
    await shell.sign_in("admin")
    await shell.client.post("/admin/garden/water", data={"what": "月季", "csrf": shell.csrf()})
    assert "浇了月季。" in (await shell.client.get("/admin/")).text
    assert "浇了月季。" not in (await shell.client.get("/admin/")).text


async def test_every_answer_carries_the_security_headers(shell: Shell) -> None:
    await shell.sign_in("admin")
    for path in ("/admin/", "/admin/nowhere", "/healthz", "/graphql", "/static/liuhe.css"):
        headers = (await shell.client.get(path)).headers
        assert "default-src 'none'" in headers["content-security-policy"], path
        assert "unsafe" not in headers["content-security-policy"], path
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["x-request-id"], path


async def test_a_defect_shows_no_word_of_itself_but_the_number_to_look_up(shell: Shell) -> None:
    await shell.sign_in("admin")
    answer = await shell.client.get("/admin/garden/broken")
    assert answer.status_code == 500
    assert "secret text" not in answer.text
    assert "ValueError" not in answer.text


async def test_a_person_at_an_open_page_reads_a_page_and_programs_read_json(shell: Shell) -> None:
    person = await shell.client.get("/garden/nowhere", headers={"accept": "text/html,*/*"})
    assert (person.status_code, "没有这个页面" in person.text) == (404, True)
    assert "/admin/" not in person.text.split("</header>")[1]  # nothing that leads to a login
    program = await shell.client.get("/garden/nowhere")
    assert program.json()["error"]["code"] == "NOT_FOUND"


async def test_an_unknown_address_is_a_page_for_people_and_json_for_programs(shell: Shell) -> None:
    await shell.sign_in("admin")
    page = await shell.client.get("/admin/nowhere")
    program = await shell.client.get("/nowhere")
    assert (page.status_code, program.status_code) == (404, 404)
    assert "<html" in page.text
    assert program.json()["error"]["code"] == "NOT_FOUND"


async def test_htmx_gets_a_notice_in_the_place_for_notices(shell: Shell) -> None:
    await shell.sign_in("admin")
    answer = await shell.client.get("/admin/garden/mend", headers={"hx-request": "true"})
    assert answer.status_code == 422
    assert answer.headers["hx-retarget"] == "#flash"
    assert "请换一个颜色。" in answer.text
    assert "<html" not in answer.text


async def test_a_body_over_the_limit_is_refused_whether_announced_or_not(shell: Shell) -> None:
    await shell.sign_in("admin")

    async def endless():
        for _ in range(70):
            yield b"x" * 1_000_000

    declared = await shell.client.post(
        "/files", headers={"content-length": "70000000"}, content=b""
    )
    streamed = await shell.client.post(
        "/files", content=endless(), headers={"content-type": "multipart/form-data; boundary=b"}
    )
    assert (declared.status_code, streamed.status_code) in {(413, 413), (413, 400), (413, 422)}


async def test_a_menu_shows_only_what_the_person_may(shell: Shell) -> None:
    await shell.sign_in("grid")
    assert "/admin/garden/" not in (await shell.client.get("/admin/")).text
    assert (await shell.client.get("/admin/plugins")).status_code == 403
    await shell.sign_in("admin")
    assert "/admin/garden/" in (await shell.client.get("/admin/")).text


async def upload(shell: Shell, content: bytes) -> httpx2.Response:
    files = {"file": ("a.jpg", content, "image/jpeg")}
    return await shell.client.post("/files", files=files, data={"csrf": shell.csrf()})


async def test_an_uploaded_picture_is_withheld_from_everyone_until_it_is_blurred(
    shell: Shell,
) -> None:
    await shell.sign_in("grid")
    answer = await upload(shell, picture())
    assert answer.status_code == 201
    stored = await File.get(id=answer.json()["id"])
    assert stored.state == "waiting"
    assert (await shell.client.get(f"/files/{stored.id}")).status_code == 404


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"<html>", b"%PDF-1.7"])
async def test_what_is_not_a_picture_is_refused_by_its_content(
    shell: Shell, content: bytes
) -> None:
    await shell.sign_in("grid")
    answer = await upload(shell, content)
    assert answer.status_code == 422
    assert await File.all().count() == 0


async def test_readiness_tells_the_truth_about_the_database(shell: Shell) -> None:
    assert (await shell.client.get("/healthz")).text == "ok\n"
    answer = await shell.client.get("/readyz")
    assert (answer.status_code, answer.json()["ready"]) == (200, True)
    assert b"liuhe_http_requests" in (await shell.client.get("/metrics")).content


async def test_switching_a_plugin_off_is_stored_and_asks_for_a_new_start(shell: Shell) -> None:
    await shell.sign_in("admin")
    given = {"name": "garden", "state": "off", "csrf": shell.csrf()}
    answer = await shell.client.post("/admin/plugins/switch", data=given)
    assert answer.status_code == 303
    assert (await recall(PLUGIN_CHOICE), await recall(GENERATION)) == (["garden"], 1)


async def test_switching_an_unknown_plugin_changes_nothing(shell: Shell) -> None:
    await shell.sign_in("admin")
    given = {"name": "nonsense", "state": "off", "csrf": shell.csrf()}
    assert (await shell.client.post("/admin/plugins/switch", data=given)).status_code == 404
    assert await recall(PLUGIN_CHOICE) is None


async def test_live_events_reach_only_those_whom_they_concern(shell: Shell) -> None:
    from core.house import house
    from core.people import Person
    from core.viewers import load_viewer

    grid = await load_viewer(await Person.get(username="grid"), house().roster)
    here = grid.grants[0].area_path
    assert concerns(grid, "files.seen", {"area_path": f"{here}7."})
    assert not concerns(grid, "files.seen", {"area_path": "9."})
    assert not concerns(grid, "files.seen", {"area_path": "", "unit_id": 3})
    assert not concerns(grid, "trees.felled", {"area_path": f"{here}7."}), "no permission of trees"
    told = {"case_id": 4, "title": "x", "area_path": "1.", "person_id": 7, "also_unit_ids": [3]}
    assert ids_only(told) == {"case_id": 4}


def test_a_unit_hears_of_what_it_has_or_takes_part_in() -> None:
    grant = Grant(role="handler", names=frozenset({"files.see"}), reach="unit", unit_id=3)
    who = Viewer(person_id=1, username="h", name="h", grants=(grant,))
    for told, hears in (
        ({"unit_id": 3}, True),
        ({"unit_id": 4, "also_unit_ids": [5, 3]}, True),
        ({"unit_id": None, "also_unit_ids": [3]}, True),
        ({"unit_id": 4, "also_unit_ids": [5]}, False),
        ({"unit_id": None}, False),
        ({}, False),
    ):
        assert concerns(who, "files.seen", {"area_path": "1.", **told}) == hears, told


async def test_a_front_end_elsewhere_may_sign_in_only_from_an_allowed_origin(
    kernel_on: Any,
) -> None:
    async with kernel_on(found=[]) as kernel:
        allowed = {"allowed_origins": ("https://front.example",)}
        settings = kernel.settings.model_copy(update=allowed)
        async with opened_shell(replace(kernel, settings=settings)) as shell:
            for origin, expected in (
                ("https://front.example", "https://front.example"),
                ("https://evil.example", None),
            ):
                answer = await shell.client.options(
                    "/auth/token",
                    headers={"origin": origin, "access-control-request-method": "POST"},
                )
                assert answer.headers.get("access-control-allow-origin") == expected
                assert "access-control-allow-credentials" not in answer.headers
