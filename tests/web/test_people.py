"""The pages of accounts and units, as security and the administrator use them."""

import re
from urllib.parse import unquote

import pytest

from core.areas import Area
from core.people import Person, Post, Session, Unit
from core.testing import make_area, make_unit, make_viewer
from tests.web.conftest import Shell

OWN = "自己的 新密码 78"


async def new_person(shell: Shell, username: str = "lisi") -> tuple[int, str]:
    """An account made by security; its number and start password."""
    await shell.sign_in("security")
    given = {"name": "李四", "username": username, "csrf": shell.csrf()}
    answer = await shell.client.post("/admin/people/new", data=given)
    assert answer.status_code == 201, answer.text
    found = re.search(r'<code class="strong">([\w-]+)</code>', answer.text)
    assert found is not None
    return (await Person.get(username=username)).id, found[1]


async def test_from_a_new_account_to_the_first_day_at_work(shell: Shell) -> None:
    number, start = await new_person(shell)
    street = (await Post.get(role="grid")).area_id
    given = {"role": "grid", "area": str(street), "csrf": shell.csrf()}
    answer = await shell.client.post(f"/admin/people/{number}/posts", data=given)
    assert answer.status_code == 303
    assert "小河街道 · 社区网格员" in (await shell.client.get(f"/admin/people/{number}")).text
    shell.client.cookies.clear()
    given = {"username": "lisi", "password": start}
    assert (await shell.client.post("/auth/token", json=given)).status_code == 403
    answer = await shell.client.post("/admin/login", data=given)
    assert answer.headers["location"].startswith("/admin/login/password")
    assert (await shell.client.get("/admin/")).status_code == 303
    for new in (start, "short", "lisi-12345678"):
        given = {"new": new, "again": new}
        assert (await shell.client.post("/admin/login/password", data=given)).status_code == 422
    given = {"new": OWN, "again": OWN}
    answer = await shell.client.post("/admin/login/password", data=given)
    assert answer.headers["location"] == "/admin/"
    assert (await shell.client.get("/admin/")).status_code == 200
    assert await Session.filter(person_id=number).count() == 1


async def test_the_list_is_searched_and_paged(shell: Shell) -> None:
    for at in range(25):
        await Person.create(username=f"new{at:02}", name=f"新{at:02}", password="!")
    await shell.sign_in("security")
    first = (await shell.client.get("/admin/people")).text
    assert "/admin/people/new" in first
    assert "new17" in first
    assert "new18" not in first
    link = re.search(r'href="([^"]*after=[^"]*)"', first)
    assert link is not None
    second = (await shell.client.get(link[1].replace("&amp;", "&"))).text
    assert "new18" in second
    assert "new17" not in second
    found = (await shell.client.get("/admin/people?q=新03")).text
    assert "new03" in found
    assert "new04" not in found


async def test_a_forbidden_pair_of_duties_is_explained_on_the_page(shell: Shell) -> None:
    number = (await Person.get(username="admin")).id
    await shell.sign_in("security")
    given = {"role": "auditor", "area": str((await Post.get(role="admin")).area_id)}
    answer = await shell.client.post(
        f"/admin/people/{number}/posts", data={**given, "csrf": shell.csrf()}
    )
    assert answer.status_code == 409
    assert "要由不同的人担任" in answer.text


async def test_security_finds_no_forms_on_its_own_page_and_may_not_post_them(shell: Shell) -> None:
    number = (await Person.get(username="security")).id
    await shell.sign_in("security")
    text = (await shell.client.get(f"/admin/people/{number}")).text
    assert f"/admin/people/{number}/" not in text
    given = {"what": "off", "csrf": shell.csrf()}
    answer = await shell.client.post(f"/admin/people/{number}/act", data=given)
    assert answer.status_code == 403


async def test_a_deputy_is_arranged_and_a_post_ended(shell: Shell) -> None:
    number, _ = await new_person(shell)
    post = await Post.get(role="grid")
    given = {"stands_in_for": str(post.id), "csrf": shell.csrf()}
    answer = await shell.client.post(f"/admin/people/{number}/posts", data=given)
    assert (answer.status_code, "代班到哪一天" in answer.text) == (422, True)
    given["valid_until"] = "2999-12-31"
    answer = await shell.client.post(f"/admin/people/{number}/posts", data=given)
    assert answer.status_code == 303
    text = (await shell.client.get(f"/admin/people/{number}")).text
    assert "（代）" in text
    assert "2999-12-31" in text
    mine = await Post.get(person_id=number)
    given = {"post": str(mine.id), "csrf": shell.csrf()}
    await shell.client.post(f"/admin/people/{number}/posts/end", data=given)
    assert "已结束" in (await shell.client.get(f"/admin/people/{number}")).text


async def test_who_forgot_the_password_gets_a_new_start_password(shell: Shell) -> None:
    number, start = await new_person(shell)
    given = {"what": "password", "csrf": shell.csrf()}
    answer = await shell.client.post(f"/admin/people/{number}/act", data=given)
    assert answer.status_code == 201
    assert start not in answer.text
    given = {"what": "off", "csrf": shell.csrf()}
    await shell.client.post(f"/admin/people/{number}/act", data=given)
    assert not (await Person.get(id=number)).active


@pytest.mark.parametrize("path", ["/admin/people", "/admin/people/1", "/admin/people/new"])
async def test_accounts_are_securitys_alone(shell: Shell, path: str) -> None:
    await shell.sign_in("admin")
    assert (await shell.client.get(path)).status_code == 403


async def test_units_are_the_administrators(shell: Shell) -> None:
    await shell.sign_in("security")
    assert (await shell.client.get("/admin/units")).status_code == 403
    await shell.sign_in("admin")
    area = (await Post.get(role="grid")).area_id
    given = {"name": "环卫所", "code": "huanwei", "area": str(area), "csrf": shell.csrf()}
    answer = await shell.client.post("/admin/units/new", data=given)
    assert unquote(answer.headers["location"]) == "/admin/units"
    assert "环卫所" in (await shell.client.get("/admin/units")).text
    again = await shell.client.post("/admin/units/new", data=given)
    assert (again.status_code, "已经有了" in again.text) == (422, True)
    unit = await Unit.get(code="huanwei")
    given = {"name": "区环卫所", "csrf": shell.csrf()}
    await shell.client.post(f"/admin/units/{unit.id}", data=given)
    await unit.refresh_from_db()
    assert (unit.name, unit.active) == ("区环卫所", False)


async def test_over_a_street_one_is_offered_only_people_units_and_areas_of_it(shell: Shell) -> None:
    district = await Area.get(level="district")
    here = await Area.get(level="street")
    there = await make_area("330105004000", "和睦街道", "street", district)
    await make_unit("far", "和睦环卫所", there)
    await make_viewer("远处的人", "grid", area=there)
    both = await make_viewer("两处的人", "grid", area=there)
    await Post.create(person_id=both.person_id, role="resident")
    await Post.filter(person__username="security").update(area=here)
    number = (await Person.get(username="grid")).id
    await shell.sign_in("security")
    page = (await shell.client.get(f"/admin/people/{number}")).text
    assert "小河街道" in page
    for elsewhere in ("和睦", "远处的人", "两处的人"):
        assert elsewhere not in page
    listed = (await shell.client.get("/admin/people")).text
    assert "两处的人" not in listed
    assert (await shell.client.get(f"/admin/people/{both.person_id}")).status_code == 404


async def test_over_a_street_nothing_of_the_whole_district_is_in_the_menu(shell: Shell) -> None:
    street, district = await Area.get(level="street"), await Area.get(level="district")
    for area, status in ((street, 403), (district, 200)):
        await Post.filter(person__username="admin").update(area=area)
        await shell.sign_in("admin")
        home = (await shell.client.get("/admin/")).text
        for address in ("/admin/plugins", "/admin/jobs"):
            assert (f'href="{address}"' in home) == (status == 200)
            assert (await shell.client.get(address)).status_code == status


async def test_who_keeps_a_street_is_offered_nothing_beyond_it(shell: Shell) -> None:
    street = await Area.get(level="street")
    other = await make_area("330105999", "拱宸桥街道", "street", await Area.get(level="district"))
    await make_unit("yuan", "远处的单位", other)
    await make_viewer("far-grid", "grid", area=other)
    await make_viewer("near-grid", "grid", area=street)
    admin = await Person.get(username="admin")
    local = await Person.create(username="local", name="街道安全", password=admin.password)
    await Post.create(person=local, role="security", area=street)
    await shell.sign_in("local")
    number = (await Person.get(username="grid")).id
    text = (await shell.client.get(f"/admin/people/{number}")).text
    for shown, name in (
        (True, "near-grid"),
        (True, "小河街道"),
        (False, "far-grid"),
        (False, "拱宸桥街道"),
        (False, "远处的单位"),
    ):
        assert (name in text) == shown, name


async def test_a_name_is_corrected_and_a_blank_one_is_not_kept(shell: Shell) -> None:
    number, _ = await new_person(shell)
    given = {"name": "李思", "csrf": shell.csrf()}
    answer = await shell.client.post(f"/admin/people/{number}/name", data=given)
    assert answer.status_code == 303
    answer = await shell.client.post(f"/admin/people/{number}/name", data={**given, "name": " "})
    assert (answer.status_code, "请填写姓名" in answer.text) == (422, True)
    assert (await Person.get(id=number)).name == "李思"


async def test_a_unit_without_anybody_shows_in_the_list(shell: Shell) -> None:
    unit = await make_unit("empty", "空着的单位", await Area.get(level="district"))
    await shell.sign_in("admin")
    assert "没有人" in (await shell.client.get("/admin/units")).text
    await make_viewer("hand", "handler", unit=unit)
    text = (await shell.client.get("/admin/units")).text
    assert ("没有人" in text, "1 人" in text) == (False, True)
