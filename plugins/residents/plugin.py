"""居民上报: 你钉我办, without an account."""

from collections.abc import Sequence

from liuhe import (
    Audited,
    DataUse,
    Extension,
    Fact,
    Job,
    Manifest,
    Menu,
    Page,
    Permission,
    PersonalKind,
    Preparation,
    Retention,
    Section,
    Slot,
    Tables,
    Waiting,
    hookimpl,
)
from plugins.residents import facts, permissions
from plugins.residents.actions import RETENTIONS, prepare_account
from plugins.residents.jobs import JOBS
from plugins.residents.pages import PAGES, show_on_case, waiting
from plugins.residents.schema import EXTENSIONS
from plugins.residents.settings import ResidentsSettings

manifest = Manifest(
    name="residents",
    title="居民上报",
    version="0.1.0",
    summary="居民不用账号，用手机上报一件事，凭查询码看进展、答复、评价；窗口和电话由工作人员代录。",
    requires=("cases", "places"),
    data=(
        DataUse(
            purpose="办理居民上报的事，并告诉上报的人办得怎样",
            basis="履行法定职责",
            fields=("居民写的情况", "现场照片（人脸和车牌打码）", "地点"),
            term="与案卷同期保存；查询码在办结后 180 天失效（区里可在设置里改）",
        ),
        DataUse(
            purpose="上报人想要电话答复时，与其联系",
            basis="本人同意",
            fields=("联系电话（加密）",),
            term="办结后 90 天销毁（区里可在设置里改）；本人可以随时删除",
        ),
        DataUse(
            purpose="防止恶意刷屏和猜测查询码",
            basis="履行法定职责（网络安全）",
            fields=("网络地址的加密指纹",),
            term="两天以内清除",
        ),
    ),
)


@hookimpl
def add_models() -> Tables:
    return Tables(modules=("plugins.residents.models",), migrations="migrations.residents")


@hookimpl
def add_settings() -> type[Section]:
    return ResidentsSettings


@hookimpl
def add_permissions() -> Sequence[Permission]:
    return permissions.PERMISSIONS


@hookimpl
def add_audited() -> Sequence[Audited]:
    return permissions.AUDITED


@hookimpl
def add_personal() -> Sequence[PersonalKind]:
    return (permissions.REACHED_BY,)


@hookimpl
def add_retention() -> Sequence[Retention]:
    return RETENTIONS


@hookimpl
def add_facts() -> Sequence[type[Fact]]:
    return (facts.QuestionAsked, facts.QuestionAnswered)


@hookimpl
def add_jobs() -> Sequence[Job]:
    return JOBS


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
            title="居民上报",
            href="/admin/residents/",
            icon="megaphone",
            permission=permissions.ENTER,
            order=30,
        ),
    )


@hookimpl
def add_slots() -> Sequence[Slot]:
    return (Slot(place="case.after_facts", render=show_on_case, order=20),)


@hookimpl
def add_waiting() -> Sequence[Waiting]:
    return (Waiting(look=waiting, order=40),)


@hookimpl
def add_preparations() -> Sequence[Preparation]:
    return (Preparation(prepare_account),)
