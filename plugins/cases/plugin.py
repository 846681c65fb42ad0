"""The door plate of cases 案件."""

from collections.abc import Sequence

from liuhe import (
    Audited,
    DataUse,
    Demo,
    Export,
    Extension,
    Fact,
    Import,
    Indicator,
    Job,
    Keeper,
    Listener,
    Manifest,
    MapLayer,
    Menu,
    Offer,
    Page,
    Permission,
    Retention,
    Seam,
    Section,
    Slot,
    Tables,
    Waiting,
    hookimpl,
)
from plugins.cases import facts, permissions
from plugins.cases.actions import IMPORTS, RETENTIONS, UNIT_ADVICE, Adviser
from plugins.cases.actions.documents import KEEPER
from plugins.cases.indicators import INDICATORS
from plugins.cases.jobs import JOBS, LISTENERS
from plugins.cases.models import FLOWS, check_flow
from plugins.cases.pages import (
    EXPORTS,
    PAGES,
    WAITING,
    count_mine,
    show_documents,
    show_in_hand,
    show_readers_link,
)
from plugins.cases.pages.on_map import LAYERS
from plugins.cases.rules import ARCHIVE, ON_THE_SPOT, STANDARD, Flow
from plugins.cases.schema import EXTENSIONS
from plugins.cases.seeds import make
from plugins.cases.settings import CasesSettings

manifest = Manifest(
    name="cases",
    title="案件",
    version="0.1.0",
    summary="一件事从上报到评价的全过程：受理、派遣、签收、处置、核查、结案，步步留痕、时时有限。",
    requires=("places",),
    data=(
        DataUse(
            purpose="办理上报的案件并回复上报人",
            basis="履行法定职责",
            fields=("上报人账号", "现场照片（人脸和车牌打码）", "情况说明"),
            term="办结后 3 年（区里可在设置里改），到期删除，只留不含个人信息的案卷骨架",
        ),
    ),
)


@hookimpl
def add_models() -> Tables:
    return Tables(
        modules=(
            "plugins.cases.models.tables",
            "plugins.cases.models.calendar",
            "plugins.cases.models.tasks",
            "plugins.cases.models.phases",
            "plugins.cases.models.words",
        ),
        migrations="migrations.cases",
    )


@hookimpl
def add_settings() -> type[Section]:
    return CasesSettings


@hookimpl
def add_permissions() -> Sequence[Permission]:
    return permissions.PERMISSIONS


@hookimpl
def add_audited() -> Sequence[Audited]:
    return permissions.AUDITED


@hookimpl
def add_retention() -> Sequence[Retention]:
    return RETENTIONS


@hookimpl
def add_facts() -> Sequence[type[Fact]]:
    return (
        facts.CaseOpened,
        facts.CaseMoved,
        facts.CaseDueSoon,
        facts.CaseOverdue,
        facts.TaskCalled,
        facts.TaskMoved,
        facts.TaskDueSoon,
        facts.TaskOverdue,
    )


@hookimpl
def add_jobs() -> Sequence[Job]:
    return JOBS


@hookimpl
def add_listeners() -> Sequence[Listener]:
    return LISTENERS


@hookimpl
def add_keepers() -> Sequence[Keeper]:
    return (
        Keeper(kind="cases", may_see=permissions.may_see_file, about="cases.Case"),
        Keeper(
            kind=KEEPER,
            may_see=permissions.may_see_document,
            about="cases.Case",
            documents=True,
        ),
    )


@hookimpl
def add_graphql() -> Sequence[Extension]:
    return EXTENSIONS


@hookimpl
def add_indicators() -> Sequence[Indicator]:
    return INDICATORS


@hookimpl
def add_imports() -> Sequence[Import]:
    return IMPORTS


@hookimpl
def add_exports() -> Sequence[Export]:
    return EXPORTS


@hookimpl
def add_seams() -> Sequence[Seam]:
    return (
        Seam(name=FLOWS, accepts=Flow, check=check_flow),
        Seam(name=UNIT_ADVICE, accepts=Adviser),
    )


@hookimpl
def add_offers() -> Sequence[Offer]:
    return tuple(Offer(seam=FLOWS, thing=flow) for flow in (STANDARD, ON_THE_SPOT, ARCHIVE))


@hookimpl
def add_pages() -> Sequence[Page]:
    return PAGES


@hookimpl
def add_menu() -> Sequence[Menu]:
    return (
        Menu(
            title="案件",
            href="/admin/cases/",
            icon="inbox",
            permission="cases.see",
            order=10,
            badge=count_mine,
        ),
    )


@hookimpl
def add_slots() -> Sequence[Slot]:
    return (
        Slot(place="person.in_hand", render=show_in_hand),
        Slot(place="case.after_facts", render=show_documents, order=60),
        Slot(place="case.after_facts", render=show_readers_link, order=90),
    )


@hookimpl
def add_map_layers() -> Sequence[MapLayer]:
    return LAYERS


@hookimpl
def add_waiting() -> Sequence[Waiting]:
    return WAITING


@hookimpl
def add_demo() -> Demo:
    return Demo(make=make)
