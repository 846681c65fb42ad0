"""Typed settings from the environment and one TOML file; an unknown key is an error.

Environment wins over the file. `LIUHE_PORT=8000` is the kernel's `port`; a plugin's section
`city_eye` with the key `still_seconds` is `LIUHE_CITY_EYE__STILL_SECONDS` or `[city_eye]`.
"""

import difflib
import os
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails

from core.errors import SetupError
from core.refusals import refusal

PREFIX = "LIUHE_"
#: Read by others than this module: the file's own name, the demo password, test switches.
NOT_SETTINGS = {"CAMERA_CA", "CONFIG", "DEMO_PASSWORD"}


class Section(BaseModel):
    """Base of every settings section: frozen, and strict about unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _comma_lists(cls, values: Any) -> Any:
        """A variable of the environment has no other way to be a list."""
        if not isinstance(values, dict):
            return values
        lists = {name for name, field in cls.model_fields.items() if _is_list(field.annotation)}
        return {name: _parted(value) if name in lists else value for name, value in values.items()}


def _is_list(kind: Any) -> bool:
    return any(get_origin(part) is tuple for part in (kind, *get_args(kind)))


def _parted(value: Any) -> Any:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


S = TypeVar("S", bound=Section)


def safe_address(url: str) -> bool:
    """Whether nobody on the way can read or change what is asked there."""
    try:
        parts = urlsplit(url)
        local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    except ValueError:
        return False
    return bool(parts.hostname) and (parts.scheme == "https" or (local and parts.scheme == "http"))


class Settings(Section):
    """The kernel's own settings."""

    data_dir: Path = Path("data")
    database_url: str = ""
    plugins: tuple[str, ...] | None = None
    secret_key: str = ""
    allowed_origins: tuple[str, ...] = ()
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    district: str = ""
    timezone: str = "Asia/Shanghai"
    demo: bool = False
    introspection: bool = True
    cookie_secure: bool = False
    demand_second_factor: tuple[str, ...] = ()  # roles
    upload_megabytes: int = Field(default=10, ge=1, le=100)
    files: Literal["disk", "s3"] = "disk"  # where uploads are kept from now on
    s3_bucket: str = ""
    s3_endpoint: str = ""  # "https://minio.example"; empty: Amazon's own
    s3_region: str = ""
    s3_prefix: str = ""
    s3_access_key: str = ""
    s3_secret_key: str = Field(default="", repr=False)
    rate_address: int = Field(default=30_000, ge=0)  # requests a minute; 0: no limit
    rate_stranger: int = Field(default=3_000, ge=0)  # from one address, without signing in
    rate_account: int = Field(default=12_000, ge=0)
    rate_token: int = Field(default=6_000, ge=0)
    rate_cost: int = Field(default=3_000_000, ge=0)  # of GraphQL, an account's a minute
    metrics_token: str = Field(default="", repr=False)  # none: only this machine may measure
    backup_dir: Path | None = None  # where a backup is made each night; none if unset
    backup_keep: int = Field(default=7, ge=1, le=400)
    backup_keys: Path | None = None  # where the keys of personal records are kept each night
    public_url: str = ""  # as browsers see it: "https://liuhe.example"; else as they ask for it
    oidc_issuer: str = ""  # the identity provider; none if empty
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    oidc_scopes: tuple[str, ...] = ("profile",)  # besides openid
    oidc_username_claim: str = "preferred_username"
    oidc_label: str = Field(default="统一登录", min_length=1, max_length=20)
    oidc_create: bool = False
    oidc_trusted_factors: tuple[str, ...] = ()  # values of amr or acr

    @field_validator("oidc_issuer", "public_url", "s3_endpoint")
    @classmethod
    def _safe(cls, value: str) -> str:
        if value and not safe_address(value):
            raise ValueError("要写 https:// 开头的地址（本机可以用 http://）")
        return value

    @model_validator(mode="after")
    def _client_named(self) -> "Settings":
        if self.oidc_issuer and not self.oidc_client_id:
            raise ValueError("写了 oidc_issuer，就要写 oidc_client_id")
        return self

    @model_validator(mode="after")
    def _bucket_named(self) -> "Settings":
        if self.files == "s3" and not self.s3_bucket:
            raise ValueError('文件存到 S3（files = "s3"），就要写 s3_bucket')
        return self

    @property
    def database(self) -> str:
        """The database address, with the default filled in."""
        return self.database_url or f"sqlite://{self.data_dir / 'liuhe.sqlite3'}"


class SettingsSource:
    """What was written, before anybody says which keys exist."""

    def __init__(self, values: Mapping[str, Any], sections: Mapping[str, Mapping[str, Any]]):
        self.values = dict(values)
        self.sections = {name: dict(section) for name, section in sections.items()}

    @classmethod
    def read(cls, environ: Mapping[str, str] | None = None) -> "SettingsSource":
        """From `LIUHE_CONFIG` (a TOML file) and the environment."""
        environ = os.environ if environ is None else environ
        values, sections = _from_file(environ.get(PREFIX + "CONFIG"))
        for name, value in environ.items():
            key = name.removeprefix(PREFIX)
            if key == name or key in NOT_SETTINGS or key.startswith("TEST_") or not value:
                continue  # an empty variable says nothing, as if it were not there
            section, dot, inner = key.lower().partition("__")
            if dot:
                sections.setdefault(section, {})[inner] = value
            else:
                values[section] = value
        return cls(values, sections)

    def kernel(self) -> Settings:
        return _build(Settings, self.values, "")

    def section(self, name: str, kind: type[S]) -> S:
        return _build(kind, self.sections.get(name, {}), name)

    def check_sections(self, known: Iterable[str]) -> None:
        """Refuse a section that no plugin on this machine has."""
        known = sorted(known)
        for name in self.sections:
            if name not in known:
                raise SetupError(f"设置里的“[{name}]”没有对应的插件{_nearest(name, known)}")


def _from_file(path: str | None) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    if not path:
        return {}, {}
    try:
        content = tomllib.loads(Path(path).read_text("utf-8"))
    except OSError as error:
        raise SetupError(f"读不到设置文件 {path}：{refusal(error)}。") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SetupError(f"设置文件 {path} 不是合格的 TOML：{error}。") from error
    sections = {key: value for key, value in content.items() if isinstance(value, dict)}
    return {key: value for key, value in content.items() if key not in sections}, sections


def _build(kind: type[S], values: Mapping[str, Any], section: str) -> S:
    try:
        return kind(**values)
    except ValidationError as error:
        raise SetupError(_sentence(error, kind, section)) from error


def _sentence(error: ValidationError, kind: type[Section], section: str) -> str:
    first = error.errors()[0]
    key = str(first["loc"][0]) if first["loc"] else ""
    written = f"[{section}] {key}" if section else key
    if first["type"] == "extra_forbidden":
        return f"没有“{written}”这项设置{_nearest(key, kind.model_fields)}"
    if not written:  # about several together
        return f"设置不对：{_in_words(first)}。"
    return f"设置“{written}”的值不对：{_in_words(first)}。"


def _in_words(error: ErrorDetails) -> str:
    """What is wanted, in Chinese for the usual cases and in pydantic's words for the rest."""
    limits = error.get("ctx", {})
    known = {
        "int_parsing": "要填整数",
        "float_parsing": "要填数字",
        "bool_parsing": "要填 true 或 false",
        "string_type": "要填文字",
        "tuple_type": "要填几项，每项加引号，放在方括号里",
        "greater_than_equal": f"不能小于 {limits.get('ge')}",
        "less_than_equal": f"不能大于 {limits.get('le')}",
        "literal_error": f"只能填 {limits.get('expected')}",
        "value_error": str(limits.get("error")),
    }
    return known.get(error["type"], error["msg"])


def _nearest(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.4)
    return f"，您是不是想写“{close[0]}”？" if close else "。"
