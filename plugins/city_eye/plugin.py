"""城市眼: cameras notice, a person confirms, a case begins."""

from collections.abc import Sequence

from liuhe import (
    Audited,
    DataUse,
    Demo,
    Extension,
    Fact,
    Job,
    Listener,
    Manifest,
    Menu,
    Offer,
    Page,
    Permission,
    Preparation,
    Retention,
    Section,
    Slot,
    Tables,
    Waiting,
    hookimpl,
)
from plugins.city_eye import facts, jobs
from plugins.city_eye.actions import ensure_scenes
from plugins.city_eye.models import Finding, Sighting
from plugins.city_eye.pages import PAGES, count_pending, name_scenes, show_on_case, waiting
from plugins.city_eye.permissions import AUDITED, PERMISSIONS, SEE
from plugins.city_eye.schema import EXTENSIONS
from plugins.city_eye.seeds import make
from plugins.city_eye.settings import CityEyeSettings
from plugins.video.actions import SCENES, SceneBook

manifest = Manifest(
    name="city_eye",
    title="城市眼",
    version="0.1.0",
    summary="摄像机看到的事先成为线索，由网格员或派单员确认后才立案；试用场景只计数。",
    requires=("places", "cases", "video"),
    data=(
        DataUse(
            purpose="判断摄像机看到的事情是否需要处置",
            basis="履行法定职责；公共场所设有提示标识的摄像机",
            fields=("打码后的现场图片", "目标类别", "时间", "地点"),
            term="图片按视频的期限删除，还等人确认的先留着；确认立案时另存一份，随案卷保存。",
        ),
    ),
)


@hookimpl
def add_models() -> Tables:
    return Tables(modules=("plugins.city_eye.models",), migrations="migrations.city_eye")


@hookimpl
def add_settings() -> type[Section]:
    return CityEyeSettings


@hookimpl
def add_permissions() -> Sequence[Permission]:
    return PERMISSIONS


@hookimpl
def add_audited() -> Sequence[Audited]:
    return AUDITED


@hookimpl
def add_retention() -> Sequence[Retention]:
    return (
        Retention(
            of=Finding,
            title="线索和由谁确认、排除",
            basis="机器看到的由人决定，要看得出是谁；图片按视频的期限删除，立案时另存的一份随案件",
            starts="决定",
            days=None,
            action="keep",
            covers=(Sighting,),
        ),
    )


@hookimpl
def add_facts() -> Sequence[type[Fact]]:
    return (facts.FindingRaised, facts.FindingDecided)


@hookimpl
def add_listeners() -> Sequence[Listener]:
    return jobs.LISTENERS


@hookimpl
def add_jobs() -> Sequence[Job]:
    return jobs.JOBS


@hookimpl
def add_graphql() -> Sequence[Extension]:
    return EXTENSIONS


@hookimpl
def add_pages() -> Sequence[Page]:
    return PAGES


@hookimpl
def add_menu() -> Sequence[Menu]:
    entry = Menu(
        title="线索",
        href="/admin/city_eye/",
        icon="scan-eye",
        permission=SEE,
        order=20,
        badge=count_pending,
    )
    return (entry,)


@hookimpl
def add_slots() -> Sequence[Slot]:
    return (Slot(place="case.after_facts", render=show_on_case),)


@hookimpl
def add_offers() -> Sequence[Offer]:
    return (Offer(seam=SCENES, thing=SceneBook(name="city_eye", read=name_scenes)),)


@hookimpl
def add_waiting() -> Sequence[Waiting]:
    return (Waiting(look=waiting, order=20),)


@hookimpl
def add_preparations() -> Sequence[Preparation]:
    return (Preparation(ensure_scenes),)


@hookimpl
def add_demo() -> Demo:
    return Demo(make=make)
