"""Documents of a case: kept by who works on it, seen by nobody else, served as a stranger's."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from core.audit import AuditRow
from core.people import Person, open_session
from core.stores import folder
from liuhe import BadInput, File, Forbidden, NotFound, Viewer, atomic, attach, store_upload
from liuhe.testing import a_night, removed
from plugins.cases.actions.documents import (
    MOST,
    add_document,
    documents_of,
    forget_documents,
    remove_document,
)
from plugins.cases.models import Case
from tests.core.test_documents import PDF, docx
from tests.factories import only
from tests.plugins.cases.conftest import District, picture
from tests.web.conftest import Shell, opened_shell
from web.session import COOKIE


@asynccontextmanager
async def browser(place: District, viewer: Viewer) -> AsyncIterator[Shell]:
    async with opened_shell(place.kernel) as shell:
        token, _ = await open_session(await Person.get(id=viewer.person_id), "browser")
        shell.client.cookies.set(COOKIE, token)
        yield shell


async def test_who_works_on_a_case_adds_reads_and_removes_a_document(place: District) -> None:
    case = await place.at("signed")
    async with browser(place, place.handler) as shell:
        path = f"/admin/cases/{case.id}/documents"
        files = {"document": ("../许可证.PDF", PDF, "text/html")}
        answer = await shell.client.post(path, data={"csrf": shell.csrf()}, files=files)
        assert answer.status_code == 303
        file = await File.get(keeper="cases.documents")
        assert (file.name, file.state, file.subject) == ("许可证.pdf", "ready", str(case.id))
        assert "许可证.pdf" in (await shell.client.get(f"/admin/cases/{case.id}")).text
        got = await shell.client.get(f"/files/{file.id}")
        assert got.content == PDF
        assert got.headers["content-type"] == "application/octet-stream"
        assert got.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%E8")
        assert got.headers["content-security-policy"] == "sandbox; default-src 'none'"
        assert got.headers["x-content-type-options"] == "nosniff"
        assert await AuditRow.filter(action="files.read").exists()
        given = {"csrf": shell.csrf(), "file": str(file.id)}
        assert (await shell.client.post(f"{path}/remove", data=given)).status_code == 303
        assert (await shell.client.get(f"/files/{file.id}")).status_code == 404
    await removed()
    assert [one for one in folder().rglob("*") if one.is_file() and one.read_bytes() == PDF] == []
    kinds = await AuditRow.filter(action__startswith="cases.document").order_by("seq")
    assert [row.action for row in kinds] == ["cases.document_added", "cases.document_removed"]


async def test_nobody_else_sees_that_there_is_one(place: District) -> None:
    case = await place.at("signed")
    file = await add_document(place.handler, case.id, docx(), "合同.docx")
    reporter = await place.open(viewer=place.resident)
    for viewer, status in ((place.far_grid, 404), (place.other_handler, 404), (place.admin, 200)):
        async with browser(place, viewer) as shell:
            page = await shell.client.get(f"/admin/cases/{case.id}")
            assert page.status_code == status
            assert "合同" not in page.text
            assert (await shell.client.get(f"/files/{file.id}")).status_code == 404
    with pytest.raises(Forbidden):
        await add_document(place.resident, reporter.id, PDF, "a.pdf")
    with pytest.raises(NotFound):
        await add_document(place.far_grid, case.id, PDF, "a.pdf")
    with pytest.raises(NotFound):
        await remove_document(place.handler, (await place.at("signed")).id, str(file.id))
    assert await documents_of(place.admin, await Case.get(id=case.id).select_related("area")) == []


@only("sqlite")
async def test_what_is_refused_is_said_on_the_page_and_nothing_is_kept(place: District) -> None:
    case = await place.at("signed")
    async with browser(place, place.handler) as shell:
        for content in (b"<html>", picture(), b"MZ\x90\0", PDF + b"x" * 10_000_000):
            files = {"document": ("a.pdf", content, "application/pdf")}
            path = f"/admin/cases/{case.id}/documents"
            answer = await shell.client.post(path, data={"csrf": shell.csrf()}, files=files)
            assert answer.status_code == 303
        assert "文件不能超过 10 MB" in (await shell.client.get(f"/admin/cases/{case.id}")).text
    assert await File.filter(keeper="cases.documents").count() == 0


async def test_pictures_and_documents_do_not_take_each_others_place(place: District) -> None:
    case = await place.at("signed")
    document = await add_document(place.handler, case.id, PDF, "a.pdf")
    await File.filter(id=document.id).update(keeper="", subject="")
    photo = await store_upload(picture(), place.handler)
    for id, keeper in ((document.id, "cases"), (photo.id, "cases.documents")):
        with pytest.raises(BadInput, match="分开"):
            await atomic(attach)([str(id)], place.handler, keeper=keeper, subject=str(case.id))


@only("sqlite")
async def test_a_case_takes_so_many_documents_and_loses_them_with_its_pictures(
    place: District, count_queries: Any
) -> None:
    case = await place.at("signed")
    await add_document(place.handler, case.id, PDF, "0.pdf")
    held = await Case.get(id=case.id).select_related("area")
    with count_queries() as one:
        await documents_of(place.handler, held)
    for n in range(1, MOST):
        await add_document(place.handler, case.id, PDF, f"{n}.pdf")
    with count_queries() as many:
        assert len(await documents_of(place.handler, held)) == MOST
    assert len(one) == len(many)
    with pytest.raises(BadInput, match=str(MOST)):
        await add_document(place.handler, case.id, PDF, "more.pdf")
    await forget_documents([case.id])
    await a_night()
    assert await File.filter(keeper="cases.documents").count() == 0
