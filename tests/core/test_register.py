"""A plugin that keeps personal data says what for, or does not start."""

import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from tortoise import fields

from core.contributions import Tables
from core.kernel import Kernel
from core.manifest import DataUse
from core.settings import SettingsSource
from core.tables import Model, personal
from tests.factories import plugin

USE = DataUse(purpose="通知认养人", basis="个人同意", fields=("姓名",), term="一年")


@pytest.fixture
def tables() -> Iterator[Any]:
    """`tables(owner=…)` gives a module with one model `trees_tree` of these fields."""
    made = []

    def make(**given: Any) -> Tables:
        name = f"invented_trees_{len(made)}_{id(made)}"
        module = ModuleType(name)
        meta = type("Meta", (), {"table": "trees_tree"})
        columns = {"id": fields.BigIntField(primary_key=True), **given}
        body = {"Meta": meta, "__module__": name, **columns}
        module.Tree = type("Tree", (Model,), body)  # type: ignore[attr-defined]
        sys.modules[name] = module
        made.append(name)
        return Tables(modules=(name,), migrations="")

    yield make
    for name in made:
        del sys.modules[name]


def load(*, data: tuple[DataUse, ...] = (), tables: Tables) -> Kernel:
    found = [plugin("trees", add_models=lambda: tables, data=data)]
    return Kernel.load(SettingsSource({}, {}), found=found)


def link() -> Any:
    return fields.ForeignKeyField("core.Person", related_name="trees")


@pytest.mark.parametrize(
    "field", [link, lambda: personal(fields.CharField(max_length=20))], ids=["link", "marked"]
)
def test_undeclared_personal_data_keeps_a_plugin_out_with_a_sentence(tables, field) -> None:
    kernel = load(tables=tables(owner=field()))
    assert kernel.failed == {
        "trees": "插件“trees”的 Tree.owner 是个人信息，而它没有登记处理活动；"
        "请在 manifest 里写明 data=(DataUse(purpose=…, basis=…, fields=…, term=…),)。"
    }


def test_what_is_declared_comes_in(tables) -> None:
    assert list(load(data=(USE,), tables=tables(owner=link())).plugins) == ["trees"]


def test_what_holds_nothing_personal_declares_nothing(tables) -> None:
    assert list(load(tables=tables(height=fields.IntField())).plugins) == ["trees"]
