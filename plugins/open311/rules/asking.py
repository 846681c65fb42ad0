"""Attributes: what a service asks besides what and where, and whether it was answered."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

MOST_ATTRIBUTES = 5
MOST_VALUES = 30
LONGEST_QUESTION, LONGEST_VALUE, LONGEST_ANSWER = 100, 40, 300


class Datatype(StrEnum):
    """What an answer is, by the names of the specification."""

    STRING = "string"
    NUMBER = "number"
    DATETIME = "datetime"
    TEXT = "text"
    ONE = "singlevaluelist"
    SEVERAL = "multivaluelist"


DATATYPES = {
    Datatype.STRING: "一行文字",
    Datatype.TEXT: "一段文字",
    Datatype.NUMBER: "数字",
    Datatype.DATETIME: "时间",
    Datatype.ONE: "选一个",
    Datatype.SEVERAL: "可选几个",
}
LISTS = (Datatype.ONE, Datatype.SEVERAL)


@dataclass(frozen=True, kw_only=True)
class Attribute:
    """One question. `values`: what can be chosen, each its own key."""

    code: str
    question: str
    datatype: Datatype
    required: bool
    values: tuple[str, ...] = ()

    @property
    def kept(self) -> dict[str, Any]:
        return asdict(self)

    def told(self, order: int) -> dict[str, Any]:
        """As a service definition writes it."""
        about = {
            "variable": True,
            "code": self.code,
            "datatype": self.datatype.value,
            "required": self.required,
            "datatype_description": "",
            "order": order,
            "description": self.question,
        }
        if self.datatype in LISTS:
            about["values"] = [{"key": one, "name": one} for one in self.values]
        return about


def attributes_from(kept: Sequence[Mapping[str, Any]]) -> tuple[Attribute, ...]:
    return tuple(
        Attribute(
            code=str(one["code"]),
            question=str(one["question"]),
            datatype=Datatype(one["datatype"]),
            required=bool(one["required"]),
            values=tuple(one["values"]),
        )
        for one in kept
    )


def answered(asked: Sequence[Attribute], given: Mapping[str, Sequence[str]]) -> tuple[str, str]:
    """The answers as lines of text, and what is wrong with them ("" if nothing is)."""
    known = {one.code for one in asked}
    if unknown := sorted(set(given) - known):
        return "", f"这个事项没有 attribute[{unknown[0][:40]}]，请查 services/事项编号。"
    lines = []
    for one in asked:
        answers = [text.strip() for text in given.get(one.code, ()) if text.strip()]
        if problem := _problem(one, answers):
            return "", f"attribute[{one.code}]（{one.question}）{problem}"
        if answers:
            lines.append(f"{one.question}：{'、'.join(answers)}")
    return "\n".join(lines), ""


def _problem(one: Attribute, answers: Sequence[str]) -> str:
    if not answers:
        return "必须回答。" if one.required else ""
    if len(answers) > 1 and one.datatype != Datatype.SEVERAL:
        return "只能有一个回答。"
    if any(len(text) > LONGEST_ANSWER for text in answers):
        return f"最多 {LONGEST_ANSWER} 个字。"
    if one.datatype in LISTS and not set(answers) <= set(one.values):
        return f"只能是：{'、'.join(one.values)}。"
    if one.datatype == Datatype.NUMBER and not re.fullmatch(r"-?\d{1,15}(\.\d{1,6})?", answers[0]):
        return "要写数字。"
    if one.datatype == Datatype.DATETIME and not _is_time(answers[0]):
        return "要写时间，如 2026-11-28T09:00:00+08:00。"
    return ""


def _is_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
