"""How a way is tried: the matter stands as it must, the form or mutation goes off, and what all
tables say of a street is compared."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2
from graphql import GraphQLInputObjectType, get_named_type

from core.database import CORE_TABLES, atomic, rows
from core.people import Unit
from core.tables import Model, models_in
from tests.doors.doors import Questions, walk
from tests.doors.planting import Street
from tests.doors.visitors import Visitor
from tests.doors.ways.left import OF_ONESELF, OF_THE_NET, OPEN
from tests.doors.ways.way import Standing, Way
from web.graphql.nodes import global_id

#: A picture that is one, so that its door does not refuse it for what it is.
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
TABLE = "原编号,案件类型,标题,上报时间\n1,0102 暴露垃圾,标题,2026-01-05 10:00\n"
#: By field; after a colon, what kind of file it is there.
FILES = {
    "document": ("permit.pdf", b"%PDF-1.4\n%%EOF"),
    "file": ("x.png", PNG),
    "picture": ("x.png", PNG),
    "file:table": ("cases.csv", TABLE.encode()),
}
_VALUE = re.compile(r"\{(\w+):(int|float|json)\}")
_READ = {"int": int, "float": float, "json": json.loads}
_GLOBAL = re.compile(r"([A-Z]\w+):(.+)")


@dataclass(kw_only=True)
class Sender:
    """Fills in ways for a street. `methods`: of each form's address. `known`: numbers that are the
    same for both streets."""

    schema: Any
    methods: dict[str, str]
    known: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)

    async def send(
        self, way: Way, visitor: Visitor, street: Street, about: Street | None = None
    ) -> httpx2.Response:
        """`about`: the street of all that is named besides the thing itself."""
        more = await self._uploaded(way, visitor)
        named = {**self.words(about or street), **more}
        if not way.door.startswith("/"):
            given = {key: filled(value, named) for key, value in way.given.items()}
            main = next(iter(way.given), "")
            if main in ("id", "caseId", "taskId"):
                given[main] = filled(way.given[main], self.words(street))
            return await visitor.ask(self._text(way.door), {"input": _with_ids(given)})
        path = self._path(way, street)
        fields = {key: filled(value, named) for key, value in way.given.items()}
        return await visitor.send(self.methods[way.door], path, fields, self._files(way, street))

    def _files(self, way: Way, street: Street) -> Any:
        if not way.file:
            return None
        ground = ("ground.geojson", self.words(street)["ground"].encode())
        return {way.file.partition(":")[0]: {**FILES, "file:ground": ground}[way.file]}

    def words(self, street: Street) -> dict[str, str]:
        return {
            "n": str(street.number),
            "officer": str(street.officer),
            "post": str(street.number),
            "second": str(second_of(street)),
            "document": str(street.files["cases.documents"]),
            "east": str(round(street.west + 0.005, 3)),
            "type": street.codes["cases.CaseType.code"],
            "scene": street.codes["city_eye.Scene.code"],
            "polygon": json.dumps(street.polygon),
            "community": community(street),
            "ground": json.dumps({"type": "FeatureCollection", "features": [_feature(street)]}),
            **self.known,
        }

    def _path(self, way: Way, street: Street) -> str:
        words = {key: filled(value, self.words(street)) for key, value in way.words.items()}
        path = re.sub(r"\{(\w+)(:\w+)?\}", lambda found: f"{{{found[1]}}}", way.door)
        usual = {"unit": street.number, "case_id": street.number, "number": 1, "code": "01"}
        usual |= {"id": street.files["video"] if "/blur/" in path else street.number}
        if "figures" in path:
            usual["code"] = "cases.closed"
        return path.format(**{**usual, **words})

    def _text(self, name: str) -> str:
        if name not in self.texts:
            field = self.schema.mutation_type.fields[name]
            chosen = Questions(self.schema, Street(name="none", number=0, west=0)).choose(
                get_named_type(field.type), 2
            )
            kind = field.args["input"].type
            self.texts[name] = f"mutation($input: {kind}) {{ {name}(input: $input) {chosen} }}"
        return self.texts[name]

    async def _uploaded(self, way: Way, visitor: Visitor) -> dict[str, str]:
        if "{file}" not in str(way.given):
            return {}
        answer = await visitor.send("POST", "/files", {}, {"file": FILES["file"]})
        return {"file": answer.json()["id"] if answer.status_code == 201 else str(self.known)}


def community(street: Street) -> str:
    """A code that is free, below the street's own."""
    return f"33010590{street.number % 10}001"


def _feature(street: Street) -> dict[str, Any]:
    told = {"code": community(street), "name": "新社区", "level": "community"}
    return {"type": "Feature", "properties": told, "geometry": street.polygon}


def filled(value: Any, words: Mapping[str, str]) -> Any:
    """The same with the words in place of their names, all the way down."""
    if isinstance(value, dict):
        return {key: filled(one, words) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [filled(one, words) for one in value]
    if not isinstance(value, str) or "{" not in value:
        return value
    if found := _VALUE.fullmatch(value):
        return _READ[found[2]](words[found[1]])
    return re.sub(r"\{(\w+)\}", lambda found: words.get(found[1], found[0]), value)


def _with_ids(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _with_ids(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_with_ids(one) for one in value]
    found = _GLOBAL.fullmatch(value) if isinstance(value, str) else None
    return str(global_id(found[1], found[2])) if found else value


def forms_of(app: Any) -> dict[str, str]:
    """Every address at which something can be changed, with its method."""
    changing = ("POST", "PUT", "PATCH", "DELETE")
    return {
        path: next(one for one in changing if one in methods)
        for path, methods in walk(app.routes)
        if methods & {*changing}
    }


def doors_of(app: Any, schema: Any) -> set[str]:
    """Every form and mutation that the program has, but for what is open to all or one's own."""
    return {*forms_of(app), *schema.mutation_type.fields} - OF_ONESELF - OF_THE_NET - OPEN


def unfilled(schema: Any, way: Way) -> set[str]:
    """Arguments that a mutation cannot do without and the way does not give."""
    if way.door.startswith("/"):
        return set()
    kind = get_named_type(schema.mutation_type.fields[way.door].args["input"].type)
    assert isinstance(kind, GraphQLInputObjectType)
    needed = {key for key, one in kind.fields.items() if str(one.type).endswith("!")}
    needed -= {key for key, one in kind.fields.items() if one.default_value is not None}
    return (needed - set(way.given)) | (set(way.given) - set(kind.fields))


def all_models(kernel: Any) -> list[type[Model]]:
    """Everything that has a table."""
    parts = [CORE_TABLES, *kernel.tables.values()]
    return [one for part in parts for one in models_in(part.modules)]


Rows = dict[str, set[str]]


async def all_rows(kernel: Any) -> Rows:
    """What all tables say."""
    return {
        model._meta.full_name: {
            str(dict(row)) for row in await rows(f'SELECT * FROM "{model._meta.db_table}"')
        }
        for model in all_models(kernel)
    }


def about(street: Street, told: Rows) -> Rows:
    """The rows in which the number or a mark of the street stands."""
    mentioned = re.compile(rf"(?<![\d.]){street.number}(?!\d)|{street.begins}\d")
    return {name: {row for row in found if mentioned.search(row)} for name, found in told.items()}


def writes(queries: Iterable[str]) -> bool:
    """Whether anything but when somebody was last seen was written."""
    return any(
        one.split(maxsplit=1)[0].upper() in ("INSERT", "UPDATE", "DELETE", "WITH")
        and 'UPDATE "core_session"' not in one
        for one in queries
    )


def changed(before: Rows, after: Rows) -> dict[str, list[str]]:
    """The rows that are not as they were, table by table."""
    found = {name: sorted(told ^ after[name]) for name, told in before.items()}
    return {name: told for name, told in found.items() if told}


async def stand(kernel: Any, street: Street, stands: Standing) -> Standing:
    """Have the street's things as a way wants them; how they were before."""
    return tuple([await _stand(kernel, street, name, told) for name, told in stands])


@atomic
async def _stand(
    kernel: Any, street: Street, name: str, columns: Mapping[str, Any]
) -> tuple[str, dict[str, Any]]:
    plain = name.strip("+-")
    model = next(one for one in all_models(kernel) if one._meta.full_name == plain)
    if name.startswith("-"):
        await model.filter(pk=second_of(street)).delete()
        return f"+{plain}", {}
    row = await model.get(pk=street.number)
    was = {column: getattr(row, column) for column in columns}
    if name.startswith("+"):
        row = row.clone(pk=second_of(street))
        row._custom_generated_pk = True
    row.update_from_dict(dict(columns))
    await row.save(**{"force_create": True} if name != plain else {"update_fields": [*columns]})
    return (name if name == plain else f"-{plain}"), was


def second_of(street: Street) -> int:
    return street.number + 5


async def helper_id() -> str:
    return str((await Unit.get(code="helper")).id)
