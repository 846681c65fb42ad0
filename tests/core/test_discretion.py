"""The page of jobs does not tell what stood in a row that the database refused."""

from typing import Any

import pytest

from core.database import rows
from core.discretion import discreet
from core.jobs import Job, JobRow, enqueue
from core.kernel import Kernel
from core.worker import Worker

SECRET = "只有本人知道的名字"


async def write_what_is_refused(_: Any = None) -> None:
    """A row without a password, which both engines refuse."""
    await rows(
        "INSERT INTO core_person (username, name, password, active, created_at) "
        "VALUES ($1, $2, NULL, true, CURRENT_TIMESTAMP)",
        "somebody",
        SECRET,
    )


async def test_the_error_of_a_job_says_what_went_wrong_and_quotes_no_row(kernel: Kernel) -> None:
    job = Job(name="refused", run=write_what_is_refused, tries=1)
    await enqueue("refused", {})
    assert await Worker({"refused": job}).once()
    row = await JobRow.get(name="refused")
    assert "password" in row.error
    assert SECRET not in row.error


@pytest.mark.parametrize(
    "quoted", ["Failing row contains (1, 张三,\n二行, x).", "Key (name)=(张三)"]
)
def test_a_quotation_of_several_lines_is_left_out_whole(quoted: str) -> None:
    assert discreet(f"null value\nDETAIL:  {quoted}\nHINT:  x") == "null value"
