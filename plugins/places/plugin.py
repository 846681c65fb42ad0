"""地点 places: the ground that everything else stands on."""

from collections.abc import Sequence

from liuhe import (
    Audited,
    Demo,
    Extension,
    Fact,
    Manifest,
    MapLayer,
    Menu,
    Page,
    Permission,
    Tables,
    hookimpl,
)
from plugins.places import facts
from plugins.places.pages import LAYERS, PAGES
from plugins.places.permissions import AUDITED, PERMISSIONS
from plugins.places.schema import PlaceMutations, PlaceQueries
from plugins.places.seeds import make

manifest = Manifest(
    name="places",
    title="地点",
    version="0.1.0",
    summary="区划、网格、小区和地点：有范围、有历史，任何一点在任何一天都落到一个网格。",
)


@hookimpl
def add_models() -> Tables:
    return Tables(modules=("plugins.places.models",), migrations="migrations.places")


@hookimpl
def add_permissions() -> Sequence[Permission]:
    return PERMISSIONS


@hookimpl
def add_audited() -> Sequence[Audited]:
    return AUDITED


@hookimpl
def add_facts() -> Sequence[type[Fact]]:
    return (facts.DivisionChanged, facts.DivisionSucceeded)


@hookimpl
def add_graphql() -> Sequence[Extension]:
    return [Extension("Query", PlaceQueries), Extension("Mutation", PlaceMutations)]


@hookimpl
def add_pages() -> Sequence[Page]:
    return PAGES


@hookimpl
def add_map_layers() -> Sequence[MapLayer]:
    return LAYERS


@hookimpl
def add_menu() -> Sequence[Menu]:
    return [
        Menu(title="地点", href="/admin/places/", icon="map", permission="places.see", order=70)
    ]


@hookimpl
def add_demo() -> Demo:
    return Demo(make=make)
