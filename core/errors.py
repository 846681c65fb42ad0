"""Every failure that liuhe expects, each with its HTTP status and GraphQL code.

A message is one sentence in the reader's language that says what to do. What is not a
`LiuheError` is a defect: it is logged whole and shown as INTERNAL, without its text.
"""


class LiuheError(Exception):
    """The root; never raised itself."""

    status = 500
    code = "INTERNAL"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotSignedIn(LiuheError):
    status, code = 401, "UNAUTHENTICATED"

    def __init__(self, message: str = "请先登录。") -> None:
        super().__init__(message)


class CodeNeeded(NotSignedIn):
    """The password was right; the second factor's code is asked for as well."""

    reason = "otp_required"

    def __init__(self) -> None:
        super().__init__("这个账号开启了第二道验证，请把验证码写在 otp 里一起提交。")


class Forbidden(LiuheError):
    status, code = 403, "FORBIDDEN"

    def __init__(self, message: str = "您没有办理这件事的权限。") -> None:
        super().__init__(message)


class NotFound(LiuheError):
    """Also what a viewer may not see: as if it were not there."""

    status, code = 404, "NOT_FOUND"

    def __init__(self, message: str = "没有找到，或者您无权查看。") -> None:
        super().__init__(message)


class BadInput(LiuheError):
    """Something that the user can mend.

    `field` is the input's name as the caller wrote it (camelCase in GraphQL), or "" for the whole;
    `reason` is a short machine word: "required", "too_long", "unknown" …
    """

    status, code = 422, "BAD_USER_INPUT"

    def __init__(self, message: str, *, field: str = "", reason: str = "invalid") -> None:
        super().__init__(message)
        self.field = field
        self.reason = reason


class TooLarge(BadInput):
    status = 413


class TooSlow(BadInput):
    status = 408


class Conflict(LiuheError):
    """The thing has moved on, or an idempotency key came back with other input."""

    status, code = 409, "CONFLICT"


class RateLimited(LiuheError):
    status, code = 429, "RATE_LIMITED"

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after  # seconds


class TooCostly(LiuheError):
    status, code = 400, "TOO_COSTLY"


class Unavailable(LiuheError):
    """A part that we depend on is away; trying again later makes sense."""

    status, code = 503, "UNAVAILABLE"
    retry_after = 5  # seconds


class DatabaseAway(Unavailable):
    def __init__(self) -> None:
        super().__init__("数据库暂时用不了，请稍后再试。")


class SetupError(LiuheError):
    """The installation cannot start as it is; the sentence tells what to change."""


class PluginError(SetupError):
    """One plugin cannot be loaded; the others go on."""
