"""A plugin that keeps personal data says what for and how long, or does not start."""

import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from tortoise import fields

from core.contributions import PersonalField, PersonalKind, Retention, Tables
from core.database import CORE_TABLES
from core.kernel import Kernel
from core.manifest import DataUse
from core.settings import SettingsSource
from core.tables import Model, personal, personal_in
from core.terms import RETENTIONS, check_retention
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


def load(*, data: tuple[DataUse, ...] = (), tables: Tables, **hooks: Any) -> Kernel:
    found = [plugin("trees", add_models=lambda: tables, data=data, **hooks)]
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


def tree(tables: Tables) -> Any:
    return vars(sys.modules[tables.modules[0]])["Tree"]


def term(of: Any, **given: Any) -> Retention:
    known = {"title": "树", "basis": "个人同意", "starts": "种下", "days": 30, "action": "delete"}
    return Retention(of=of, **{**known, "since": "planted_at", **given})


def test_what_is_declared_comes_in(tables) -> None:
    made = tables(owner=link())
    kernel = load(data=(USE,), tables=made, add_retention=[term(tree(made))])
    assert list(kernel.plugins) == ["trees"]


def test_personal_data_without_a_term_keeps_a_plugin_out_with_a_sentence(tables) -> None:
    kind = PersonalKind(
        name="trees.owner",
        title="认养人",
        fields=(PersonalField(name="phone", title="电话"),),
        permission="trees.see",
    )
    kernel = load(data=(USE,), tables=tables(owner=link()), add_personal=[kind])
    assert kernel.failed == {
        "trees": "插件“trees”的 Tree、trees.owner 存有个人信息，而它没有写明保存期限；"
        "请在 add_retention() 里为它写一条 Retention(of=…, days=…, action=…)，"
        "或写进另一条的 covers。"
    }


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"of": "trees.nobody"}, "管的不是它自己的表，也不是它的个人信息类别"),
        ({"basis": ""}, "没有写全"),
        ({"starts": "长" * 81}, "写得太长"),
        ({"days": None}, "days 和 action 对不上"),
        ({"action": "keep"}, "days 和 action 对不上"),
        ({"action": "destroy"}, "action 不对"),
        ({"since": ""}, "没有说从哪一列起算"),
        ({"action": "anonymise"}, "forget 不对"),
        ({"thing": "树", "job": "trees.forget"}, "不能保全"),
    ],
)
def test_a_term_that_does_not_fit_is_refused_with_a_sentence(tables, given, said) -> None:
    made = tables(owner=link())
    kernel = load(
        data=(USE,), tables=made, add_retention=[term(given.pop("of", tree(made)), **given)]
    )
    assert kernel.failed["trees"].startswith("插件“trees”的保存期限“树”")
    assert said in kernel.failed["trees"]


def test_the_kernels_own_tables_with_personal_data_have_a_term() -> None:
    told = {one.__name__ for rule in RETENTIONS for one in (rule.of, *rule.covers)}
    personal_ones = {one.partition(".")[0] for one in personal_in(CORE_TABLES.modules)}
    assert personal_ones - told == set()
    for rule in RETENTIONS:
        check_retention("core", CORE_TABLES, (), [rule, *RETENTIONS])


def test_what_holds_nothing_personal_declares_nothing(tables) -> None:
    assert list(load(tables=tables(height=fields.IntField())).plugins) == ["trees"]
