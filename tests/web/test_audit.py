"""The shell writes down who came and went, who chose plugins, and who was shown a file."""

from core.audit import AuditRow
from core.discovery import Found
from core.files import Keeper, store_blurred
from core.people import Person, Session
from tests.audit import audited, last_details
from tests.factories import only, plugin
from tests.web.conftest import Shell, opened_shell, people
from tests.web.test_shell import picture

pytestmark = only("sqlite")


async def person_id(name: str) -> int:
    return int((await Person.get(username=name)).id)


async def test_coming_and_going_is_recorded_with_the_session_and_the_request(shell: Shell) -> None:
    await shell.sign_in("admin")
    session = await Session.get()
    await shell.client.post("/admin/logout", data={"csrf": shell.csrf()})
    me = await person_id("admin")
    assert await audited() == [
        ("people.sign_in", me, [f"core.Person {me}"]),
        ("people.sign_out", me, [f"core.Person {me}"]),
    ]
    rows = await AuditRow.all()
    assert {row.session_id for row in rows} == {session.id}
    assert all(row.remote == "127.0.0.1" and len(row.request) == 12 for row in rows)


async def test_a_token_for_a_program_is_a_sign_in_too(shell: Shell) -> None:
    await shell.token("admin")
    assert await last_details() == {"by": "api"}


async def test_a_failed_sign_in_names_the_account_and_keeps_nothing_that_was_typed(
    shell: Shell,
) -> None:
    for username in ("admin", "my-secret-password"):
        given = {"username": username, "password": "wrong-password"}
        await shell.client.post("/auth/token", json=given)
    me = await person_id("admin")
    assert await audited() == [
        ("people.sign_in_failed", None, [f"core.Person {me}"]),
        ("people.sign_in_failed", None, []),
    ]
    assert [row.details for row in await AuditRow.all()] == [{}, {}]


async def test_switching_a_plugin_is_recorded_with_what_changed(shell: Shell) -> None:
    await shell.sign_in("admin")
    given = {"csrf": shell.csrf(), "name": "garden", "state": "off"}
    await shell.client.post("/admin/plugins/switch", data=given)
    assert (await audited())[-1] == ("plugins.choose", await person_id("admin"), [])
    assert await last_details() == {"switched_off": ["garden"], "switched_on": []}


async def test_a_served_file_is_recorded_with_what_it_belongs_to(kernel_on) -> None:
    async def everybody(viewer, file) -> bool:
        return True

    keepers = [Keeper(kind="garden", may_see=everybody, about="garden.Tree")]
    found: list[Found] = [plugin("garden", add_keepers=keepers)]
    async with kernel_on(found=found) as kernel, opened_shell(kernel) as shell:
        await people()
        file = await store_blurred(picture(), keeper="garden", subject="7")
        await shell.sign_in("grid")
        for _ in range(2):
            assert (await shell.client.get(f"/files/{file.id}")).status_code == 200
        entry = ("files.read", await person_id("grid"), [f"core.File {file.id}", "garden.Tree 7"])
        assert await audited("files.read") == [entry]


async def test_what_cannot_be_written_down_is_not_shown(kernel_on, monkeypatch) -> None:
    async def everybody(viewer, file) -> bool:
        return True

    async def broken(*_: object) -> None:
        raise OSError("disk full")

    found = [plugin("garden", add_keepers=[Keeper(kind="garden", may_see=everybody)])]
    async with kernel_on(found=found) as kernel, opened_shell(kernel) as shell:
        await people()
        file = await store_blurred(picture(), keeper="garden", subject="7")
        await shell.sign_in("grid")
        monkeypatch.setattr("core.audit._append", broken)
        assert (await shell.client.get(f"/files/{file.id}")).status_code == 500
