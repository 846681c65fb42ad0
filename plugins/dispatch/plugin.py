"""派遣规则: type × area × time → unit; who is on duty; what no rule matches is left to people."""

from collections.abc import Sequence

from liuhe import (
    Audited,
    DataUse,
    Demo,
    Export,
    Extension,
    Listener,
    Manifest,
    Menu,
    Offer,
    Page,
    Permission,
    Retention,
    Slot,
    Tables,
    Waiting,
    hookimpl,
)
from plugins.cases.actions import UNIT_ADVICE, Adviser
from plugins.dispatch import jobs
from plugins.dispatch.actions import RETENTIONS, advise
from plugins.dispatch.pages import EXPORTS, PAGES, count_unmatched, my_duty, show_on_case
from plugins.dispatch.permissions import AUDITED, PERMISSIONS, ROSTER, SEE
from plugins.dispatch.schema import EXTENSIONS
from plugins.dispatch.seeds import make

manifest = Manifest(
    name="dispatch",
    title="派遣规则",
    version="0.1.0",
    summary="什么事、在哪里、什么时候，派给哪个单位；改规则先试算，单位有值班表，没有规则的由人派遣。",
    requires=("places", "cases"),
    data=(
        DataUse(
            purpose="安排单位值班，办公时间以外的案件找得到人；记下谁改了派遣规则",
            basis="履行法定职责",
            fields=("值班人账号", "值班时间", "改动规则的人"),
            term="值班安排在值班结束一年后删除；规则的历次改动长期保存",
        ),
    ),
)


@hookimpl
def add_models() -> Tables:
    return Tables(modules=("plugins.dispatch.models",), migrations="migrations.dispatch")


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
def add_listeners() -> Sequence[Listener]:
    return jobs.LISTENERS


@hookimpl
def add_offers() -> Sequence[Offer]:
    return (Offer(seam=UNIT_ADVICE, thing=Adviser(name="dispatch", advise=advise)),)


@hookimpl
def add_graphql() -> Sequence[Extension]:
    return EXTENSIONS


@hookimpl
def add_exports() -> Sequence[Export]:
    return EXPORTS


@hookimpl
def add_pages() -> Sequence[Page]:
    return PAGES


@hookimpl
def add_menu() -> Sequence[Menu]:
    return (
        Menu(
            title="派遣规则",
            href="/admin/dispatch/",
            icon="route",
            permission=SEE,
            order=15,
            badge=count_unmatched,
        ),
        Menu(
            title="值班表",
            href="/admin/dispatch/roster",
            icon="calendar-clock",
            permission=ROSTER,
            order=16,
        ),
    )


@hookimpl
def add_slots() -> Sequence[Slot]:
    return (Slot(place="case.after_facts", render=show_on_case, order=10),)


@hookimpl
def add_waiting() -> Sequence[Waiting]:
    return (Waiting(look=my_duty, order=5),)


@hookimpl
def add_demo() -> Demo:
    return Demo(make=make)
