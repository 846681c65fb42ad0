"""The door plate of notes 便签."""

from datetime import timedelta

from liuhe import (
    DataUse,
    Extension,
    Job,
    Listener,
    Manifest,
    Menu,
    Page,
    Permission,
    Retention,
    Section,
    Slot,
    Tables,
    hookimpl,
)
from liuhe.pages import Route
from liuhe_notes import actions, models, pages, permissions, schema, settings
from plugins.cases.facts import CaseOpened

manifest = Manifest(
    name="notes",
    title="便签",
    version="1.0.0",
    summary="给案件写几句交接的话，过期自动删除。",
    requires=("cases",),
    data=(
        DataUse(
            purpose="经办人之间交接案件",
            basis="履行法定职责",
            fields=("经办人账号", "便签内容"),
            term="90 天，可在设置里改短",
        ),
    ),
)


@hookimpl
def add_models() -> Tables:
    return Tables(modules=("liuhe_notes.models",), migrations="liuhe_notes.migrations")


@hookimpl
def add_settings() -> type[Section]:
    return settings.NotesSettings


@hookimpl
def add_permissions() -> tuple[Permission, ...]:
    return permissions.PERMISSIONS


@hookimpl
def add_retention() -> list[Retention]:
    note = Retention(
        of=models.Note,
        title="便签",
        basis="交接完就没有用了",
        starts="写下",
        days=settings.keep_days,
        action="delete",
        job="notes.forget",
    )
    return [note]


@hookimpl
def add_listeners() -> list[Listener]:
    return [Listener(CaseOpened, actions.greet, name="notes.greet")]


@hookimpl
def add_jobs() -> list[Job]:
    day = timedelta(days=1)
    return [Job(name="notes.forget", run=actions.forget, every=day, title="删除过期便签")]


@hookimpl
def add_graphql() -> list[Extension]:
    return [Extension("Case", schema.CaseNotes), Extension("Mutation", schema.NoteMutations)]


@hookimpl
def add_pages() -> list[Page]:
    return [
        Page(route=Route("/", pages.latest)),
        Page(route=Route("/{case:int}", pages.write, methods=["POST"])),
    ]


@hookimpl
def add_menu() -> list[Menu]:
    return [Menu(title="便签", href="/admin/notes/", icon="pencil", permission="notes.see")]


@hookimpl
def add_slots() -> list[Slot]:
    return [Slot(place="case.after_facts", render=pages.on_case)]
