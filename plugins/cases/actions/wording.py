"""检索词: written with the case, in the same transaction, and forgotten with it."""

from collections.abc import Sequence

from liuhe import dialect, rows
from plugins.cases.models import Case, CaseWords, words_of


async def write_words(*cases: Case) -> None:
    """For new cases; their numbers are known."""
    await CaseWords.bulk_create(CaseWords(case_id=case.id, words=words_of(case)) for case in cases)


async def rewrite_words(ids: Sequence[int]) -> None:
    """After the texts of these cases have been changed."""
    for case in await Case.filter(id__in=list(ids)):
        await CaseWords.filter(case_id=case.id).update(words=words_of(case))


async def forget_words(ids: Sequence[int]) -> None:
    """After the texts of these cases have been forgotten: SQLite's index keeps what was deleted
    until it is written anew."""
    await rewrite_words(ids)
    if dialect() == "sqlite":
        await rows("INSERT INTO cases_words_found (cases_words_found) VALUES ('optimize')")
