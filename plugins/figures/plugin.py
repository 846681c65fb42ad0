"""指标: what plugins count, month by month; closed, traced to its rows, corrected in the open."""

from collections.abc import Sequence

from liuhe import (
    Audited,
    DataUse,
    Demo,
    Export,
    Extension,
    Job,
    Manifest,
    Menu,
    Page,
    Permission,
    Retention,
    Section,
    Tables,
    Waiting,
    hookimpl,
)
from plugins.figures.actions import RETENTIONS
from plugins.figures.jobs import JOBS
from plugins.figures.pages import EXPORTS, PAGES, count_open, waiting
from plugins.figures.permissions import AUDITED, PERMISSIONS, SEE
from plugins.figures.schema import EXTENSIONS
from plugins.figures.seeds import make
from plugins.figures.settings import FiguresSettings

manifest = Manifest(
    name="figures",
    title="指标",
    version="0.1.0",
    summary="各插件的指标按月、按单位、区域、类型汇总；点得到背后的每一件，到期封账，更正留痕，少量不公布。",
    data=(
        DataUse(
            purpose="记下谁封账、谁提出异议、谁答复和更正",
            basis="履行法定职责",
            fields=("封账、提出异议、答复和更正的工作人员账号", "异议和答复的文字"),
            term="和公布的数一起长期保存",
        ),
    ),
)


@hookimpl
def add_models() -> Tables:
    return Tables(modules=("plugins.figures.models",), migrations="migrations.figures")


@hookimpl
def add_settings() -> type[Section]:
    return FiguresSettings


@hookimpl
def add_permissions() -> Sequence[Permission]:
    return PERMISSIONS


@hookimpl
def add_audited() -> Sequence[Audited]:
    return AUDITED


@hookimpl
def add_retention() -> Sequence[Retention]:
    return RETENTIONS


@hookimpl
def add_jobs() -> Sequence[Job]:
    return JOBS


@hookimpl
def add_pages() -> Sequence[Page]:
    return PAGES


@hookimpl
def add_menu() -> Sequence[Menu]:
    return (
        Menu(
            title="指标",
            href="/admin/figures/",
            icon="chart-column",
            permission=SEE,
            order=30,
            badge=count_open,
        ),
    )


@hookimpl
def add_waiting() -> Sequence[Waiting]:
    return (Waiting(look=waiting, order=60),)


@hookimpl
def add_graphql() -> Sequence[Extension]:
    return EXTENSIONS


@hookimpl
def add_exports() -> Sequence[Export]:
    return EXPORTS


@hookimpl
def add_demo() -> Demo:
    return Demo(make=make, last=True)
