"""What the plugin announces."""

from dataclasses import dataclass
from typing import ClassVar

from liuhe import Fact


@dataclass(frozen=True, kw_only=True)
class QuestionFact(Fact):
    """Base of what is announced about a question to a resident."""

    case_id: int
    question_id: int


@dataclass(frozen=True, kw_only=True)
class QuestionAsked(QuestionFact):
    """An officer asks the resident something."""

    name: ClassVar[str] = "residents.question_asked"


@dataclass(frozen=True, kw_only=True)
class QuestionAnswered(QuestionFact):
    """The resident has answered."""

    name: ClassVar[str] = "residents.question_answered"
