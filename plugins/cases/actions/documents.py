"""文件 documents of a case: a permit, a contract, a list. Nothing in them is blurred.

So only who works on the case sees them, each time they are asked for, and each reading is audited.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from liuhe import (
    BadInput,
    Conflict,
    File,
    NotFound,
    Person,
    Viewer,
    atomic,
    attach,
    demand,
    discard_files,
    may,
    record,
    store_document,
)
from plugins.cases.models import Case
from plugins.cases.permissions import (
    DOCUMENT_ADDED,
    DOCUMENT_REMOVED,
    DOCUMENTS,
    SCOPE,
    may_see,
)

KEEPER = "cases.documents"
MOST = 20


@dataclass(frozen=True, kw_only=True)
class Document:
    """`by`: who added it."""

    file: File
    by: str


async def documents_by_case(case_ids: Sequence[int]) -> dict[int, list[File]]:
    """Of many cases in one query, the oldest first; for cases whose documents may be seen."""
    kept = File.filter(keeper=KEEPER, subject__in=[str(id) for id in case_ids])
    found: dict[int, list[File]] = {}
    for file in await kept.order_by("created_at", "id"):
        found.setdefault(int(file.subject), []).append(file)
    return found


async def documents_of(viewer: Viewer | None, case: Case) -> list[Document]:
    """The oldest first; none for who may not see them. Two queries."""
    if not may(viewer, DOCUMENTS, case, SCOPE):
        return []
    kept = File.filter(keeper=KEEPER, subject=str(case.id)).order_by("created_at", "id")
    files = await kept.limit(MOST)
    names = {row.id: row.name for row in await Person.filter(id__in=_uploaders(files))}
    return [Document(file=file, by=names.get(file.uploader_id or 0, "")) for file in files]


def _uploaders(files: Sequence[File]) -> list[int]:
    return [file.uploader_id for file in files if file.uploader_id]


async def add_document(viewer: Viewer | None, case_id: int, content: bytes, name: str) -> File:
    """Check it, keep it, and give it to the case."""
    who = await demand_documents(viewer, case_id)
    # Before the transaction: nothing waits for a disk inside.
    file = await store_document(content, name, who)
    await _give(who, case_id, file)
    return file


@atomic
async def _give(viewer: Viewer, case_id: int, file: File) -> None:
    case = await _held(viewer, case_id)
    if await File.filter(keeper=KEEPER, subject=str(case.id)).count() >= MOST:
        raise BadInput(f"一件案件最多 {MOST} 份文件。", field="document", reason="too_many")
    await attach([str(file.id)], viewer, keeper=KEEPER, subject=str(case.id))
    await record(viewer, DOCUMENT_ADDED, case, file)


@atomic
async def remove_document(viewer: Viewer | None, case_id: int, file_id: str) -> None:
    """What was added by mistake. The audit keeps that it was there."""
    case = await _held(viewer, case_id)
    kept = await File.filter(keeper=KEEPER, subject=str(case.id)).limit(MOST)
    file = next((one for one in kept if str(one.id) == file_id), None)
    if file is None:
        raise NotFound()
    await record(viewer, DOCUMENT_REMOVED, case, file)
    await discard_files([file.id])


async def forget_documents(case_ids: Sequence[int]) -> None:
    """With what else is personal in these cases, in the same transaction."""
    subjects = [str(id) for id in case_ids]
    kept = File.filter(keeper=KEEPER, subject__in=subjects)
    await discard_files(await kept.values_list("id", flat=True))


async def _held(viewer: Viewer | None, case_id: int) -> Case:
    """The case, kept from others until the end of the transaction."""
    await Case.filter(id=case_id).select_for_update().first()
    await demand_documents(viewer, case_id)
    case = await Case.get(id=case_id)
    if case.forgotten_at is not None:
        raise Conflict("这件案件已经按期限去掉个人信息，不能再附文件。")
    return case


async def demand_documents(viewer: Viewer | None, case_id: int) -> Viewer:
    """Only who works on the case; for others it is not there."""
    case = await Case.get_or_none(id=case_id).select_related("area")
    if case is None or not await may_see(viewer, case):
        raise NotFound()
    return demand(viewer, DOCUMENTS, case, SCOPE)
