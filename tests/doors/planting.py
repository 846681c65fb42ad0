"""Two streets alike, one row of every table in each; every text in a row is a mark of its own.

A mark says where it was planted, and nobody could guess it: wherever it turns up, its row was read.
All rows of a street bear the same number, so that a door that asks for a number is tried with it.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tortoise import fields
from tortoise.fields.relational import ForeignKeyFieldInstance

from core.areas import Area
from core.audit import record
from core.database import CORE_TABLES, atomic
from core.files import File, store_blurred
from core.house import house
from core.kernel import Kernel
from core.people import Person
from core.permissions import Viewer
from core.personal import keep_personal
from core.tables import Model, models_in
from gpu import messages
from plugins.residents.actions.reporting import code_mark
from plugins.residents.rules import code_from
from plugins.video.rules.tracks import packed

#: Of the kernel's own tables: what is about somebody or something in a street.
OWN = (
    "core.Unit",
    "core.Person",
    "core.Post",
    "core.Session",
    "core.Hold",
    "core.JobRow",
    "core.ImportBatch",
    "core.ImportProblem",
)
LONG = 32  # what is shorter holds a code
#: What everybody may know who is signed in: the district's ground, its units, kinds of matters, and
#: the machines that see.
COMMON = (
    "core.Area",
    "core.Unit",
    "places.",
    "cases.CaseType",
    "cases.TypePhase",
    "city_eye.Scene",
    "video.Worker.name",
)
#: What must fit together, so that the street is one that officers could be at work in.
FITTING: dict[str, dict[str, Any]] = {
    "core.Unit": {"active": True},
    "core.Person": {"password": "!", "active": True},
    "core.Post": {"role": "handler", "area_id": None, "stands_in_for_id": None},
    "core.Session": {"kind": "browser", "expires_at": datetime.now(UTC) + timedelta(days=1)},
    "core.ImportBatch": {"kind": "cases.history", "state": "checked"},
    "core.Hold": {"kind": "cases.Case"},
    "core.JobRow": {"name": "cases.warn", "state": "failed"},
    "cases.CaseType": {"kind": "event"},
    "cases.Case": {
        "flow": "standard",
        "stage": "dispatched",
        "source": "resident",
        "version": 1,  # one step is there
    },
    "cases.Step": {"action": "dispatch", "from_stage": "accepted", "to_stage": "dispatched"},
    "cases.Clock": {"kind": "sign", "hours": None},
    "cases.Task": {"stage": "called", "number": 1, "version": 1},
    "cases.TaskStep": {"action": "call", "from_stage": None, "to_stage": "called"},
    "cases.TaskClock": {"kind": "arrive", "hours": None},
    "dispatch.Rule": {"days": "any", "mode": "suggest", "begins": None, "ends": None},
    "dispatch.Shift": {"begins": 480, "ends": 1080},
    "figures.Objection": {"by": "unit"},
    "open311.Service": {"attributes": [], "offered": True},
    "places.Compound": {"kind": "residential"},
    "places.Succession": {"kind": "rename"},
    "residents.Question": {"answered_at": datetime.now(UTC)},
    "video.Camera": {"active": True, "signage": True},
    "video.CameraState": {"state": "running"},
    "video.Zone": {"polygon": [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]], "active": True},
    "video.Watch": {"kind": "dwell", "objects": ["car"]},
    "video.Observation": {"kind": "dwell", "box": [0.1, 0.1, 0.2, 0.2]},
    "city_eye.Scene": {"mode": "official", "kind": "dwell", "objects": ["car"]},
    "city_eye.Finding": {"state": "pending", "on_trial": False},
}
BEGAN = date(2021, 4, 9)


@dataclass(kw_only=True)
class Street:
    """One of the two; `marks` say which column each mark stands in."""

    name: str
    number: int
    west: float
    marks: dict[str, str] = field(default_factory=dict)
    of: dict[str, str] = field(default_factory=dict)
    files: dict[str, uuid.UUID] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    code: str = ""
    phone: str = ""

    @property
    def begins(self) -> str:
        """What all its marks have in common: something to search for."""
        return f"zq{self.name[0]}"

    @property
    def officer(self) -> int:
        """Whoever works there; `number` itself is the resident who reported. (The next number is
        what a database gives to a new row.)"""
        return self.number - 1

    def mark(self, column: str, most: int | None = None) -> str:
        text = f"{self.begins}{len(self.marks):03d}{'vk' if self.name == 'far' else 'wj'}"
        assert most is None or len(text) <= most, column
        self.marks[text] = column
        self.of.setdefault(column, text)
        return text

    def seen_in(self, text: str) -> set[str]:
        """The columns of which something stands in a text, but for what everybody may know."""
        found = {column for mark, column in self.marks.items() if mark in text}
        return {column for column in found if not column.startswith(COMMON)}

    @property
    def polygon(self) -> dict[str, Any]:
        west, east = self.west, self.west + 0.01
        ring = [[west, 30.31], [east, 30.31], [east, 30.32], [west, 30.32], [west, 30.31]]
        return {"type": "Polygon", "coordinates": [ring]}


def planted_models(kernel: Kernel) -> list[type[Model]]:
    """What gets a row, each after what it points to."""
    own = [one for one in models_in(CORE_TABLES.modules) if one._meta.full_name in OWN]
    rest = [one for part in kernel.tables.values() for one in models_in(part.modules)]
    waiting, done = [*own, *rest], [Area, File]
    while waiting:
        ready = [one for one in waiting if set(_needs(one)) <= {*done, one}]
        assert ready, [one.__name__ for one in waiting]
        done += ready
        waiting = [one for one in waiting if one not in ready]
    return done[2:]


def links(model: type[Model]) -> Iterator[str]:
    """The columns that point to other rows by number."""
    for name in model._meta.fk_fields | model._meta.o2o_fields:
        if model._meta.fields_map[name].related_model is not File:  # type: ignore[attr-defined]
            yield f"{name}_id"


def _needs(model: type[Model]) -> Iterator[Any]:
    for name in model._meta.fk_fields | model._meta.o2o_fields:
        yield model._meta.fields_map[name].related_model  # type: ignore[attr-defined]


@atomic
async def plant(kernel: Kernel, street: Street, district: Area) -> None:
    """The street and everything in it."""
    await Area.create(
        id=street.number,
        code=f"33010590{street.number % 10}000",
        name=street.mark("core.Area.name"),
        level="street",
        path=f"{district.path}{street.number}.",
        parent=district,
        valid_from=BEGAN,
    )
    for keeper in sorted(house().keepers):
        await _plant_file(street, keeper)
    for model in planted_models(kernel):
        for number in (street.number, street.officer) if model is Person else (street.number,):
            await model(**await _values(model, street, number)).save(force_create=True)
    officer = Viewer(person_id=street.officer, username="", name="")
    about = [("cases.Case", str(street.number)), ("core.Person", str(street.number))]
    await record(officer, "cases.reporter", *about, purpose=street.mark("core.AuditRow.purpose"))


async def _plant_file(street: Street, keeper: str) -> None:
    content = b"\x89PNG\r\n\x1a\n" + street.mark(f"core.File/{keeper}").encode()
    file = await store_blurred(content, keeper=keeper, subject=str(street.number))
    street.files[keeper] = file.id


async def _values(model: type[Model], street: Street, number: int) -> dict[str, Any]:
    name = model._meta.full_name
    given = {model._meta.pk_attr: _key(model, street, number), **FITTING.get(name, {})}
    given |= await _special(name, street, number)
    linked = {f"{column}_id" for column in model._meta.fk_fields | model._meta.o2o_fields}
    for column, one in model._meta.fields_map.items():
        column = getattr(one, "source_field", None) or column
        if isinstance(one, ForeignKeyFieldInstance):
            given.setdefault(f"{_plain(one)}_id", _related(model, one, street))
        elif not _is_link(one) and column not in {*given, *linked}:
            value = _value(f"{_called(name, street, number)}.{column}", one, street)
            if value is not _NOTHING:
                given[column] = value
    return given


def _called(name: str, street: Street, number: int) -> str:
    if name != "core.Person":
        return name
    return "the resident" if number == street.number else "the officer"


async def _special(name: str, street: Street, number: int) -> dict[str, Any]:
    """What only code that knows the table can make."""
    if name == "residents.Report":
        street.code, street.phone = code_from(street.number), f"139{street.number:08d}"
        street.marks[street.phone] = "the telephone"
        kept = {"phone": street.phone}
        contact = await keep_personal(
            "residents.contact", kept, about=("cases.Case", street.number)
        )
        return {"code_mark": code_mark(street.code), "contact_id": contact, "channel": "web"}
    if name == "open311.Sending":
        phone = f"138{street.number:08d}"
        street.marks[phone] = "the telephone"
        about = ("cases.Case", street.number)
        kept = {"name": street.mark("open311.contact.name"), "phone": phone, "email": ""}
        return {"contact_id": await keep_personal("open311.contact", kept, about=about)}
    if name == "video.Tracks":
        return {"data": packed(_moved(street.mark("video.Tracks.data")))}
    if name == "dispatch.Rule":
        return {"number": number, "mode": "suggest"}
    if name == "dispatch.Shift":
        return {"day": datetime.now(UTC).date()}  # the roster shows the days to come
    if name == "core.Hold":
        return {"key": str(street.number), "until": datetime.now(UTC).date() + timedelta(days=9)}
    if name in ("city_eye.Scene", "open311.Service"):
        return {"type_code": street.codes["cases.CaseType.code"]}
    if name == "figures.Sheet":
        return {"card": {"title": street.mark("figures.Sheet.card")}}
    if name == "cases.Case":
        return {"reporter_id": street.number, "merged_into_id": None}
    if name in ("places.Division", "places.FormerShape"):
        box = {"west": street.west, "east": street.west + 0.01, "south": 30.31, "north": 30.32}
        return {"polygon": street.polygon, **box}
    return {}


def _moved(name: str) -> messages.Tracks:
    """Something of this name that stood still."""
    return messages.Tracks(
        key="k",
        camera_id="1",
        started_at=datetime.now(UTC),
        model="m",
        objects=("car", name),
        looks=((0, 0, 0, 100, 100, 200, 200, 1, 1, 300, 300, 400, 400),),
    )


_NOTHING = object()


def _value(column: str, one: Any, street: Street) -> Any:
    if getattr(one, "enum_type", None) is not None:
        return next(iter(one.enum_type))
    if isinstance(one, fields.TextField) or (
        isinstance(one, fields.CharField) and one.max_length >= LONG
    ):
        return street.mark(column, getattr(one, "max_length", None))
    if isinstance(one, fields.CharField):
        return _NOTHING if one.default is not None else _code(column, one.max_length, street)
    if column.endswith((".longitude", ".latitude")):
        return _degrees(column, street)
    if isinstance(one, fields.JSONField):
        return _NOTHING if one.default is not None or one.null else {"words": street.mark(column)}
    if one.null or one.default is not None or getattr(one, "auto_now_add", False):
        return _NOTHING
    if isinstance(one, fields.DatetimeField):
        return datetime.now(UTC) - timedelta(hours=1)
    if isinstance(one, fields.DateField):
        return BEGAN
    if column.endswith("_id"):
        return street.number
    return 1 if isinstance(one, fields.IntField | fields.BigIntField) else 1.0


def _code(column: str, most: int, street: Street) -> str:
    code = f"{'9' if street.name == 'far' else '8'}{len(street.marks):03d}"[:most]
    return street.codes.setdefault(column, code)


def _degrees(column: str, street: Street) -> float:
    base = street.west + 0.001 if column.endswith("longitude") else 30.31 + street.west / 1e5
    value = round(base + len(street.marks) * 0.0000017, 7)
    street.marks[str(value)] = column
    return value


def _is_link(one: Any) -> bool:
    return not isinstance(one, fields.Field) or hasattr(one, "related_model") or one.pk


def _plain(one: Any) -> str:
    return str(one.model_field_name)


def _key(model: type[Model], street: Street, number: int) -> Any:
    kind = model._meta.pk
    if isinstance(kind, fields.UUIDField):
        return uuid.uuid5(uuid.NAMESPACE_OID, f"{number}")
    if isinstance(kind, fields.CharField):
        return street.mark(f"{model._meta.full_name}.{model._meta.pk_attr}")
    if isinstance(kind, fields.DateField):
        return BEGAN + timedelta(days=number % 10)
    return number


def _related(model: type[Model], one: Any, street: Street) -> Any:
    if one.related_model is model:
        return None
    if one.related_model is Person:
        return street.officer
    if one.related_model is File:
        own = model._meta.app or ""
        return street.files.get(own, next(iter(street.files.values())))
    return street.number
