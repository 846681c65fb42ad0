"""What keeps a database quick and free, on each engine."""

from core.database import dialect, rows
from core.kernel import Kernel
from core.testing import make_area
from core.tidying import tidy


async def test_sqlite_knows_its_tables_after_a_night(kernel: Kernel) -> None:
    await make_area("100", "拱墅区")
    await tidy({})
    if dialect() == "sqlite":
        known = {row["tbl"] for row in await rows("SELECT tbl FROM sqlite_stat1")}
        assert "core_area" in known


async def test_postgres_ends_what_takes_too_long_even_when_nobody_waits(kernel: Kernel) -> None:
    if dialect() == "postgres":
        for name, value in {
            "statement_timeout": "35s",
            "idle_in_transaction_session_timeout": "310s",
        }.items():
            shown = await rows(f"SELECT current_setting('{name}') AS value")
            assert shown[0]["value"] in (value, "5min10s", "310s")
