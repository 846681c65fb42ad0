"""Errors as the outside sees them: a sentence and a code, never a stack trace."""

import re
from collections.abc import Iterable
from types import TracebackType
from typing import Any

import structlog
from graphql import GraphQLError
from graphql.execution import values
from strawberry.exceptions import StrawberryInputCoercionError

from core.errors import LiuheError, RateLimited
from core.values import expected

log = structlog.get_logger()

_MOST = 10  # errors shown for one request; the rest would say the same
_SUGGESTION = re.compile(r"\s*Did you mean .*\?", re.DOTALL)


def present(
    errors: Iterable[GraphQLError] | None, request_id: str = "", *, suggest: bool = True
) -> list[GraphQLError]:
    """The errors with `extensions.code`; what we did not expect is logged and hidden."""
    return [_present(error, request_id, suggest) for error in list(errors or ())[:_MOST]]


def _present(error: GraphQLError, request_id: str, suggest: bool) -> GraphQLError:
    cause = root_of(error)
    failure = expected(cause)
    if failure is not None and failure.code != "INTERNAL":
        return _shown(error, failure.message, failure.code, **_more(failure))
    if _callers_fault(error, cause):
        message = error.message if suggest else _SUGGESTION.sub("", error.message)
        return _shown(error, message, "BAD_USER_INPUT")
    log.error("graphql.failed", path=error.path, request_id=request_id, exc_info=cause)
    return _shown(error, _defect(request_id), "INTERNAL", requestId=request_id)


def root_of(error: Exception) -> Exception:
    """What was raised first, below graphql-core's wrappings."""
    while isinstance(error, GraphQLError) and error.original_error is not None:
        error = error.original_error
    return error


def _callers_fault(error: GraphQLError, cause: Exception) -> bool:
    """Whether the document, a variable or an argument is wrong (and not what a resolver did)."""
    if not isinstance(cause, GraphQLError):
        return False
    if isinstance(cause, StrawberryInputCoercionError) or not error.path:
        return True
    return _passed_through(cause.__traceback__, values.__file__)


def _passed_through(trace: TracebackType | None, file: str) -> bool:
    """graphql-core gives wrong arguments and wrong results the same class; only the place differs:
    arguments are coerced in `graphql.execution.values`."""
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == file:
            return True
        trace = trace.tb_next
    return False


def _more(cause: LiuheError) -> dict[str, Any]:
    return {"retryAfter": cause.retry_after} if isinstance(cause, RateLimited) else {}


def _defect(request_id: str) -> str:
    number = f"（编号 {request_id}）" if request_id else ""
    return f"系统出了点问题，已经记录下来{number}。请稍后再试；如仍不行，请把编号告诉管理员。"


def _shown(error: GraphQLError, message: str, code: str, **more: Any) -> GraphQLError:
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions={"code": code, **more},
    )
