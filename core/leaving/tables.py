"""All tables of the district, whoever switched their plugin off, as the database tells of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from core.contributions import Tables
from core.database import CORE_TABLES
from core.tables import Model, models_in

HISTORY = "tortoise_migrations"
#: What lets somebody in says nothing about the district, and does not travel in the clear.
CREDENTIALS = (
    "password",
    "token_hash",
    "sealed_source",
    "sealed_password",
    "core_second_factor.secret",
    "core_recovery_code.fingerprint",
)
#: Kinds of values by Tortoise's fields; what is not here is told by the database's own type.
KINDS = {
    "BooleanField": "boolean",
    "JSONField": "json",
    "DatetimeField": "datetime",
    "DateField": "date",
    "UUIDField": "uuid",
    "FloatField": "number",
    "DecimalField": "decimal",
}
#: The same by a word in the database's type, the first that fits.
WORDS = (
    ("bool", "boolean"),
    ("json", "json"),
    ("timestamp", "datetime"),
    ("datetime", "datetime"),
    ("date", "date"),
    ("uuid", "uuid"),
    ("int", "integer"),
    ("real", "number"),
    ("double", "number"),
    ("float", "number"),
    ("numeric", "decimal"),
    ("char", "text"),
    ("text", "text"),
)


@dataclass(frozen=True, kw_only=True)
class Column:
    """`kind`: what its values are in the export. `points_to`: "core_area.id"."""

    name: str
    kind: str
    stored_as: str
    title: str = ""
    points_to: str = ""
    personal: bool = False
    kept_back: bool = False


@dataclass(frozen=True, kw_only=True)
class Table:
    name: str
    app: str
    title: str
    key: str  # the column that orders it; "" if no model tells
    columns: tuple[Column, ...]

    @property
    def told(self) -> tuple[Column, ...]:
        """What is exported of it."""
        return tuple(one for one in self.columns if not one.kept_back)


def is_ours(table: str, apps: Iterable[str]) -> bool:
    """Whether the table belongs to liuhe, where the database has others' as well."""
    return table == HISTORY or any(table.startswith(f"{app}_") for app in apps)


def model_of(parts: Mapping[str, Tables]) -> dict[str, type[Model]]:
    """Models by their tables; they are initialised."""
    whole = {"core": CORE_TABLES, **parts}
    models = (model for part in whole.values() for model in models_in(part.modules))
    return {str(model._meta.db_table): model for model in models}


def describe(
    name: str,
    stored: Mapping[str, str],
    model: type[Model] | None,
    titles: Mapping[tuple[str, str], str],
) -> Table:
    """`stored` maps columns to the database's types; `titles` are of models ("Case", "") and of
    their fields ("Case", "opened_at")."""
    known = _fields(model) if model else {}
    whose = model.__name__ if model else ""
    return Table(
        name=name,
        app=str(model._meta.app) if model else "",
        title=titles.get((whose, ""), ""),
        key=str(model._meta.db_pk_column) if model else "",
        columns=tuple(
            _column(name, column, kind, known.get(column), titles.get((whose, column), ""))
            for column, kind in stored.items()
        ),
    )


def _fields(model: type[Model]) -> dict[str, Any]:
    meta = model._meta
    return {column: meta.fields_map[field] for field, column in meta.fields_db_projection.items()}


def _column(table: str, name: str, stored: str, field: Any, title: str) -> Column:
    link = getattr(field, "reference", None)
    target = link.related_model._meta if link else None
    key = (link.to_field or target.db_pk_column) if link and target else ""
    marked = any(getattr(one, "personal", False) for one in (field, link))
    return Column(
        name=name,
        kind=KINDS.get(type(field).__name__) or _by_word(stored),
        stored_as=stored.lower(),
        title=title,
        points_to=f"{target.db_table}.{key}" if target else "",
        personal=marked or (target is not None and target.db_table == "core_person"),
        kept_back=name in CREDENTIALS or f"{table}.{name}" in CREDENTIALS,
    )


def _by_word(stored: str) -> str:
    return next((kind for word, kind in WORDS if word in stored.lower()), "text")
