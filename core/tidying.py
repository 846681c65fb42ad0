"""What keeps a database quick as it grows, and what neither engine does unasked."""

from typing import Any

from core.database import dialect, rows

ROWS_LOOKED_AT = 1_000  # of each index: a sample is enough, and bounds the time


async def tidy(_: dict[str, Any]) -> None:
    """Let SQLite look at its tables, so that it chooses the right index; PostgreSQL does so by
    itself (autovacuum)."""
    if dialect() == "sqlite":
        await rows(f"PRAGMA analysis_limit = {ROWS_LOOKED_AT}")
        await rows("ANALYZE")
