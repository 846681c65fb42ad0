"""Open311 GeoReport v2: the door for other programs."""

from collections.abc import Sequence

from liuhe import (
    Audited,
    DataUse,
    Demo,
    Manifest,
    Menu,
    Page,
    Permission,
    PersonalKind,
    Retention,
    Section,
    Slot,
    Tables,
    hookimpl,
)
from plugins.open311 import permissions
from plugins.open311.actions import RETENTIONS
from plugins.open311.pages import PAGES, show_on_case
from plugins.open311.seeds import offer_some
from plugins.open311.settings import Open311Settings

manifest = Manifest(
    name="open311",
    title="开放接口（Open311）",
    version="0.1.0",
    summary="别的应用按 Open311 上报、查进展、补充说明；公开的只有事项、大致位置和办到哪一步。",
    requires=("cases", "places", "residents"),
    data=(
        DataUse(
            purpose="办理经其他应用上报的事，并告诉上报的人办得怎样",
            basis="履行法定职责",
            fields=("上报的情况", "现场照片（人脸和车牌打码）", "地点", "补充说明"),
            term="与案卷同期保存",
        ),
        DataUse(
            purpose="需要时与上报的人联系",
            basis="本人同意（由上报的应用取得）",
            fields=("姓名、电话、电子邮箱（加密）",),
            term="办结后 90 天销毁（区里可在设置里改）",
        ),
    ),
)


@hookimpl
def add_models() -> Tables:
    return Tables(modules=("plugins.open311.models",), migrations="migrations.open311")


@hookimpl
def add_settings() -> type[Section]:
    return Open311Settings


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
def add_pages() -> Sequence[Page]:
    return PAGES


@hookimpl
def add_menu() -> Sequence[Menu]:
    return (
        Menu(
            title="开放接口",
            href="/admin/open311/",
            icon="globe",
            permission=permissions.MANAGE,
            order=70,
            everywhere=True,
        ),
    )


@hookimpl
def add_slots() -> Sequence[Slot]:
    return (Slot(place="case.after_facts", render=show_on_case, order=25),)


@hookimpl
def add_demo() -> Demo:
    return Demo(make=offer_some)
