"""What a database can hold: asked before a statement is sent, so that both engines answer alike.

PostgreSQL refuses a NUL character in text and a number beyond 64 bits, SQLite keeps the one and
stumbles over the other. Either way it is the caller's input, not a defect of ours.
"""

from collections.abc import Iterable
from typing import Any

from tortoise.exceptions import ValidationError

from core.errors import BadInput, LiuheError

INT64 = 2**63
TEXT = "文字里有不能保存的字符，请删去后再试。"
NUMBER = "有一个数字太大了，请检查后再试。"
COLUMN = "有一项内容太长，或者不是这里能填的，请检查后再试。"


def demand_storable(values: Iterable[Any]) -> None:
    for value in values:
        if isinstance(value, str):
            demand_text(value)
        elif isinstance(value, int) and not -INT64 <= value < INT64:
            raise BadInput(NUMBER, reason="too_large")


def demand_text(text: str, field: str = "") -> str:
    """The text, if it has no NUL and no half of a surrogate pair."""
    if "\0" in text or not (text.isascii() or _encodable(text)):
        raise BadInput(TEXT, field=field, reason="characters")
    return text


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def expected(error: BaseException | None) -> LiuheError | None:
    """A column's refusal as what it is to the caller, or an error that says so itself."""
    if isinstance(error, ValidationError):
        return BadInput(COLUMN, reason="unfit")
    return error if isinstance(error, LiuheError) else None


class Checking:
    """For a database client: nothing unstorable is sent."""

    async def execute_insert(self, query: str, values: list[Any]) -> Any:
        demand_storable(values)
        return await super().execute_insert(query, values)  # type: ignore[misc]

    async def execute_many(self, query: str, values: list[list[Any]]) -> None:
        for row in values:
            demand_storable(row)
        await super().execute_many(query, values)  # type: ignore[misc]

    async def execute_query(self, query: str, values: list[Any] | None = None) -> Any:
        demand_storable(values or ())
        return await super().execute_query(query, values)  # type: ignore[misc]

    async def execute_query_dict(self, query: str, values: list[Any] | None = None) -> Any:
        demand_storable(values or ())
        return await super().execute_query_dict(query, values)  # type: ignore[misc]
