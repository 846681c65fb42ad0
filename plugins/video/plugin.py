"""视频: cameras, zones and what is watched for; observations, evidence and health of the eyes."""

from collections.abc import Sequence

from liuhe import (
    Audited,
    DataUse,
    Demo,
    Extension,
    Fact,
    Gauge,
    Job,
    Keeper,
    Listener,
    Manifest,
    MapLayer,
    Menu,
    Page,
    Permission,
    Preparation,
    Retention,
    Seam,
    Section,
    Tables,
    Waiting,
    hookimpl,
)
from plugins.video import facts, jobs, pages
from plugins.video.actions import RETENTIONS, SCENES, SceneBook, let_in_own_eyes
from plugins.video.pages.gauges import GAUGES
from plugins.video.pages.on_map import LAYERS
from plugins.video.pages.waiting import waiting
from plugins.video.permissions import (
    AUDITED,
    PERMISSIONS,
    SEE,
    SIGNAGE,
    may_see_evidence,
    may_see_signage,
)
from plugins.video.schema import EXTENSIONS
from plugins.video.seeds import make
from plugins.video.settings import VideoSettings

manifest = Manifest(
    name="video",
    title="视频",
    version="0.1.0",
    summary="摄像机、区域和场景规则；视频处理程序送来的观察、打码图片和运行状况。",
    requires=("places",),
    data=(
        DataUse(
            purpose="发现公共场所需要处置的事情",
            basis="《公共安全视频图像信息系统管理条例》；公共场所设有提示标识的摄像机",
            fields=("打码后的现场图片", "打码后的提示标识照片", "目标类别", "时间", "地点"),
            term="图片默认保存 30 天，设置里可以更长；线索还等人确认的先留着，"
            "立案的另存一份随案卷；标识的照片换了就删除旧的。不保存人脸和车牌。",
            needs_pia=True,
        ),
        DataUse(
            purpose="试验区域规则会报多少次",
            basis="《公共安全视频图像信息系统管理条例》；公共场所设有提示标识的摄像机",
            fields=("目标的方框", "目标类别", "识别的把握", "时间", "地点"),
            term="默认 3 天，最多 7 天，到期删除。没有图片；编号每两分钟重新开始，"
            "不能查看某个人的行踪。",
        ),
    ),
)


@hookimpl
def add_models() -> Tables:
    return Tables(
        modules=(
            "plugins.video.models.cameras",
            "plugins.video.models.devices",
            "plugins.video.models.observations",
            "plugins.video.models.tracks",
            "plugins.video.models.workers",
        ),
        migrations="migrations.video",
    )


@hookimpl
def add_settings() -> type[Section]:
    return VideoSettings


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
def add_facts() -> Sequence[type[Fact]]:
    return (
        facts.ObservationStarted,
        facts.ObservationEnded,
        facts.CameraStateChanged,
        facts.CameraTroubleChanged,
        facts.ConfigurationChanged,
    )


@hookimpl
def add_listeners() -> Sequence[Listener]:
    return jobs.LISTENERS


@hookimpl
def add_jobs() -> Sequence[Job]:
    return jobs.JOBS


@hookimpl
def add_pages() -> Sequence[Page]:
    return pages.PAGES


@hookimpl
def add_preparations() -> Sequence[Preparation]:
    return (Preparation(let_in_own_eyes),)


@hookimpl
def add_keepers() -> Sequence[Keeper]:
    return (
        Keeper(kind="video", may_see=may_see_evidence, about="video.Observation"),
        Keeper(kind=SIGNAGE, may_see=may_see_signage, about="video.Camera"),
    )


@hookimpl
def add_graphql() -> Sequence[Extension]:
    return EXTENSIONS


@hookimpl
def add_menu() -> Sequence[Menu]:
    return (Menu(title="摄像机", href="/admin/video/", icon="cctv", permission=SEE, order=40),)


@hookimpl
def add_map_layers() -> Sequence[MapLayer]:
    return LAYERS


@hookimpl
def add_waiting() -> Sequence[Waiting]:
    return (Waiting(look=waiting, order=47),)


@hookimpl
def add_seams() -> Sequence[Seam]:
    return (Seam(name=SCENES, accepts=SceneBook),)


@hookimpl
def add_gauges() -> Sequence[Gauge]:
    return GAUGES


@hookimpl
def add_demo() -> Demo:
    return Demo(make=make)
