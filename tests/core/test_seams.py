"""What plugins hang on each other's seams is looked at before it is let in."""

from dataclasses import dataclass

import pytest

from core import house as running
from core.contributions import Known, Offer, Seam
from core.kernel import Kernel
from core.permissions import Permission
from core.settings import SettingsSource
from tests.factories import plugin


@dataclass(frozen=True)
class Tool:
    name: str
    permission: str = ""


def problem(tool: Tool, known: Known) -> str:
    if tool.name in {one.name for one in known.things}:
        return f"已经有“{tool.name}”。"
    if tool.permission and tool.permission not in known.permissions:
        return f"没有“{tool.permission}”这个权限。"
    return ""


def load(*found) -> Kernel:
    return Kernel.load(SettingsSource({}, {}), found=found)


def trees(**more):
    seam = Seam(name="trees.tools", accepts=Tool, check=problem)
    return plugin("trees", add_seams=[seam], **more)


def saw(name: str = "saw", **more):
    return Offer(seam="trees.tools", thing=Tool(name, **more))


def test_the_owners_things_come_first_then_those_of_who_requires_it():
    kernel = load(
        plugin("an_elm", requires=("trees",), add_offers=[saw("axe"), saw("rope")]),
        trees(add_offers=[saw()]),
        plugin("zoo", requires=("trees",), add_offers=[saw("net")]),
    )
    assert not kernel.failed
    running.enter(kernel.house())
    assert [tool.name for tool in running.offered("trees.tools")] == ["saw", "axe", "rope", "net"]
    assert running.offered("trees.nothing") == ()


@pytest.mark.parametrize(
    ("offer", "requires", "sentence"),
    [
        (saw(), ("trees",), "插件“elm”交给“trees.tools”的东西不能用：已经有“saw”。"),
        (
            saw("axe", permission="elm.fell"),
            ("trees",),
            "插件“elm”交给“trees.tools”的东西不能用：没有“elm.fell”这个权限。",
        ),
        (
            Offer(seam="trees.tools", thing="axe"),
            ("trees",),
            "插件“elm”交给“trees.tools”的东西不能用：要的是 Tool，给的是 str。",
        ),
        (
            saw("axe"),
            (),
            "插件“elm”要接在“trees.tools”上，请在 manifest 里写明 requires=(…, 'trees')。",
        ),
        (
            Offer(seam="trees.toys", thing=1),
            ("trees",),
            "插件“elm”要接在“trees.toys”上，而没有插件留了这个接缝。",
        ),
    ],
)
def test_what_does_not_fit_keeps_its_plugin_out_and_says_why(offer, requires, sentence):
    good = [saw("good")] if requires else []
    kernel = load(
        trees(add_offers=[saw()]),
        plugin("elm", requires=requires, add_offers=[*good, offer]),
        plugin("on_elm", requires=("elm",)),
    )
    assert list(kernel.plugins) == ["trees"]
    assert kernel.failed["elm"] == sentence
    assert [one.name for one in kernel.house().offers["trees.tools"]] == ["saw"]


def test_a_check_sees_the_permissions_of_everyone_before_and_of_who_offers():
    names = ("elm.fell", "trees.see", "plugins.manage")
    kernel = load(
        trees(add_permissions=[Permission(name="trees.see", title="看树")]),
        plugin(
            "elm",
            requires=("trees",),
            add_permissions=[Permission(name="elm.fell", title="砍树")],
            add_offers=[saw(name, permission=name) for name in names],
        ),
    )
    assert not kernel.failed


def test_a_check_that_breaks_keeps_out_only_who_offers():
    def broken(tool: Tool, known: Known) -> str:
        raise ZeroDivisionError

    seam = Seam(name="trees.tools", accepts=Tool, check=broken)
    kernel = load(
        plugin("trees", add_seams=[seam]),
        plugin("elm", requires=("trees",), add_offers=[saw()]),
    )
    assert list(kernel.plugins) == ["trees"]
    assert kernel.failed["elm"].startswith("插件“elm”装载时出错：ZeroDivisionError")


def test_a_seam_bears_its_owners_name_and_is_there_once():
    kernel = load(
        plugin("elm", add_seams=[Seam(name="trees.tools", accepts=Tool)]),
        plugin("oak", add_seams=[Seam(name="oak.a", accepts=Tool)] * 2),
    )
    assert kernel.failed == {
        "elm": "插件“elm”的接缝“trees.tools”要以“elm.”开头。",
        "oak": "插件“oak”把接缝“oak.a”定义了两次。",
    }
