"""Decisions about cameras and what they show; no input, no output."""

MOST_DIGITS = 18  # of a number that the database can hold


def row_id(text: str) -> int | None:
    """The row number that an outsider names, or None where it cannot be one."""
    fits = text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS
    return int(text) if fits else None
