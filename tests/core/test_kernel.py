"""Plugins come in by what they require, clash by name, and fail alone."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from types import ModuleType
from typing import ClassVar

import pytest
import strawberry
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from tortoise import fields

from core import discovery
from core.contributions import Extension, Listener, Menu, Page, Tables
from core.discovery import Found, discover
from core.errors import SetupError
from core.facts import Fact
from core.files import Keeper
from core.hooks import hookimpl
from core.jobs import Job
from core.kernel import Kernel
from core.manifest import Manifest
from core.ordering import order
from core.permissions import Permission, Role
from core.settings import Section, SettingsSource
from core.tables import Model
from tests.factories import plugin


def load(*found, disabled=(), refused=None, sections=None, **values) -> Kernel:
    source = SettingsSource(values, sections or {})
    return Kernel.load(source, found=found, disabled=disabled, refused=refused)


# ---------------------------------------------------------------------------------------- order


@st.composite
def acyclic(draw):
    names = draw(st.permutations([f"p{number}" for number in range(draw(st.integers(1, 9)))]))
    found = []
    for number, name in enumerate(names):
        needs = draw(st.sets(st.sampled_from(names[:number]))) if number else ()
        found.append(plugin(name, requires=tuple(needs), third_party=draw(st.booleans())))
    return found, draw(st.permutations(found))


@given(acyclic())
def test_what_is_required_comes_first_whatever_the_order_of_discovery(both):
    found, shuffled = both
    kernel = load(*found)
    names = list(kernel.plugins)
    assert sorted(names) == sorted(one.name for one in found)
    assert not kernel.failed
    for one in found:
        assert all(names.index(need) < names.index(one.name) for need in one.card.requires)
    assert list(load(*shuffled).plugins) == names


@given(acyclic())
def test_the_plugins_of_this_house_come_first_if_they_require_no_others(both):
    found, _ = both
    theirs = {one.name for one in found if one.third_party}
    if any(theirs & {*one.card.requires} for one in found if not one.third_party):
        return
    third = [name in theirs for name in load(*found).plugins]
    assert third == sorted(third)


def test_third_parties_come_after_the_plugins_of_this_house():
    found = [
        plugin("a_third", third_party=True),
        plugin("cases", requires=("places",)),
        plugin("places"),
    ]
    assert list(load(*found).plugins) == ["places", "cases", "a_third"]


@given(st.permutations(["a", "b", "c", "d", "e", "f"]))
def test_a_circle_is_named_and_the_others_load(names):
    needs = {"a": ("b",), "b": ("a",), "c": ("b",), "d": ("e",), "e": (), "f": ("f",)}
    kernel = load(*(plugin(name, requires=needs[name]) for name in names))
    assert list(kernel.plugins) == ["e", "d"]
    assert kernel.failed == {
        "a": "插件互相依赖成环：a、b。",
        "b": "插件互相依赖成环：a、b。",
        "c": "插件“c”需要的“b”没能装载：插件互相依赖成环：a、b。",
        "f": "插件互相依赖成环：f。",
    }


@given(st.permutations(["a", "b", "c"]))
def test_circles_that_touch_are_named_the_same_whatever_the_order_of_discovery(names):
    needs = {"a": ("b",), "b": ("a", "c"), "c": ("b",)}
    found = {name: plugin(name, requires=needs[name]) for name in names}
    failed: dict[str, str] = {}
    again: dict[str, str] = {}
    assert order(found, failed) == order(dict(sorted(found.items())), again)
    assert failed == again


# ------------------------------------------------------------------------------------ isolation


def raising(error):
    def hook():
        raise error

    return hook


def test_a_plugin_that_raises_is_named_and_the_rest_loads_without_what_requires_it():
    kernel = load(
        plugin("good"),
        plugin("bad", add_menu=raising(ValueError("no menu today"))),
        plugin("on_bad", requires=("bad",)),
        plugin("on_on_bad", requires=("on_bad", "good")),
    )
    reason = "插件“bad”装载时出错：ValueError: no menu today"
    assert list(kernel.plugins) == ["good"]
    assert kernel.failed == {
        "bad": reason,
        "on_bad": f"插件“on_bad”需要的“bad”没能装载：{reason}",
        "on_on_bad": f"插件“on_on_bad”需要的“on_bad”没能装载：{kernel.failed['on_bad']}",
    }


def test_a_plugin_that_wants_to_end_the_program_is_left_out():
    kernel = load(plugin("bad", add_menu=raising(SystemExit(1))), plugin("good"))
    assert list(kernel.plugins) == ["good"]


def test_a_misspelt_hook_is_refused():
    found = plugin("bad", add_menus=[])
    kernel = load(found, plugin("good"))
    assert list(kernel.plugins) == ["good"]
    assert "“bad”写了不存在的接口" in kernel.failed["bad"]
    assert "add_menus" in kernel.failed["bad"]


def test_a_hook_that_wants_an_argument_is_refused():
    found = plugin("bad")

    def add_menu(kernel):
        return []

    found.module.add_menu = hookimpl(add_menu)
    assert "bad" in load(found).failed


def test_a_missing_neighbour_is_named():
    kernel = load(plugin("a", requires=("gone",)))
    assert kernel.failed == {"a": "插件“a”需要“gone”，而它没有安装。"}


@pytest.mark.parametrize(
    ("needs", "fits"),
    [(">=0.1,<1", True), ("==0.1.0", True), (">=0.2", False), ("<0.1", False), ("neu", False)],
)
def test_the_front_doors_version_is_checked(needs, fits):
    module = ModuleType("m")
    module.manifest = Manifest(name="a", title="甲", version="1.0", needs_liuhe=needs)
    found = discovery._read("a", lambda: module)
    assert (found.problem == "") is fits
    assert (found.manifest is not None) is fits


@pytest.mark.parametrize(
    ("name", "version"),
    [("A", "1"), ("two words", "1"), ("core", "1"), ("admin", "1"), ("a", "first"), ("1a", "1")],
)
def test_a_wrong_card_is_refused(name, version):
    module = ModuleType("m")
    module.manifest = Manifest(name=name, title="甲", version=version)
    assert discovery._read(name, lambda: module).problem


@pytest.fixture
def own_plugins() -> Iterator[None]:
    """The package `plugins` may be another one meanwhile."""
    before = {name: sys.modules.pop(name) for name in _plugin_modules()}
    yield
    for name in _plugin_modules():
        del sys.modules[name]
    sys.modules.update(before)


def _plugin_modules() -> list[str]:
    return [name for name in sys.modules if name.split(".")[0] == "plugins"]


@pytest.mark.usefixtures("own_plugins")
def test_a_folder_is_found_even_if_it_cannot_be_imported(tmp_path, monkeypatch):
    card = (
        "from core.manifest import Manifest\nmanifest = Manifest(name={!r}, title='', version='1')"
    )
    for name, text in {
        "a_good": card.format("a_good"),
        "b_broken": "import nowhere_at_all",
        "c_syntax": "def",
        "d_nothing": "",
        "e_liar": card.format("another"),
        "f_exits": "raise SystemExit(1)",
    }.items():
        (tmp_path / "plugins" / name).mkdir(parents=True)
        (tmp_path / "plugins" / name / "__init__.py").touch()
        (tmp_path / "plugins" / name / "plugin.py").write_text(text)
    (tmp_path / "plugins" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(discovery, "_packages", lambda: ())

    found = list(discover())
    kernel = load(*found)

    names = ["a_good", "b_broken", "c_syntax", "d_nothing", "e_liar", "f_exits"]
    assert [one.name for one in found] == names
    assert list(kernel.plugins) == ["a_good"]
    assert kernel.failed["b_broken"] == (
        "插件“b_broken”导入失败：ModuleNotFoundError: No module named 'nowhere_at_all'"
    )
    assert "SyntaxError" in kernel.failed["c_syntax"]
    assert "没有 manifest" in kernel.failed["d_nothing"]
    assert "自称“another”" in kernel.failed["e_liar"]


def test_a_package_with_a_taken_name_is_named_and_left_out(monkeypatch):
    ours, theirs = plugin("a"), plugin("a", third_party=True)
    monkeypatch.setattr(discovery, "_folder", lambda: [ours])
    monkeypatch.setattr(discovery, "_packages", lambda: [theirs])
    first, second = discover()
    assert first is ours
    assert "插件名“a”已被" in second.problem
    kernel = load(first, second)
    assert list(kernel.plugins) == ["a"]
    assert list(kernel.failed.values()) == [second.problem]


# -------------------------------------------------------------------------------------- clashes


@dataclass(frozen=True, kw_only=True)
class Told(Fact):
    name: ClassVar[str] = "a.told"


class Keys(Section):
    seconds: int = 3


@strawberry.type
class Fields:
    @strawberry.field
    def case_count(self) -> int:
        return 1


@strawberry.type
class SameFieldOtherwise:
    @strawberry.field(name="caseCount")
    def number(self) -> int:
        return 1


async def nothing(*_):
    return None


def page(_):
    return PlainTextResponse("")


def clashing(kind: str) -> tuple[dict, dict]:
    """What two plugins hand over so that they clash in this kind."""
    job = Job(name="sweep", run=nothing)
    same = {
        "菜单": {"add_menu": [Menu(title="", href="/admin/x", icon="", permission="")]},
        "权限": {"add_permissions": [Permission(name="x.see", title="")]},
        "角色": {"add_roles": [Role(name="nurse", title="", reach="area")]},
        "任务": {"add_jobs": [job]},
        "事实": {"add_facts": [Told]},
        "文件类别": {"add_keepers": [Keeper(kind="x", may_see=nothing)]},
        "设置类": {"add_settings": Keys},
    }
    if kind == "GraphQL 字段":
        return (
            {"add_graphql": [Extension("Query", Fields)]},
            {"add_graphql": [Extension("Query", SameFieldOtherwise)]},
        )
    if kind == "投递":
        listener = Listener(Told, nothing, name="told")
        return {"add_listeners": [listener]}, {"add_listeners": [listener]}
    return same[kind], same[kind]


KINDS = ["GraphQL 字段", "菜单", "权限", "角色", "任务", "投递", "事实", "文件类别", "设置类"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_clash_names_both_and_leaves_out_the_later_alone(kind):
    ours, theirs = clashing(kind)
    kernel = load(
        plugin("a_theirs", third_party=True, **theirs),
        plugin("b_ours", **ours),
        plugin("c_ours"),
    )
    assert list(kernel.plugins) == ["b_ours", "c_ours"]
    assert list(kernel.failed) == ["a_theirs"]
    assert "“a_theirs”和“b_ours”都定义了" in kernel.failed["a_theirs"]


def test_the_same_name_in_different_kinds_is_no_clash():
    kernel = load(
        plugin("a", add_permissions=[Permission(name="x", title="")]),
        plugin("b", add_jobs=[Job(name="x", run=nothing)]),
        plugin("c", add_graphql=[Extension("Query", Fields)]),
        plugin("d", add_graphql=[Extension("Case", SameFieldOtherwise)]),
    )
    assert list(kernel.plugins) == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    "given",
    [
        {"add_permissions": [Permission(name="people.manage", title="", roles=("resident",))]},
        {"add_roles": [Role(name="resident", title="", reach="area")]},
        {"add_jobs": [Job(name="core.forget_facts", run=nothing)]},
    ],
)
def test_nobody_may_redefine_what_is_the_kernels(given):
    kernel = load(plugin("a", **given))
    assert list(kernel.failed) == ["a"]
    assert "“a”和“liuhe”都定义了" in kernel.failed["a"]


def test_what_a_plugin_defines_twice_is_refused():
    routes = [
        Page(route=Route("/x", page, methods=["GET"])),
        Page(route=Route("/x", page, methods=["GET", "POST"])),
    ]
    assert "GET /admin/a/x”定义了两次" in load(plugin("a", add_pages=routes)).failed["a"]
    other = [Page(route=Route("/x", page)), Page(route=Route("/x", page, methods=["POST"]))]
    assert load(plugin("a", add_pages=other)).failed == {}


def test_a_name_that_no_column_can_hold_is_refused_at_start():
    kernel = load(plugin("a", add_jobs=[Job(name="x" * 161, run=nothing)]))
    assert "名字太长" in kernel.failed["a"]


def test_fields_must_be_strawberrys():
    kernel = load(plugin("a", add_graphql=[Extension("Query", Keys)]))
    assert "@strawberry.type" in kernel.failed["a"]


class Thing(Model):
    id = fields.IntField(primary_key=True)

    class Meta:
        table = "a_b_thing"


def test_tables_bear_their_plugins_name_and_clash_by_it():
    tables = Tables(modules=[__name__], migrations="nowhere")
    kernel = load(
        plugin("a", add_models=tables),
        plugin("a_b", add_models=tables),
        plugin("c", add_models=tables),
    )
    assert list(kernel.plugins) == ["a"]
    assert kernel.failed["a_b"].startswith("插件“a_b”和“a”都定义了数据表“a_b_thing”")
    assert "以“c_”开头" in kernel.failed["c"]


# ------------------------------------------------------------------------------------- choosing


HOUSE = {"places": (), "cases": ("places",), "eye": ("cases",), "power": ("cases",), "alone": ()}


def house() -> list[Found]:
    return [plugin(name, requires=needs) for name, needs in HOUSE.items()]


def test_all_are_on_if_nobody_chose():
    assert set(load(*house()).plugins) == set(HOUSE)


def test_chosen_plugins_bring_what_they_require():
    kernel = load(*house(), plugins="eye")
    assert list(kernel.plugins) == ["places", "cases", "eye"]
    assert set(kernel.off) == {"power", "alone"}
    assert kernel.failed == {}


def test_disabling_takes_dependants_along():
    kernel = load(*house(), disabled=["cases"])
    assert set(kernel.plugins) == {"places", "alone"}
    assert set(kernel.off) == {"cases", "eye", "power"}


def test_settings_win_over_the_stored_choice():
    kernel = load(*house(), plugins="eye", disabled=["places"])
    assert list(kernel.plugins) == ["places", "cases", "eye"]


def test_a_chosen_plugin_that_is_not_there_is_named():
    kernel = load(*house(), plugins="alone,eyes")
    assert list(kernel.plugins) == ["alone"]
    assert kernel.failed == {"eyes": "设置 LIUHE_PLUGINS 里的插件“eyes”没有安装。"}


def test_a_plugin_found_wanting_later_is_left_out_with_its_reason():
    kernel = load(*house(), refused={"cases": "schema"})
    assert set(kernel.plugins) == {"places", "alone"}
    assert kernel.failed["cases"] == "schema"
    assert kernel.failed["eye"] == "插件“eye”需要的“cases”没能装载：schema"


@given(st.sets(st.sampled_from(sorted(HOUSE))))
def test_nothing_runs_without_what_it_requires(names):
    for kernel in (load(*house(), disabled=names), load(*house(), plugins=tuple(names))):
        assert all(need in kernel.plugins for name in kernel.plugins for need in HOUSE[name])
        assert set(kernel.plugins) | set(kernel.off) == set(HOUSE)


# ------------------------------------------------------------------------------------- assembly


def test_a_plugins_settings_reach_it_and_its_unknown_key_stops_it_alone():
    one = plugin("a", add_settings=Keys)
    assert load(one, sections={"a": {"seconds": "5"}}).sections == {Keys: Keys(seconds=5)}
    kernel = load(one, plugin("b"), sections={"a": {"second": 5}})
    assert list(kernel.plugins) == ["b"]
    assert kernel.failed == {"a": "没有“[a] second”这项设置，您是不是想写“seconds”？"}


def test_a_section_of_a_plugin_that_is_not_here_stops_the_start():
    with pytest.raises(SetupError, match=r"city_eyes.*city_eye"):
        load(plugin("city_eye"), sections={"city_eyes": {}})
    load(plugin("city_eye"), sections={"city_eye": {}}, disabled=["city_eye"])


def test_roles_are_allowed_what_plugins_say():
    kernel = load(
        plugin(
            "a",
            add_roles=[Role(name="nurse", title="护士", reach="unit")],
            add_permissions=[
                Permission(name="a.see", title="", roles=("nurse", "grid")),
                Permission(name="a.write", title="", roles=("nurse",)),
            ],
        )
    )
    roster = kernel.house().roster
    assert roster.grant("nurse", "", 7).names == {"a.see", "a.write"}
    assert roster.grant("nurse", "", 7).reach == "unit"
    assert roster.grant("grid", "1.", None).names == {"a.see", "exports.make", "files.upload"}
    assert roster.grant("unknown", "1.", None).names == frozenset()


def test_the_workers_list_has_own_work_plugins_work_and_deliveries():
    kernel = load(
        plugin("a", add_jobs=[Job(name="a.sweep", run=nothing, every=timedelta(hours=1))]),
        plugin("b", requires=("a",), add_listeners=[Listener(Told, nothing, name="b.hear")]),
    )
    assert {"core.forget_facts", "a.sweep", "fact:a.told:b.hear"} <= set(kernel.jobs)
    assert kernel.house().listeners == {"a.told": ("fact:a.told:b.hear",)}
