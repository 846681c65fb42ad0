"""`may` and `within` are one question; what no grant names is denied."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.areas import Area
from core.errors import Forbidden, NotSignedIn
from core.people import Person, Post
from core.permissions import (
    Grant,
    Scope,
    Viewer,
    demand,
    demand_everywhere,
    demand_held,
    may,
    within,
)
from core.testing import make_area, make_unit, make_viewer

#: Posts are things with an area, a unit and an owner, each of which may be missing but the last.
SCOPE = Scope(area="area__path", unit="unit_id", owner="person_id")
SCOPES = [
    SCOPE,
    Scope(area="area__path"),
    Scope(unit="unit_id", area="unit__area__path"),
    Scope(owner="person_id"),
    Scope(units=("unit_id",)),
    Scope(),
]
NAMES = ["see", "write"]


@pytest.fixture
async def people(kernel):
    """25 areas in a tree of 5 levels, so that there is a "1." and a "12."; 8 units; 60 posts."""
    rng = random.Random(6)
    areas: list[Area] = []
    for number in range(25):
        parent = rng.choice([None, *areas]) if areas else None
        areas.append(await make_area(f"{number:06}", f"区{number}", parent=parent))
    units = [await make_unit(f"u{n}", f"单位{n}", rng.choice(areas)) for n in range(8)]
    persons = [await Person.create(username=f"p{n}", name="甲", password="!") for n in range(6)]
    for _ in range(60):
        await Post.create(
            person=rng.choice(persons),
            role="grid",
            area=rng.choice([None, *areas]),
            unit=rng.choice([None, *units]),
        )
    posts = await Post.all().order_by("id").select_related("area", "unit__area", "person")
    return areas, units, persons, posts


grants = st.builds(
    dict,
    names=st.frozensets(st.sampled_from(NAMES)),
    reach=st.sampled_from(["area", "unit", "own"]),
    area=st.integers(-1, 24),
    unit=st.integers(-1, 7),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=120)
@given(
    person=st.integers(0, 5),
    given=st.lists(grants, max_size=4),
    scope=st.sampled_from(SCOPES),
    name=st.sampled_from([*NAMES, "unknown"]),
)
async def test_a_list_shows_exactly_what_may_be_seen_one_by_one(people, person, given, scope, name):
    areas, units, persons, posts = people
    viewer = Viewer(
        person_id=persons[person].id,
        username="v",
        name="v",
        grants=tuple(
            Grant(
                role="r",
                names=one["names"],
                reach=one["reach"],
                area_path=areas[one["area"]].path if one["area"] >= 0 else "",
                unit_id=units[one["unit"]].id if one["unit"] >= 0 else None,
            )
            for one in given
        ),
    )
    listed = (
        await Post.filter(within(viewer, name, scope)).order_by("id").values_list("id", flat=True)
    )
    assert listed == [post.id for post in posts if may(viewer, name, post, scope)]


async def test_an_area_covers_what_lies_in_it_and_not_what_begins_alike(kernel):
    areas = [await make_area(f"{number:06}", "区") for number in range(12)]
    one, twelve = areas[0], areas[11]
    assert twelve.path.startswith(one.path.rstrip("."))
    inside = await make_area("street", "街道", "street", parent=one)
    for area in (one, inside, twelve):
        await make_viewer(f"in {area.id}", "grid", area=area)
    viewer = Viewer(
        person_id=0,
        username="v",
        name="v",
        grants=(Grant(role="r", names=frozenset({"see"}), reach="area", area_path=one.path),),
    )
    seen = await Post.filter(within(viewer, "see", SCOPE)).values_list("area_id", flat=True)
    assert sorted(seen) == [one.id, inside.id]


async def test_nobody_sees_nothing_and_a_viewer_without_grants_neither(people):
    viewer = Viewer(person_id=1, username="v", name="v")
    for who in (None, viewer):
        assert await Post.filter(within(who, "see", SCOPE)).count() == 0
        assert not any(may(who, "see", post, SCOPE) for post in people[3])


async def test_an_area_that_was_not_loaded_is_denied(people):
    areas, _, _, posts = people
    in_area = next(post for post in posts if post.area_id)
    bare = await Post.get(id=in_area.id)
    everywhere = tuple(
        Grant(role="r", names=frozenset({"see"}), reach="area", area_path=area.path)
        for area in areas
    )
    viewer = Viewer(person_id=0, username="v", name="v", grants=everywhere)
    assert may(viewer, "see", in_area, SCOPE)
    assert not may(viewer, "see", bare, SCOPE)


async def test_the_failure_fits(people):
    post = people[3][0]
    allowed = Viewer(
        person_id=post.person_id,
        username="v",
        name="v",
        grants=(Grant(role="r", names=frozenset({"see"}), reach="own"),),
    )
    assert demand(allowed, "see", post, SCOPE) is allowed
    assert demand_held(allowed, "see") is allowed
    with pytest.raises(Forbidden):
        demand(allowed, "write", post, SCOPE)
    with pytest.raises(Forbidden):
        demand_held(allowed, "write")
    for ask in (lambda: demand(None, "see", post, SCOPE), lambda: demand_held(None, "see")):
        with pytest.raises(NotSignedIn):
            ask()


async def test_a_viewer_is_what_the_posts_say(kernel):
    area = await make_area("330105", "拱墅区")
    unit = await make_unit("城管", "城管中队", area)
    viewer = await make_viewer("a", "handler", area=area, unit=unit)
    (grant,) = viewer.grants
    assert (grant.reach, grant.area_path, grant.unit_id) == ("unit", area.path, unit.id)
    assert viewer.title == "处置单位经办人"
    assert viewer.holds("files.upload")
    assert not viewer.holds("people.manage")


async def test_system_security_and_audit_are_kept_apart(kernel):
    allowed = {
        role: {name for name in ("plugins.manage", "people.manage") if viewer.holds(name)}
        for role in ("admin", "security", "auditor", "resident")
        for viewer in [await make_viewer(role, role)]
    }
    assert allowed == {
        "admin": {"plugins.manage"},
        "security": {"people.manage"},
        "auditor": set(),
        "resident": set(),
    }


async def test_what_is_the_whole_districts_needs_a_post_over_the_whole_district(kernel):
    district = await make_area("330105", "拱墅区")
    street = await make_area("330105003", "小河街道", "street", district)
    over_all = await make_viewer("all", "admin", area=district)
    over_part = await make_viewer("part", "admin", area=street)
    before_any_area = await make_viewer("first", "admin")
    for viewer in (over_all, before_any_area):
        assert demand_everywhere(viewer, "plugins.manage") is viewer
    for viewer in (over_part, await make_viewer("other", "security", area=district)):
        with pytest.raises(Forbidden):
            demand_everywhere(viewer, "plugins.manage")
    with pytest.raises(NotSignedIn):
        demand_everywhere(None, "plugins.manage")
