"""The door plate of hotline 12345 热线工单."""

from collections.abc import Sequence

from liuhe import (
    Audited,
    DataUse,
    Demo,
    Export,
    Extension,
    Import,
    Listener,
    Manifest,
    Menu,
    Page,
    Permission,
    PersonalKind,
    Retention,
    Slot,
    Tables,
    Waiting,
    hookimpl,
)
from plugins.hotline import jobs, permissions
from plugins.hotline.actions import IMPORTS, RETENTIONS
from plugins.hotline.pages import EXPORTS, PAGES, count_unmapped, show_on_case, told_anew, waiting
from plugins.hotline.schema import EXTENSIONS
from plugins.hotline.seeds import make

manifest = Manifest(
    name="hotline",
    title="12345 热线工单",
    version="0.1.0",
    summary="热线平台的工单用表格导入，按任务号认出同一件，转成案件；不归本区的写明依据退回，结果再导出。",
    requires=("cases", "places"),
    data=(
        DataUse(
            purpose="办理 12345 热线转来的诉求，并把结果报给热线平台",
            basis="履行法定职责",
            fields=("诉求内容", "地址", "办理结果"),
            term="来电受理后 3 年，到期去掉，只留任务号、类型和时间",
        ),
        DataUse(
            purpose="向来电人核实情况和回访",
            basis="履行法定职责",
            fields=("姓名（加密）", "电话（加密）"),
            term="导入后 1 年销毁",
        ),
    ),
)


@hookimpl
def add_models() -> Tables:
    return Tables(modules=("plugins.hotline.models",), migrations="migrations.hotline")


@hookimpl
def add_permissions() -> Sequence[Permission]:
    return permissions.PERMISSIONS


@hookimpl
def add_audited() -> Sequence[Audited]:
    return permissions.AUDITED


@hookimpl
def add_personal() -> Sequence[PersonalKind]:
    return (permissions.CALLED_BY,)


@hookimpl
def add_retention() -> Sequence[Retention]:
    return RETENTIONS


@hookimpl
def add_imports() -> Sequence[Import]:
    return IMPORTS


@hookimpl
def add_exports() -> Sequence[Export]:
    return EXPORTS


@hookimpl
def add_graphql() -> Sequence[Extension]:
    return EXTENSIONS


@hookimpl
def add_pages() -> Sequence[Page]:
    return PAGES


@hookimpl
def add_menu() -> Sequence[Menu]:
    return (
        Menu(
            title="热线工单",
            href="/admin/hotline/",
            icon="phone",
            permission=permissions.SEE,
            order=32,
            badge=count_unmapped,
        ),
    )


@hookimpl
def add_listeners() -> Sequence[Listener]:
    return jobs.LISTENERS


@hookimpl
def add_slots() -> Sequence[Slot]:
    return (Slot(place="case.after_facts", render=show_on_case, order=15),)


@hookimpl
def add_waiting() -> Sequence[Waiting]:
    return (Waiting(look=waiting, order=35), Waiting(look=told_anew, order=36))


@hookimpl
def add_demo() -> Demo:
    return Demo(make=make)
